import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page } from "vitest/browser";
import type { Hardest, HardestRequest, Workload } from "../src/protocol/messages";
import { encoded } from "./encode";
import { Stage } from "./stage";

let stages: Stage[] = [];
let below: HTMLElement;

const VIEWPORT = [innerWidth, innerHeight] as const;

beforeEach(async () => {
  // Wide enough that all of a widget is in sight.
  await page.viewport(1200, 900);
  below = document.createElement("div");
  document.body.append(below);
});
afterEach(async () => {
  for (const stage of stages) stage.close();
  stages = [];
  below.remove();
  scrollTo(0, 0);
  await page.viewport(...VIEWPORT);
});

function open(traits: Record<string, unknown> = {}, host: HTMLElement = document.body): Stage {
  const stage = new Stage([30, 40, 0, 50], { k: 9, nprobe: 2, ...traits }, {}, host);
  stages.push(stage);
  return stage;
}

/** Long enough for what a page asks by itself. */
async function rested(): Promise<void> {
  for (let frames = 0; frames < 12; frames++) await new Promise(requestAnimationFrame);
}

function answerEvaluation(stage: Stage, changes: Partial<Workload> = {}): void {
  const { request } = stage.lastAsked("evaluate");
  const workload: Workload = {
    kind: "workload",
    request: request as string,
    k: 9,
    seed: 1,
    source: "sample",
    computed: 120,
    asked: 120,
    final: true,
    include_self: true,
    reason: null,
    apart: false,
    shares: [1],
    nprobes: Int32Array.of(1, 2, 3, 4),
    recall: Float32Array.of(0.5, 0.75, 0.9, 1),
    reached: Float32Array.of(0, 0.5, 0.5, 1),
    compared: Float32Array.of(0.25, 0.5, 0.75, 1),
    without_any: new Float32Array(4),
    ...changes,
  };
  stage.model.say(...encoded(workload));
}

async function answerHardest(stage: Stage, found: readonly number[]): Promise<void> {
  await vi.waitFor(() => stage.lastAsked("hardest"));
  const { request, order, nprobe } = stage.lastAsked("hardest") as unknown as HardestRequest;
  const hardest: Hardest = {
    kind: "hardest",
    request,
    order,
    nprobe,
    missing: found.filter((one) => one < 9).length,
    labels: found.map((_, i) => (i === 0 ? "cat" : null)),
    places: Int32Array.from(found, (_, i) => 10 + i),
    ids: BigInt64Array.from(found, (_, i) => BigInt(70 + i)),
    found: Int32Array.from(found),
    counts: Int32Array.from(found, () => 9),
    needed: Int32Array.from(found, () => 4),
  };
  stage.model.say(...encoded(hardest));
}

