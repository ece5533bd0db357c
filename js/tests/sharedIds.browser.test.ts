import "preact/debug";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { Stage } from "./stage";

/** Row 7 is stored twice in cluster 0 and once in clusters 1 and 3; row 5 in clusters 1 and 3. */
const SIZES = [4, 3, 0, 3];
const IDS = BigInt64Array.of(7n, 8n, 7n, 9n, 7n, 5n, 6n, 7n, 5n, 3n);

let stage: Stage;
let errors: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  errors = vi.spyOn(console, "error");
});
afterEach(() => {
  stage.close();
  // preact/debug tells of children with the same key.
  const said = errors.mock.calls.map((call: unknown[]) => String(call[0]));
  errors.mockRestore();
  expect(said.filter((text: string) => text.includes("same key"))).toEqual([]);
});

async function open(traits: Record<string, unknown>): Promise<void> {
  stage = new Stage(SIZES, traits);
  stage.sayMap();
  stage.sayCoarse({ id: 8n });
  stage.sayCandidates(1, 4, { ids: IDS });
  stage.sayDone();
  await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
}

async function shows(results: string, missedIds: string): Promise<void> {
  await vi.waitFor(() => expect(stage.root.dataset).toMatchObject({ results, missedIds }));
}

/** The pictures of a row, or of its copy in one cluster. */
function tiles(id: string, cluster = ""): HTMLElement[] {
  const place = cluster && `[aria-label*=", cluster ${cluster}, "]`;
  return [...stage.element.querySelectorAll<HTMLElement>(`li[data-id="${id}"] .feder-tile${place}`)];
}

/** What is said of each result and missed neighbour of the picture, in turn. */
async function marks(count: number): Promise<string[]> {
  const picture = stage.element.querySelector<HTMLElement>(".feder-points[role=application]");
  picture?.focus();
  const said: string[] = [];
  for (let i = 0; i < count; i++) {
    await userEvent.keyboard("{PageDown}");
    await vi.waitFor(() => {
      const text = picture?.querySelector(".feder-sr[aria-live=polite]")?.textContent ?? "";
      const row = /^Row (\d+), .*cluster (\d), rank \d, (a result|missed), (\d\w+ nearest of all)/.exec(text);
      said[i] = `${row?.[1]} of ${row?.[2]}: ${row?.[3]}, ${row?.[4]}`;
      expect(row).not.toBeNull();
      expect(said[i]).not.toBe(said[i - 1]);
    });
  }
  return said;
}

const MARKED = [
  "7 of 0: a result, 1st nearest of all",
  "8 of 0: a result, 2nd nearest of all",
  "7 of 0: a result, 3rd nearest of all",
  "9 of 0: a result, 4th nearest of all",
  "7 of 1: a result, 5th nearest of all",
  "5 of 1: a result, 6th nearest of all",
  "6 of 1: a result, 7th nearest of all",
  "7 of 3: missed, 8th nearest of all",
];

