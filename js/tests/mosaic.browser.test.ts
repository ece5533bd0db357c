import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { PALETTES } from "../src/look/palette";
import { encoded } from "./encode";
import { randomOf } from "./random";
import { Stage } from "./stage";

const TEAL = [0, 128, 128];
const PICTURE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="rgb(0,128,128)"/></svg>',
)}`;

let stage: Stage | null = null;
afterEach(() => {
  stage?.close();
  stage = null;
});

function open(...options: ConstructorParameters<typeof Stage>): Stage {
  stage = new Stage(...options);
  return stage;
}

function canvasOf({ element }: Stage): HTMLCanvasElement {
  return element.querySelector(".feder-map canvas") as HTMLCanvasElement;
}

/** How many pixels of the map have a colour, nearly. */
function pixels(shown: Stage, [red, green, blue]: readonly number[]): number {
  const canvas = canvasOf(shown);
  const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(
    0,
    0,
    canvas.width,
    canvas.height,
  );
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    const away = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue);
    if (away <= 4) found++;
  }
  return found;
}

/** Answers a request for members: row i of cluster c is 1000 c + i. */
function sayMembers({ model, summary }: Stage, asked: Record<string, unknown>): void {
  const { request, clusters, offset, limit } = asked as {
    request: string;
    clusters: number[];
    offset: number;
    limit: number;
  };
  const counts = clusters.map((cluster) => Math.max(0, Math.min(limit, summary.sizes[cluster] - offset)));
  const ids = clusters.flatMap((cluster, i) =>
    Array.from({ length: counts[i] }, (_, row) => BigInt(1000 * cluster + offset + row)),
  );
  model.say(
    ...encoded({
      kind: "members",
      request,
      offset,
      serial: 0,
      clusters: Int32Array.from(clusters),
      totals: Int32Array.from(clusters, (cluster) => summary.sizes[cluster]),
      counts: Int32Array.from(counts),
      ids: BigInt64Array.from(ids),
      distances: new Float32Array(ids.length).fill(Number.NaN),
    }),
  );
}

function sayPictures({ model }: Stage, asked: Record<string, unknown>): void {
  const { request, ids, size } = asked as { request: string; ids: string[]; size: number };
  const items = ids.map((id) => ({
    id: BigInt(id),
    label: `label ${id}`,
    mime: null,
    offset: 0,
    length: 0,
    url: PICTURE,
    reason: null,
    note: null,
  }));
  const places = [...ids.keys()];
  const data = new Uint8Array(0);
  model.say(...encoded({ kind: "thumbnails", request, size, final: true, places, items, data }));
}

/** Answers whatever is asked, one request in a frame, in an order of chance, until nothing is left. */
async function answerSlowly(shown: Stage, seed: number): Promise<void> {
  const random = randomOf(seed);
  const answered = new Set<unknown>();
  for (let idle = 0; idle < 20; ) {
    const open = [...shown.asked("members"), ...shown.asked("thumbnails")].filter(
      ({ request }) => !answered.has(request),
    );
    await new Promise(requestAnimationFrame);
    if (open.length === 0) {
      idle++;
      continue;
    }
    idle = 0;
    const one = open[Math.floor(random() * open.length)];
    answered.add(one.request);
    if (one.kind === "members") sayMembers(shown, one);
    else sayPictures(shown, one);
  }
}

describe("the pictures of mosaics", () => {
  it.each([1, 2, 3])(
    "all come, however slowly and in whatever order the kernel answers (%i)",
    async (seed) => {
      const shown = open([60, 70, 50, 40], { theme: "light" });
      shown.sayMap();
      await expect.poll(() => shown.root.dataset.map).toBe("final");
      await answerSlowly(shown, seed);
      const loading = PALETTES.light.line.match(/\w\w/g)?.map((part) => Number.parseInt(part, 16)) ?? [];
      await vi.waitFor(() => {
        expect(pixels(shown, TEAL)).toBeGreaterThan(20_000);
        expect(pixels(shown, loading)).toBeLessThan(200);
      });
      const rows = shown.asked("thumbnails").flatMap(({ ids }) => ids as string[]);
      expect(new Set(rows).size).toBe(220);
    },
  );

  it("all come of what is in sight in the end, though the map was moved meanwhile", async () => {
    const shown = open(Array<number>(30).fill(200), { theme: "light" });
    shown.sayMap();
    await expect.poll(() => shown.root.dataset.map).toBe("final");
    const answering = answerSlowly(shown, 5);
    const canvas = canvasOf(shown);
    for (let i = 0; i < 12; i++) {
      const place = { offsetX: 100 + 30 * i, offsetY: 150 };
      const wheel = new WheelEvent("wheel", { deltaY: i < 9 ? -120 : 60, bubbles: true, cancelable: true });
      Object.defineProperties(wheel, {
        offsetX: { value: place.offsetX },
        offsetY: { value: place.offsetY },
      });
      canvas.dispatchEvent(wheel);
      await new Promise(requestAnimationFrame);
    }
    await answering;
    const loading = PALETTES.light.line.match(/\w\w/g)?.map((part) => Number.parseInt(part, 16)) ?? [];
    await vi.waitFor(() => {
      expect(pixels(shown, TEAL)).toBeGreaterThan(20_000);
      expect(pixels(shown, loading)).toBeLessThan(200);
    });
  });

  it("are as large as is sharp, and no larger", async () => {
    const shown = open([12, 14, 10, 8], { theme: "light" });
    shown.sayMap();
    await vi.waitFor(() => sayMembers(shown, shown.lastAsked("members")));
    expect(devicePixelRatio).toBe(1);
    // Tiles of less than 64 pixels, and the first one of less than 128.
    await vi.waitFor(() => {
      const sizes = new Set(shown.asked("thumbnails").map(({ size }) => size as number));
      expect([...sizes].sort((a, b) => a - b)).toEqual([64, 128]);
    });
  });
});

describe("a member of a mosaic", () => {
  async function openMosaic(): Promise<Stage> {
    const shown = open([40]);
    shown.sayMap();
    await vi.waitFor(() => sayMembers(shown, shown.lastAsked("members")));
    await expect.element(shown.see.getByText(/^40 rows of 1 cluster in sight/)).toBeInTheDocument();
    return shown;
  }
  const middle = ({ element }: Stage) => {
    const { clientWidth, clientHeight } = element.querySelector(".feder-map") as HTMLElement;
    return { x: Math.round(clientWidth / 2), y: Math.round(clientHeight / 2) };
  };

  it("is selected and opened by a click, and the card leads to a search from it", async () => {
    const shown = await openMosaic();
    await userEvent.click(canvasOf(shown), { position: middle(shown) });
    await expect.element(shown.see.getByRole("dialog", { name: "Row 0" })).toBeVisible();
    expect(shown.model.get("selection")).toEqual(["0"]);
    expect(shown.model.get("cluster")).toBeNull();
    await shown.see.getByRole("button", { name: /Search from here|Use as query/ }).click();
    expect(shown.lastAsked("search").query).toEqual({ id: "0", cluster: 0 });
    expect(shown.root.contains(document.activeElement)).toBe(true);
  });

  it("is added to the selection by a click with Shift, and taken out by another", async () => {
    const shown = await openMosaic();
    const click = () =>
      userEvent.click(canvasOf(shown), { position: middle(shown), modifiers: ["Shift"] } as never);
    await click();
    await vi.waitFor(() => expect(shown.model.get("selection")).toEqual(["0"]));
    await click();
    await vi.waitFor(() => expect(shown.model.get("selection")).toEqual([]));
  });

  it("has a card under the pointer", async () => {
    const shown = await openMosaic();
    await userEvent.hover(canvasOf(shown), { position: middle(shown) } as never);
    await expect.element(shown.see.getByText("Row 0")).toBeVisible();
    await userEvent.hover(canvasOf(shown), { position: { x: 4, y: 4 } } as never);
    await expect.poll(() => shown.element.querySelector(".feder-point-card")).toBeNull();
  });
});

describe("the probed clusters", () => {
  it("are fitted by a button and by a key, once there is a search", async () => {
    const shown = open(Array<number>(400).fill(3), { nprobe: 2 });
    shown.sayMap();
    await expect.poll(() => shown.root.dataset.map).toBe("final");
    const fit = shown.see.getByRole("button", { name: "Fit the probed clusters" });
    await expect.element(fit).toBeDisabled();
    shown.answer();
    await expect.element(fit).toBeEnabled();
    const description = () => shown.element.querySelector(".feder-map > .feder-sr")?.textContent ?? "";
    expect(description()).toMatch(/^Enlarged, cells show/);
    await fit.click();
    await expect.poll(description).toMatch(/^\d+ rows of [2-6] clusters in sight/);
    (shown.see.getByRole("application").element() as HTMLElement).focus();
    await userEvent.keyboard("0");
    await expect.poll(description).toMatch(/^Enlarged, cells show/);
    await userEvent.keyboard("f");
    await expect.poll(description).toMatch(/^\d+ rows of [2-6] clusters in sight/);
  });
});