describe("a sample of the rows is searched unasked", () => {
  it("once the map stands", async () => {
    const stage = open();
    await rested();
    expect(stage.asked("evaluate")).toEqual([]);
    stage.sayMap();
    await vi.waitFor(() => expect(stage.asked("evaluate")).toHaveLength(1));
    expect(stage.lastAsked("evaluate")).toMatchObject({ sample: 120, k: 9, include_self: true });
    await expect.element(stage.see.getByText("Searching a sample of the rows…")).toBeVisible();
  });

  it("once for all displays, and once for all visits to the panel", async () => {
    const stage = open();
    stage.displayAgain();
    stage.sayMap();
    await vi.waitFor(() => expect(stage.asked("evaluate")).toHaveLength(1));
    answerEvaluation(stage);
    for (const name of ["Workload", "This query"]) {
      await stage.see.getByRole("tab", { name }).click();
      await rested();
    }
    expect(stage.asked("evaluate")).toHaveLength(1);
  });

  it("not before somebody sees the offers", async () => {
    below.style.paddingTop = "5000px";
    const stage = open({}, below);
    stage.sayMap();
    await vi.waitFor(() => expect(stage.root.dataset.map).toBe("final"));
    await rested();
    expect(stage.asked("evaluate")).toEqual([]);
    stage.root.scrollIntoView();
    await vi.waitFor(() => expect(stage.asked("evaluate")).toHaveLength(1));
  });

  it("not in a tab of the host that is not shown", async () => {
    below.style.display = "none";
    const stage = open({}, below);
    stage.sayMap();
    await rested();
    expect(stage.asked("evaluate")).toEqual([]);
    below.style.display = "";
    await vi.waitFor(() => expect(stage.asked("evaluate")).toHaveLength(1));
  });

  it("not where the kernel has a search to show, or a workload", async () => {
    const searched = open({ query_id: "5" });
    searched.sayMap();
    const evaluated = open();
    evaluated.model.say(
      ...encoded({
        kind: "workload",
        request: "kernel:1",
        k: 9,
        seed: null,
        source: "vectors",
        computed: 1,
        asked: 1,
        final: true,
        include_self: true,
        reason: null,
        apart: false,
        shares: [1],
        nprobes: Int32Array.of(1, 2, 3, 4),
        recall: new Float32Array(4),
        reached: new Float32Array(4),
        compared: new Float32Array(4),
        without_any: new Float32Array(4),
      }),
    );
    evaluated.sayMap();
    await vi.waitFor(() => expect(evaluated.root.dataset.map).toBe("final"));
    await rested();
    for (const stage of [searched, evaluated]) expect(stage.asked("evaluate")).toEqual([]);
  });

  it("not again where the kernel fails, but by a button", async () => {
    const stage = open();
    stage.sayMap();
    await vi.waitFor(() => expect(stage.asked("evaluate")).toHaveLength(1));
    stage.fail(stage.lastAsked("evaluate").request, "out of memory");
    await expect.element(stage.see.getByRole("alert")).toHaveTextContent("out of memory");
    await stage.see.getByRole("button", { name: "Dismiss" }).click();
    await rested();
    expect(stage.asked("evaluate")).toHaveLength(1);
    await stage.see.getByRole("button", { name: "Search a sample of the rows" }).click();
    expect(stage.asked("evaluate")).toHaveLength(2);
  });
});

describe("queries that miss something are offered", () => {
  it("five at most, the worst first, and each is searched for", async () => {
    const stage = open();
    stage.sayMap();
    await vi.waitFor(() => stage.lastAsked("evaluate"));
    answerEvaluation(stage);
    await answerHardest(stage, [0, 9, 3, 8, 5, 7, 6]);
    const list = stage.see.getByRole("list", { name: "Queries that miss neighbours" });
    await expect.element(list).toBeVisible();
    const offers = stage.items("Queries that miss neighbours").map((item) => item.textContent?.trim());
    expect(offers).toEqual(["0 of 9", "3 of 9", "5 of 9", "6 of 9", "7 of 9"]);
    await expect
      .element(stage.see.getByText("6 of 120 rows sampled miss true neighbours at nprobe 2, these the most:"))
      .toBeVisible();
    await list.getByRole("button", { name: "Search for row 75: 7 of 9 true neighbours come back" }).click();
    expect(stage.lastAsked("search").query).toEqual({ workload: 15 });
  });

  it("of which nothing is said before they have come", async () => {
    const stage = open();
    stage.sayMap();
    await vi.waitFor(() => stage.lastAsked("evaluate"));
    answerEvaluation(stage);
    await expect.element(stage.see.getByText("Reading the queries of the sample…")).toBeVisible();
    await expect.element(stage.see.getByText(/^No row of/)).not.toBeInTheDocument();
  });

  it("or it is said that there are none", async () => {
    const stage = open();
    stage.sayMap();
    await vi.waitFor(() => stage.lastAsked("evaluate"));
    answerEvaluation(stage);
    await answerHardest(stage, [9, 9]);
    await expect
      .element(stage.see.getByText("No row of 120 sampled misses one at nprobe 2. A smaller nprobe may."))
      .toBeVisible();
  });

  it("by a key, and by a button in the toolbar, one after the other", async () => {
    const stage = open();
    stage.sayMap();
    await vi.waitFor(() => stage.lastAsked("evaluate"));
    answerEvaluation(stage);
    await answerHardest(stage, [0, 8]);
    await expect.poll(() => stage.items("Queries that miss neighbours")).toHaveLength(2);
    await stage.see.getByRole("button", { name: "Find a miss" }).click();
    expect(stage.lastAsked("search").query).toEqual({ workload: 10 });
    stage.root.focus();
    stage.root.dispatchEvent(new KeyboardEvent("keydown", { key: "m", bubbles: true }));
    expect(stage.lastAsked("search").query).toEqual({ workload: 11 });
  });
});