describe("rows that share an id", () => {
  it("are listed each, as results and as missed neighbours, at any nprobe and k", async () => {
    await open({ nprobe: 1, k: 6 });
    await shows("7,8,7,9", "7,5");
    stage.model.receive("nprobe", 2);
    await shows("7,8,7,9,7,5", "");
    stage.model.receive("nprobe", 1);
    stage.model.receive("k", 9);
    await shows("7,8,7,9", "7,5,6,7,5");
    await vi.waitFor(() => expect(tiles("7", "1").length).toBeGreaterThan(0));
    await vi.waitFor(() => expect(tiles("7", "3").length).toBeGreaterThan(0));
    stage.model.receive("cluster", 0);
    const images = () => [...stage.element.querySelectorAll('[aria-label="Cluster images"] li')];
    await vi.waitFor(() =>
      expect(images().map((item) => item.getAttribute("data-id"))).toEqual(["7", "8", "7", "9"]),
    );
    stage.model.receive("nprobe", 4);
    stage.model.receive("k", 10);
    await shows(IDS.join(), "");
  });

  it("are pointed at and selected together, wherever they are", async () => {
    await open({ nprobe: 2, k: 6 });
    await vi.waitFor(() => expect(tiles("7", "1").length).toBeGreaterThan(0));
    await userEvent.hover(tiles("7", "1")[0]);
    await vi.waitFor(() => expect(tiles("7").map((tile) => tile.dataset.hovered)).not.toContain("false"));
    expect(tiles("8").map((tile) => tile.dataset.hovered)).not.toContain("true");
    await userEvent.click(tiles("7", "1")[0]);
    await expect.poll(() => stage.model.get("selection")).toEqual(["7"]);
    await vi.waitFor(() => expect(tiles("7").map((tile) => tile.ariaPressed)).not.toContain("false"));
    expect(tiles("7").length).toBeGreaterThan(2);
    expect(tiles("8").map((tile) => tile.ariaPressed)).not.toContain("true");
  });

  it("open a card each, with a verdict on the very row", async () => {
    await open({ nprobe: 2, k: 6 });
    const card = stage.see.getByRole("dialog");
    for (const [cluster, place] of [
      [0, "1st"],
      [1, "5th"],
    ] as const) {
      await vi.waitFor(() => expect(tiles("7", `${cluster}`).length).toBeGreaterThan(0));
      await userEvent.click(tiles("7", `${cluster}`)[0]);
      await expect.element(card).toHaveTextContent(`cluster${cluster}, rank ${cluster + 1}`);
      await vi.waitFor(() => expect(stage.lastAsked("verdict")).toMatchObject({ id: "7", cluster }));
      const { request, serial } = stage.lastAsked("verdict");
      const known = { kind: "verdict", request, serial, id: "7", cluster, rank: cluster + 1 };
      stage.model.say({ ...known, distance: 10 * cluster, position: 4 * cluster + 1 });
      await expect.element(card).toHaveTextContent(`The ${place} result`);
      await userEvent.keyboard("{Escape}");
      await expect.element(card).not.toBeInTheDocument();
    }
  });

  it("have no verdict on their card that is about another of them", async () => {
    await open({ nprobe: 2, k: 6 });
    await vi.waitFor(() => expect(tiles("7", "1").length).toBeGreaterThan(0));
    await userEvent.click(tiles("7", "1")[0]);
    await vi.waitFor(() => expect(stage.lastAsked("verdict")).toMatchObject({ cluster: 1 }));
    const { request, serial } = stage.lastAsked("verdict");
    const other = {
      kind: "verdict",
      request,
      serial,
      id: "7",
      cluster: 0,
      rank: 1,
      distance: 0,
      position: 1,
    };
    stage.model.say(other);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    expect(stage.element.querySelector(".feder-verdict")?.textContent).toBe("");
  });

  it("are marked each in Distances", async () => {
    await open({ nprobe: 2, k: 8, view: "distances" });
    await shows("7,8,7,9,7,5,6", "7");
    expect(await marks(8)).toEqual(MARKED);
  });

  it("are marked each in Projection", async () => {
    await open({ nprobe: 2, k: 8, view: "projection" });
    const extra = { extra: ["7", "5", "3"], extra_clusters: [3, 3, 3] };
    await vi.waitFor(() => expect(stage.lastAsked("projection")).toMatchObject({ ranks: 2, ...extra }));
    const positions = Float32Array.from(
      { length: 20 },
      (_, i) => 0.1 + (i % 2 === 0 ? 0.04 * i : 0.1 * (i % 3)),
    );
    stage.sayProjection({
      ids: IDS,
      rows: 10,
      total: 7,
      rank_of: Int32Array.of(1, 1, 1, 1, 2, 2, 2, 4, 4, 4),
      distances: Float32Array.from(IDS, (_, i) => i),
      positions,
    });
    const picture = stage.see.getByRole("application", { name: /^7 candidates and the query/ });
    await expect.element(picture).toBeVisible();
    expect(await marks(8)).toEqual(MARKED);
  });

  it("are rows of the table each", async () => {
    await open({ nprobe: 2, k: 8, view: "distances" });
    await stage.see.getByRole("button", { name: "View as table" }).click();
    const rows = () =>
      [...stage.element.querySelectorAll("tbody tr")].map((row) =>
        [0, 1, 2, 5].map((column) => row.children[column].textContent).join(" "),
      );
    await vi.waitFor(() =>
      expect(rows()).toEqual([
        "missed 8 7 3",
        "result 1 7 0",
        "result 2 8 0",
        "result 3 7 0",
        "result 4 9 0",
        "result 5 7 1",
        "result 6 5 1",
        "result 7 6 1",
      ]),
    );
  });

  it("stay apart while the search is played", async () => {
    await open({ nprobe: 2, k: 6, view: "distances" });
    await shows("7,8,7,9,7,5", "");
    for (let i = 0; i < 2; i++) await stage.see.getByRole("button", { name: "Step back" }).click();
    await shows("", "");
    for (const results of ["7,8,7,9", "7,8,7,9,7,5"]) {
      await stage.see.getByRole("button", { name: "Step forward" }).click();
      await shows(results, "");
    }
  });
});
