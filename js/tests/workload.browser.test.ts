import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { Hardest, QueryRecalls, Workload } from "../src/protocol/messages";
import { encoded } from "./encode";
import { Stage } from "./stage";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

const WORKLOAD: Workload = {
  kind: "workload",
  request: "kernel",
  k: 4,
  seed: null,
  source: "ids",
  computed: 50,
  asked: 50,
  final: true,
  include_self: false,
  reason: null,
  apart: false,
  shares: [0.5, 0.95, 0.99, 1],
  nprobes: Int32Array.of(1, 2, 3, 4),
  recall: Float32Array.of(0.5, 0.75, 0.9, 1),
  reached: Float32Array.of(0.5, 0.75, 1, 1, 0.5, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1),
  compared: Float32Array.of(0.25, 0.5, 0.75, 1),
  without_any: Float32Array.of(0.032, 0.02, 0, 0),
};
/** Three queries whose nearest cluster is 0, and one whose nearest is 1. */
const RECALLS: QueryRecalls = {
  kind: "query_recalls",
  request: "q",
  rows: 4,
  offset: 0,
  clusters: Int32Array.of(0, 0, 0, 1),
  counts: Int32Array.of(4, 4, 4, 4),
  offsets: Int32Array.of(0, 1, 2, 3, 4),
  nprobes: Int32Array.of(1, 2, 2, 1),
  changes: Int32Array.of(4, 2, 4, 4),
};
const HARDEST: Hardest = {
  kind: "hardest",
  request: "h",
  order: "recall",
  nprobe: 1,
  missing: 3,
  labels: ["cat", null],
  places: Int32Array.of(3, 8),
  ids: BigInt64Array.of(7n, 5n),
  found: Int32Array.of(1, 2),
  counts: Int32Array.of(4, 4),
  needed: Int32Array.of(3, 4),
};

function open(traits: Record<string, unknown> = {}, summary: ConstructorParameters<typeof Stage>[2] = {}) {
  stage = new Stage(undefined, traits, summary);
  return stage;
}

async function openWorkload(...options: Parameters<typeof open>) {
  const shown = open(...options);
  await shown.see.getByRole("tab", { name: "Workload" }).click();
  return shown;
}

function say(shown: Stage, message: Workload | Hardest | QueryRecalls): void {
  shown.model.say(...encoded(message));
}

/** Answer the last request for the hardest queries. */
async function list(shown: Stage, order: string, changes: Partial<Hardest> = {}): Promise<void> {
  await vi.waitFor(() => expect(shown.lastAsked("hardest").order).toBe(order));
  const { request, nprobe } = shown.lastAsked("hardest") as { request: string; nprobe: number };
  say(shown, { ...HARDEST, request, nprobe, order, ...changes });
}

describe("the progress of an evaluation", () => {
  it.each([
    ["http://10.0.0.1:8787/status", 1],
    [null, 0],
    ["javascript:alert(1)", 0],
  ])("leads to the dashboard %s of the cluster that computes it", async (dashboard, links) => {
    const shown = await openWorkload();
    await shown.see.getByRole("button", { name: "Evaluate queries" }).click();
    const { request } = await vi.waitFor(() => shown.lastAsked("evaluate"));
    shown.model.say({ kind: "progress", request, done: 2, asked: 10, cancellable: true, dashboard });
    await expect.element(shown.see.getByText("2 of 10 queries")).toBeVisible();
    const link = shown.see.getByRole("link", { name: "Dashboard" });
    expect(link.elements().map((element) => element.getAttribute("href"))).toEqual(
      Array(links).fill(dashboard),
    );
  });
});

describe("the hardest queries", () => {
  it("are those of the lowest recall now, the worst that the sentence names among them", async () => {
    const shown = await openWorkload();
    say(shown, WORKLOAD);
    await list(shown, "recall");
    // The recall that every query reaches.
    const now = shown.see.getByRole("row", { name: /^1 stored, now/ });
    await expect.element(now.getByRole("cell").nth(3)).toHaveTextContent("0.25");
    const first = shown.see.getByRole("list", { name: "Hardest queries" }).getByRole("listitem").first();
    await expect.element(first).toHaveTextContent("row 7 cat1 of 4 now; all from nprobe 3");
    await expect
      .element(first.getByRole("button"))
      .toHaveAccessibleName("Search for row 7, cat: 1 of 4 now, all from nprobe 3");
  });

  it("are those that need the largest nprobe, by a choice", async () => {
    const shown = await openWorkload();
    say(shown, WORKLOAD);
    await list(shown, "recall");
    const order = shown.see.getByRole("combobox", { name: "Order of the hardest queries" });
    await order.selectOptions("largest nprobe needed");
    await list(shown, "nprobe", { ids: BigInt64Array.of(5n, 7n), needed: Int32Array.of(5, 3) });
    const first = shown.see.getByRole("list", { name: "Hardest queries" }).getByRole("listitem").first();
    await expect.element(first).toHaveTextContent("row 5 cat1 of 4 now; some lost at any nprobe");
  });

  it("say which nprobe their recall is at until the list for the present one comes", async () => {
    const shown = await openWorkload();
    say(shown, WORKLOAD);
    await list(shown, "recall");
    shown.model.receive("nprobe", 2);
    const first = shown.see.getByRole("list", { name: "Hardest queries" }).getByRole("listitem").first();
    await expect.element(first).toHaveTextContent("1 of 4 at nprobe 1;");
    await vi.waitFor(() => expect(shown.lastAsked("hardest").nprobe).toBe(2));
    await list(shown, "recall", { found: Int32Array.of(2, 3) });
    await expect.element(first).toHaveTextContent("2 of 4 now;");
  });
});

