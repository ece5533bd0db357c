import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { Stage } from "./stage";

const VIEWPORT = [innerWidth, innerHeight] as const;
const SIZES = [30, 40, 0, 50, 20, 35, 12, 9];

let stage: Stage;

/** A search that misses neighbours, in a widget of this width. */
async function searched(width: number, summary = {}): Promise<HTMLElement> {
  stage = new Stage(SIZES, { nprobe: 1, k: 20 }, summary);
  stage.element.style.width = `${width}px`;
  stage.sayMap();
  stage.answer({ nprobe: 1, k: 20 });
  await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
  await vi.waitFor(() => expect(Number(stage.root.dataset.missed)).toBeGreaterThan(0));
  await vi.waitFor(() => expect(stage.root.offsetWidth).toBe(width));
  await painted();
  return stage.root;
}

async function painted(): Promise<void> {
  for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
}

function boxOf(selector: string, within: ParentNode = stage.root): DOMRect {
  return (within.querySelector(selector) as Element).getBoundingClientRect();
}

beforeEach(() => page.viewport(1500, 900));
afterEach(async () => {
  stage.close();
  await page.viewport(...VIEWPORT);
});

describe("the height of the widget", () => {
  it.each([
    [768, 620],
    [900, 750],
    [1080, 850],
  ])(
    "takes most of a window that is %i px high, and leaves room for the host's bars",
    async (high, least) => {
      await page.viewport(1500, high);
      await searched(1008);
      const { height } = stage.root.getBoundingClientRect();
      expect(height).toBeGreaterThanOrEqual(least);
      expect(height).toBeLessThanOrEqual(high - 112);
    },
  );

  it("stays between bounds", async () => {
    await page.viewport(1500, 400);
    await searched(1008);
    expect(stage.root.getBoundingClientRect().height).toBeGreaterThan(590);
    await page.viewport(1500, 3000);
    await painted();
    expect(stage.root.getBoundingClientRect().height).toBeLessThan(900);
  });
});

describe.each([
  ["pictures", { images: true, labels: true }, 1008],
  ["texts", { labels: true, images: false }, 480],
])("tiles of %s", (_, summary, width) => {
  it("hide nothing behind the word on where a neighbour was lost", async () => {
    await searched(width, summary);
    const missed = stage.items("True neighbours").filter((item) => item.dataset.state === "missed");
    expect(missed.length).toBeGreaterThan(0);
    for (const item of missed) {
      const tag = boxOf(".feder-tag", item);
      for (const part of [".feder-picture", ".feder-caption"])
        expect(boxOf(part, item).bottom).toBeLessThanOrEqual(tag.top + 1);
      expect(tag.bottom).toBeLessThanOrEqual(boxOf("button", item).bottom);
    }
  });

  it("are in one grid, whether true neighbours or what came instead", async () => {
    await searched(width, summary);
    const lefts = (name: string) =>
      stage.items(name).map((item) => Math.round(item.getBoundingClientRect().left));
    const widths = ["True neighbours", "Came instead"].flatMap((name) =>
      stage.items(name).map((item) => Math.round(item.getBoundingClientRect().width)),
    );
    expect(stage.items("Came instead").length).toBeGreaterThan(0);
    expect(new Set(widths).size).toBe(1);
    for (const left of lefts("Came instead")) expect(lefts("True neighbours")).toContain(left);
  });
});

describe("a tile that was opened", () => {
  it("keeps the frame that tells of its miss, and is not selected beyond the search", async () => {
    await searched(1008, { images: true });
    const missed = () =>
      stage.items("True neighbours").find((item) => item.dataset.state === "missed") as HTMLElement;
    const tile = missed().querySelector("button") as HTMLElement;
    tile.click();
    await vi.waitFor(() => expect(tile.getAttribute("aria-pressed")).toBe("true"));
    await userEvent.keyboard("{Escape}");
    const { outlineOffset, outlineStyle, borderTopStyle } = getComputedStyle(tile);
    expect(borderTopStyle).toBe("dashed");
    // What is around it is not on it.
    expect(outlineStyle === "none" || Number.parseFloat(outlineOffset) >= 0).toBe(true);
    expect(stage.root.textContent).toContain("1 row selected");
    const cost = boxOf(".feder-cost");
    expect(cost.height).toBeLessThan(34);
    stage.answer({ serial: 2, id: 7n, nprobe: 1, k: 20 });
    await vi.waitFor(() => expect(stage.model.get("selection")).toEqual([]));
    await vi.waitFor(() => expect(stage.root.textContent).not.toContain("row selected"));
  });

  it("says that its label is still to come", async () => {
    let answered = 0;
    await searched(1008, { images: true, labels: true });
    stage.items("True neighbours")[0].querySelector("button")?.click();
    await vi.waitFor(() => expect(stage.root.querySelector("[role=dialog]")).not.toBeNull());
    expect(stage.root.querySelector("[role=dialog]")?.textContent).toContain("labelloading…");
    await vi.waitFor(() => {
      // The larger picture is asked for a little later than those of the tiles.
      if (stage.asked("thumbnails").length > answered) {
        answered = stage.asked("thumbnails").length;
        stage.sayPictures((id) => ({ label: `name ${id}`, reason: "none" }));
      }
      expect(stage.root.querySelector("[role=dialog]")?.textContent).toMatch(/labelname \d+/);
    });
  });
});

describe.each([480, 700, 1008, 1400])("at a width of %i", (width) => {
  it("the buttons that zoom are seen without a pointer, and cover none of the map", async () => {
    await searched(width, { images: true, labels: true });
    const zoom = boxOf(".feder-map .feder-zoom");
    const canvas = boxOf(".feder-map canvas");
    const isApart = zoom.left >= canvas.right || zoom.top >= canvas.bottom;
    expect(isApart).toBe(true);
    expect(getComputedStyle(stage.root.querySelector(".feder-zoom") as Element).opacity).toBe("1");
    for (const other of [".feder-player", ".feder-scrubber", ".feder-legend"]) {
      const box = boxOf(`.feder-foot ${other}`);
      const across = Math.min(box.right, zoom.right) - Math.max(box.left, zoom.left);
      const down = Math.min(box.bottom, zoom.bottom) - Math.max(box.top, zoom.top);
      expect(Math.min(across, down), other).toBeLessThanOrEqual(0);
    }
  });

  it("no key of the map's colours is cut, and the field for a row that is missing has its name", async () => {
    await searched(width, { images: true, labels: true });
    const foot = boxOf(".feder-foot");
    const keys = [...stage.root.querySelectorAll<HTMLElement>(".feder-legend-ramp, .feder-legend-missed")];
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      const box = key.getBoundingClientRect();
      expect(box.left).toBeGreaterThanOrEqual(foot.left);
      expect(box.right).toBeLessThanOrEqual(foot.right);
      expect(box.top).toBeGreaterThanOrEqual(foot.top);
      expect(box.bottom).toBeLessThanOrEqual(foot.bottom + 1);
      for (let one = key.parentElement; one !== null && one !== stage.root; one = one.parentElement) {
        const outer = one.getBoundingClientRect();
        if (getComputedStyle(one).overflow === "hidden") {
          expect(box.left).toBeGreaterThanOrEqual(outer.left - 0.5);
          expect(box.bottom).toBeLessThanOrEqual(outer.bottom + 1);
        }
      }
    }
    expect(boxOf(".feder-why > span").width).toBeGreaterThan(20);
  });
});