describe("the workload at the present nprobe", () => {
  it("says how many queries find none", async () => {
    const shown = await openWorkload();
    say(shown, WORKLOAD);
    await expect
      .element(shown.see.getByText("At nprobe 1, 3.2 % of the queries find none of their true neighbours."))
      .toBeVisible();
    shown.model.receive("nprobe", 3);
    await expect
      .element(shown.see.getByText("At nprobe 3, every query finds at least one true neighbour."))
      .toBeVisible();
  });

  it("colours the map, with the number of each cluster in words", async () => {
    const shown = open({ nprobe: 1 });
    shown.sayMap();
    shown.answer();
    expect(shown.root.querySelector("[role=radiogroup]")).toBeNull();
    say(shown, WORKLOAD);
    await shown.see.getByRole("radio", { name: "workload recall" }).click();
    await expect.element(shown.see.getByText("reading recalls…")).toBeVisible();
    say(shown, { ...RECALLS, request: shown.lastAsked("query_recalls").request as string });
    await expect.element(shown.see.getByText(/recall@4 at nprobe 1/)).toBeVisible();
    await expect.element(shown.see.getByText("under 3 queries")).toBeVisible();
    const map = shown.root.querySelector(".feder-map") as HTMLElement;
    map.focus();
    await userEvent.keyboard("{Home}");
    await expect
      .element(shown.see.getByText(/^Cluster 0, .*, mean recall 0.33 of 3 queries, rank 1/))
      .toBeInTheDocument();
    await expect.element(shown.see.getByText("mean recall 0.33 of 3 queries", { exact: true })).toBeVisible();
    shown.model.receive("nprobe", 2);
    await expect.element(shown.see.getByText("mean recall 0.83 of 3 queries", { exact: true })).toBeVisible();
    await shown.see.getByRole("button", { name: "View as table" }).click();
    await expect.element(shown.see.getByRole("columnheader", { name: "their mean recall" })).toBeVisible();
    await expect.element(shown.see.getByRole("cell", { name: "0.83" })).toBeVisible();
  });
});

describe("the legend of the map on a laptop", () => {
  it.each(["rank", "workload recall"])(
    "shows its keys whole by %s, missed neighbours among them",
    async (choice) => {
      const shown = open({ nprobe: 1, k: 5 }, { labels: true });
      shown.element.style.width = "1008px";
      shown.sayMap();
      shown.answer();
      say(shown, WORKLOAD);
      await shown.see.getByRole("radio", { name: choice }).click();
      if (choice !== "rank") {
        say(shown, { ...RECALLS, request: shown.lastAsked("query_recalls").request as string });
        await expect.element(shown.see.getByText("under 3 queries")).toBeVisible();
      }
      await vi.waitFor(() => expect(shown.root.querySelector(".feder-legend-missed")).not.toBeNull());
      const foot = (shown.root.querySelector(".feder-foot") as HTMLElement).getBoundingClientRect();
      const keys = choice === "rank" ? ["ramp", "target", "missed"] : ["ramp", "few", "missed"];
      for (const key of keys) {
        const box = (shown.root.querySelector(`.feder-legend-${key}`) as HTMLElement).getBoundingClientRect();
        expect(box.left, key).toBeGreaterThanOrEqual(foot.left);
        expect(box.right, key).toBeLessThanOrEqual(foot.right);
        expect(box.top, key).toBeGreaterThanOrEqual(foot.top - 1);
        expect(box.bottom, key).toBeLessThanOrEqual(foot.bottom + 1);
      }
    },
  );
});

describe("a search begun from the workload", () => {
  it.each(["r", "m"])("by the key %s shows its answer", async (key) => {
    const shown = await openWorkload();
    shown.sayMap();
    shown.answer();
    say(shown, WORKLOAD);
    await list(shown, "recall");
    await expect
      .element(shown.see.getByRole("tab", { name: "Workload" }))
      .toHaveAttribute("aria-selected", "true");
    shown.root.focus();
    await userEvent.keyboard(key);
    await expect
      .element(shown.see.getByRole("tab", { name: "This query" }))
      .toHaveAttribute("aria-selected", "true");
  });

  it("by one of the hardest queries does so too, and an answer that comes by itself does not", async () => {
    const shown = await openWorkload();
    say(shown, WORKLOAD);
    await list(shown, "recall");
    shown.answer();
    await vi.waitFor(() => expect(shown.root.dataset.state).toBe("done"));
    await expect
      .element(shown.see.getByRole("tab", { name: "Workload" }))
      .toHaveAttribute("aria-selected", "true");
    await shown.see.getByRole("button", { name: /^Search for row 7/ }).click();
    await expect
      .element(shown.see.getByRole("tab", { name: "This query" }))
      .toHaveAttribute("aria-selected", "true");
  });
});

describe("a workload of an index that re-ranks", () => {
  const summary = {
    given: true,
    exact: false,
    replayable: false,
    noCurve: "which vectors are compared once more depends on all that are probed",
    evaluatedAt: [1, 2, 4],
  };
  const apart: Workload = {
    ...WORKLOAD,
    apart: true,
    nprobes: Int32Array.of(1, 2, 4),
    recall: Float32Array.of(0.5, 0.75, 1),
    reached: Float32Array.of(0.5, 0.75, 1, 0.5, 0.5, 1, 0.25, 0.5, 1, 0.25, 0.5, 1),
    compared: Float32Array.of(0.25, 0.5, 1),
    without_any: Float32Array.of(0.5, 0.25, 0),
  };

  it("says its cost before it is asked for", async () => {
    const shown = await openWorkload({}, summary);
    const cost = "At nprobe 1, 2 and 4, by 3 searches of each query: which vectors are compared once more";
    await expect.element(shown.see.getByText(cost)).toBeVisible();
    await expect.element(shown.see.getByRole("button", { name: "Evaluate queries" })).toBeEnabled();
  });

  it("is drawn as points, and nothing is said of what is between them", async () => {
    const shown = await openWorkload({ nprobe: 3 }, summary);
    say(shown, apart);
    const chart = shown.see.getByRole("img", { name: /^Mean recall@4 of 50 queries at nprobe 1, 2 and 4,/ });
    await expect.element(chart).toBeVisible();
    expect(chart.element().querySelectorAll(".feder-dot")).toHaveLength(3);
    expect(chart.element().querySelectorAll(".feder-curve, .feder-share")).toHaveLength(0);
    await expect
      .element(shown.see.getByRole("slider", { name: "nprobe", exact: true }))
      .toHaveAttribute("aria-valuetext", "3: 50 rows sampled: mean recall@4 = 0.75 at nprobe 2");
    await expect.element(shown.see.getByRole("row", { name: /^3 now.* not evaluated/ })).toBeVisible();
    shown.model.receive("nprobe", 4);
    await expect.element(shown.see.getByRole("row", { name: /^4 now/ })).toBeVisible();
  });

  it("is refused where true neighbours are unknown, with the reason", async () => {
    const shown = await openWorkload({}, { unexplained: "the vectors are missing" });
    await expect.element(shown.see.getByText("No workload: the vectors are missing.")).toBeVisible();
  });
});

describe("clusters switched off by hand", () => {
  it("are named, and no nprobe is blamed or offered for them", async () => {
    const shown = open({ nprobe: 4, k: 5 });
    shown.answer();
    await expect.element(shown.see.getByText("All 5 true neighbours came back")).toBeVisible();
    const panel = shown.see.getByRole("button", { name: "Don't probe" });
    await panel.click();
    await expect.element(shown.see.getByText("2 of 5 true neighbours came back")).toBeVisible();
    await expect
      .element(shown.see.getByText("3 missed: in the cluster ranked 1, switched off by hand"))
      .toBeVisible();
    await expect.element(shown.see.getByText(/rank 1, switched off/)).toBeVisible();
    expect(shown.root.textContent).not.toContain("the search probed");
    expect(shown.root.textContent).not.toContain("finds all");
  });

  it("and others that are not probed are told apart", async () => {
    const shown = open({ nprobe: 1, k: 5 });
    shown.answer();
    await expect.element(shown.see.getByRole("button", { name: "nprobe = 2 finds all" })).toBeVisible();
    await shown.see.getByRole("button", { name: "Don't probe" }).click();
    await expect.element(shown.see.getByText("0 of 5 true neighbours came back")).toBeVisible();
    const reasons = "5 missed: 2 in the cluster ranked 2; 3 in the cluster ranked 1, switched off by hand";
    await expect.element(shown.see.getByText(reasons)).toBeVisible();
  });

  it("do not lead back to an nprobe that is not larger", async () => {
    const shown = open({ nprobe: 4, k: 5 });
    shown.answer();
    shown.model.receive("cluster", 1);
    await shown.see.getByRole("button", { name: "Don't probe" }).click();
    await vi.waitFor(() => expect(shown.root.dataset.missed).toBe("2"));
    expect(shown.root.textContent).not.toContain("finds all");
  });
});
