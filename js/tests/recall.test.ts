import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { count } from "../src/model/format";
import type { Summary } from "../src/model/summary";
import { bandNames, searchesText } from "../src/model/workloadText";
import { Axis } from "../src/panels/band/scale";
import { needsText } from "../src/panels/workload/Hardest";
import type { Hardest, Verdict, Workload } from "../src/protocol/messages";
import { rowVerdict as verdictText } from "../src/state/rowTexts";
import { answerOf, explorationOf, findingOf } from "./support";

const FRAME = { left: 50, right: 450, top: 10, bottom: 110 };

describe("the axis of nprobe", () => {
  const axis = new Axis(FRAME, 256);

  it("goes along powers of two from 1 to nlist", () => {
    expect([1, 4, 16, 256].map((nprobe) => axis.x(nprobe))).toEqual([50, 150, 250, 450]);
    expect([0, 0.5, 1].map((share) => axis.y(share))).toEqual([110, 60, 10]);
  });

  it.each([1, 2, 3, 17, 100, 255, 256])("leads back to nprobe %i", (nprobe) => {
    expect(axis.nprobeAt(axis.x(nprobe))).toBe(nprobe);
  });

  it("ends at its ends, wherever the pointer is", () => {
    expect([-1e6, 0, 1e6].map((x) => axis.nprobeAt(x))).toEqual([1, 1, 256]);
  });

  it("has ticks that do not lie on each other, nlist among them", () => {
    for (const [nlist, right] of [
      [256, 450],
      [65_536, 300],
      [3, 90],
      [1, 450],
      [100, 60],
      [1_000_000, 450],
      [1_000_000, 1350],
    ]) {
      const narrow = new Axis({ ...FRAME, right }, nlist);
      const ticks = narrow.ticks();
      expect(ticks.at(-1)).toBe(nlist);
      for (let i = 1; i < ticks.length; i++)
        expect(narrow.labelX(ticks[i]) - narrow.labelX(ticks[i - 1])).toBeGreaterThan(
          3.2 * (count(ticks[i]).length + count(ticks[i - 1]).length),
        );
      // The margin beside the plot has 22 pixels.
      expect(narrow.labelX(nlist) + 3.2 * count(nlist).length).toBeLessThanOrEqual(right + 22);
    }
  });

  it("draws values that hold until the next as steps, and what is below them", () => {
    expect(axis.steps([1, 4, 16], [0, 0.5, 1])).toBe("M50.0 110.0H150.0V60.0H250.0V10.0H450.0");
    expect(axis.steps([1, 2, 3], [1, 1, 1])).toBe("M50.0 10.0H450.0");
    expect(axis.below([1, 4], [0.5, 1])).toBe("M50.0 60.0H150.0V10.0H450.0V110H50Z");
  });

  it("draws values that stand alone as bars", () => {
    expect(axis.bars([1, 4], [0.5, 1], [0, 0.5])).toBe("M50.0 60.0V110.0M150.0 10.0V60.0");
  });

  it("of one cluster is a place", () => {
    const one = new Axis(FRAME, 1);
    expect(one.x(1)).toBe(50);
    expect(one.nprobeAt(300)).toBe(1);
  });
});

describe("the verdict on a row", () => {
  // Clusters of 3, 4, 0 and 5 rows at distances 0 1 2, 10 11 12 13, -, 30 31 32 33 34.
  function found(nprobe = 1, k = 5, changes: Partial<Summary> = {}) {
    const { exploration, transport, settings, summary } = explorationOf(undefined, changes);
    for (const message of answerOf(summary)) transport.say(message);
    settings.nprobe.value = nprobe;
    settings.k.value = k;
    return exploration;
  }
  const verdictOf = (changes: Partial<Verdict>): Verdict => ({
    kind: "verdict",
    request: "v",
    serial: 1,
    id: 1n,
    cluster: 0,
    rank: 1,
    distance: 1,
    position: 2,
    ...changes,
  });

  it("says that it came back", () => {
    expect(verdictText(found(), verdictOf({}))).toBe(
      "The 2nd result: it is the 2nd nearest of all. Its cluster ranks 1st.",
    );
  });

  it("is not the one on a row of another cluster that shares the id", () => {
    const copy = verdictOf({ id: 1n, cluster: 3, rank: 4, distance: 32, position: 10 });
    expect(verdictText(found(), copy)).not.toContain("result: it is");
    expect(verdictText(found(), copy)).toContain("Its cluster ranks 4th");
  });

  it("says that the index missed it, and what would have found it", () => {
    const missed = verdictOf({ id: 3n, cluster: 1, rank: 2, distance: 10, position: 4 });
    expect(verdictText(found(1, 5), missed)).toBe(
      "Missed by the index: it is the 4th nearest of all, but its cluster ranks 2nd and was not probed. " +
        "nprobe = 2 finds it.",
    );
  });

  it("says that others are nearer, whatever is probed", () => {
    const far = verdictOf({ id: 9n, cluster: 3, rank: 4, distance: 32, position: 10 });
    expect(verdictText(found(2, 3), far)).toBe(
      "Farther than the 3rd result, at 2.000: it is the 10th nearest of all. Its cluster ranks 4th and was not " +
        "probed, which changes nothing.",
    );
    const probed = verdictOf({ id: 6n, cluster: 1, rank: 2, distance: 13, position: 7 });
    expect(verdictText(found(2, 3), probed)).toContain("Its cluster ranks 2nd and was probed.");
  });

  it("goes without a place among all where they were not compared", () => {
    const missed = verdictOf({ id: 3n, cluster: 1, rank: 2, distance: 1.5, position: null });
    expect(verdictText(found(1, 3), missed)).toBe(
      "Its cluster ranks 2nd and was not probed: it is probed from nprobe 2.",
    );
  });

  it("does not call a row missed that is no true neighbour, and promises nothing of it", () => {
    const other = verdictOf({ id: 9n, cluster: 2, rank: 3, distance: 1.5, position: 15 });
    expect(verdictText(found(1, 3), other)).toBe(
      "It is the 15th nearest of all. Its cluster ranks 3rd and was not probed: it is probed from nprobe 3.",
    );
  });

  it("says that a cluster is switched off, whatever nprobe is", () => {
    const exploration = found(3, 5);
    exploration.toggleProbed(1);
    const missed = verdictOf({ id: 3n, cluster: 1, rank: 2, distance: 10, position: 4 });
    expect(verdictText(exploration, missed)).toBe(
      "Missed by the index: it is the 4th nearest of all, but its cluster ranks 2nd and is switched off.",
    );
  });

  it("says at a step before its cluster is probed that it is not probed yet", () => {
    const exploration = found(2, 5);
    exploration.player.seek(2);
    const missed = verdictOf({ id: 3n, cluster: 1, rank: 2, distance: 10, position: 4 });
    expect(verdictText(exploration, missed)).toContain(
      "its cluster ranks 2nd and was not probed up to this step.",
    );
  });

  it.each([
    [{ replayable: false }, "was not probed: it is probed from nprobe 2."],
    [{ steady: false }, "was not probed."],
  ])("promises nothing of an index with %o", (changes, words) => {
    const missed = verdictOf({ id: 3n, cluster: 1, rank: 2, distance: 10, position: 4 });
    expect(verdictText(found(1, 5, changes), missed)).toBe(
      `Missed by the index: it is the 4th nearest of all, but its cluster ranks 2nd and ${words}`,
    );
  });

  it("does not blame the code of a flat index whose search stops early", () => {
    const missed = verdictOf({ id: 1n, cluster: 0, rank: 1, distance: 1, position: 2 });
    const exploration = found(1, 5, { replayable: false });
    exploration.player.seek(2);
    const results = { ...exploration, results: signal([]) };
    expect(verdictText(results, missed)).toBe(
      "Not among the results: its cluster was probed, but not to its end.",
    );
  });
});

describe("the true neighbours of an exploration", () => {
  it("are known when all clusters are here, and missed as nprobe says, without a word to the kernel", () => {
    const { exploration, transport, settings, summary } = explorationOf();
    const [coarse, fine, nearest, done] = answerOf(summary);
    transport.say(coarse, fine);
    expect(exploration.truth.value).toBeNull();
    transport.say(nearest, done);
    settings.k.value = 9;
    const asked = transport.requests.length;
    const missed = () => exploration.missed.value.map(({ id }) => Number(id));
    expect(missed()).toEqual([3, 4, 5, 6, 7, 8]);
    expect(exploration.found.value).toBe(3);
    settings.nprobe.value = 2;
    expect(missed()).toEqual([7, 8]);
    settings.nprobe.value = 4;
    expect(missed()).toEqual([]);
    settings.nprobe.value = 1;
    exploration.toggleProbed(3);
    expect(missed()).toEqual([3, 4, 5, 6]);
    expect(exploration.results.value.map(({ id }) => Number(id))).toEqual([0, 1, 2, 7, 8, 9, 10, 11]);
    exploration.toggleProbed(3);
    expect(exploration.switched.value.size).toBe(0);
    exploration.player.seek(0);
    expect(missed()).toEqual([]);
    expect(transport.requests).toHaveLength(asked);
  });

  it("leave nothing missed once a cluster is switched back by dragging past it", () => {
    const { exploration, transport, settings, summary } = explorationOf();
    for (const message of answerOf(summary)) transport.say(message);
    settings.nprobe.value = 2;
    exploration.toggleProbed(1);
    expect([...exploration.probe.value.ranks]).toEqual([1]);
    exploration.toggleProbed(1);
    expect(exploration.switched.value.size).toBe(0);
    exploration.toggleProbed(3);
    settings.nprobe.value = 4;
    expect([...exploration.probe.value.ranks]).toEqual([1, 2, 3, 4]);
  });

  it("and what geometry leaves open follow as the search arrives", () => {
    const { exploration, transport, summary } = explorationOf();
    const [coarse, fine, nearest, done] = answerOf(summary);
    const bounds = Float32Array.of(0, 9, Number.POSITIVE_INFINITY, 29);
    const beyond = new Float32Array(0);
    const findings = [findingOf("far")];
    transport.say(coarse, { kind: "bounds", request: "b", serial: 1, findings, bounds, beyond });
    expect(exploration.openClusters.value).toBeNull();
    transport.say(fine);
    expect(exploration.openClusters.value).toEqual({ count: 0, isLeast: false });
    expect(exploration.findings.value).toEqual([findingOf("far")]);
    transport.say({ kind: "bounds", request: "b", serial: 9, findings: [], bounds, beyond });
    expect(exploration.findings.value).toEqual([findingOf("far")]);
    transport.say(nearest, done);
    // The true neighbours are known: geometry has nothing to add.
    expect(exploration.findings.value).toEqual([]);
  });
});

describe("a search that stops at the probed clusters", () => {
  it("goes on when it is asked to, or when nprobe goes past it", () => {
    const { exploration, transport, settings, summary } = explorationOf();
    settings.nprobe.value = 1;
    const [coarse, fine, nearest, done] = answerOf(summary, { exhaustive: false });
    transport.say(coarse, fine, done);
    expect(exploration.status.value).toBe("done");
    expect(transport.all("rest")).toHaveLength(0);
    settings.nprobe.value = 3;
    expect(transport.last("rest")).toMatchObject({ serial: 1, last_rank: 3 });
    expect(exploration.status.value).toBe("searching");
    const { request } = transport.last("rest");
    transport.say({ ...nearest, request } as typeof nearest, { ...done, request } as typeof done);
    expect(exploration.status.value).toBe("done");
    expect(exploration.truth.value?.neighbours).toHaveLength(3);
    exploration.needRest(4);
    expect(transport.all("rest")).toHaveLength(1);
  });
});

describe("workloads", () => {
  const workloadOf = (changes: Partial<Workload> = {}): Workload => ({
    kind: "workload",
    request: "w",
    k: 2,
    seed: 1,
    source: "sample",
    computed: 5,
    asked: 10,
    final: false,
    include_self: true,
    reason: null,
    nprobes: Int32Array.of(1, 2),
    shares: [0.5, 0.95, 0.99, 1],
    recall: new Float32Array(2),
    reached: new Float32Array(8),
    compared: new Float32Array(2),
    without_any: new Float32Array(2),
    apart: false,
    ...changes,
  });
  const hardestOf = (changes: Partial<Hardest> = {}): Hardest => ({
    kind: "hardest",
    request: "h",
    order: "recall",
    nprobe: 1,
    missing: 3,
    labels: [null],
    places: Int32Array.of(3),
    ids: BigInt64Array.of(7n),
    found: Int32Array.of(1),
    counts: Int32Array.of(2),
    needed: Int32Array.of(4),
    ...changes,
  });

  it("are listed by the recall at nprobe, or by the nprobe needed, whenever these rest", () => {
    vi.useFakeTimers();
    try {
      const { exploration, transport, settings } = explorationOf();
      const { workloads } = exploration;
      // Nobody sees them.
      transport.say(workloadOf());
      settings.nprobe.value = 2;
      vi.advanceTimersByTime(1000);
      expect(transport.all("hardest")).toEqual([]);
      const end = workloads.want();
      transport.say(workloadOf({ computed: 0 }));
      vi.advanceTimersByTime(1000);
      expect(transport.all("hardest")).toEqual([]);
      transport.say(workloadOf());
      for (const nprobe of [3, 4]) {
        settings.nprobe.value = nprobe;
        vi.advanceTimersByTime(100);
      }
      vi.advanceTimersByTime(100);
      expect(transport.all("hardest")).toMatchObject([{ order: "recall", nprobe: 4 }]);
      transport.say(hardestOf({ request: "another page's" }));
      expect(workloads.hardest.value).toBeNull();
      const { request } = transport.last("hardest");
      transport.say(hardestOf({ request, nprobe: 4 }));
      expect(workloads.hardest.value).toMatchObject({ order: "recall", nprobe: 4 });
      workloads.order.value = "nprobe";
      vi.advanceTimersByTime(200);
      expect(transport.last("hardest")).toMatchObject({ order: "nprobe", nprobe: 4 });
      transport.say(workloadOf({ final: true }));
      vi.advanceTimersByTime(200);
      expect(transport.all("hardest")).toHaveLength(3);
      end();
      end();
      settings.nprobe.value = 1;
      vi.advanceTimersByTime(200);
      expect(transport.all("hardest")).toHaveLength(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it("are asked for when the page opens, and shown as far as they are", () => {
    const { exploration, transport } = explorationOf();
    expect(transport.all("workload")).toHaveLength(1);
    transport.say(workloadOf());
    expect(exploration.workloads.latest.value?.computed).toBe(5);
  });

  it("are evaluated, and can be cancelled, here or in Python", () => {
    const { exploration, transport } = explorationOf();
    const { workloads } = exploration;
    workloads.evaluate(10, 7, 3, true);
    const { request } = transport.last("evaluate");
    expect(transport.last("evaluate")).toMatchObject({ sample: 10, seed: 7, k: 3, include_self: true });
    expect(workloads.progress.value).toEqual({ done: 0, asked: 10, cancellable: true, dashboard: null });
    transport.say({ kind: "progress", request, done: 4.5, asked: 10, cancellable: true, dashboard: null });
    expect(workloads.progress.value?.done).toBe(4.5);
    workloads.cancel();
    expect(transport.last("cancel").request).toBe(request);
    transport.say(workloadOf({ request, final: true, reason: "cancelled" }));
    expect(workloads.progress.value).toBeNull();
    transport.say({
      kind: "progress",
      request: "kernel",
      done: 1,
      asked: 99,
      cancellable: true,
      dashboard: null,
    });
    workloads.cancel();
    expect(transport.last("cancel").request).toBe("kernel");
  });

  it("that fail or lose their kernel are under way no more", () => {
    const { exploration, transport } = explorationOf();
    const { workloads } = exploration;
    workloads.evaluate(10, 7, 3, true);
    const { request } = transport.last("evaluate");
    transport.say({ kind: "error", request, code: "invalid", message: "no" });
    expect(workloads.progress.value).toBeNull();
    expect(exploration.failure.value).toBe("no");
    workloads.evaluate(10, 7, 3, true);
    transport.lose();
    expect(workloads.progress.value).toBeNull();
    transport.alive = false;
    workloads.evaluate(10, 7, 3, true);
    expect(workloads.progress.value).toBeNull();
  });
});

describe("a query of a workload", () => {
  const facts = { most: 16, evaluatedAt: [] as number[], given: false };

  it("says which nprobe finds all of its neighbours, as far as that is known", () => {
    expect(needsText(5, facts)).toBe("all from nprobe 5");
    expect(needsText(17, facts)).toBe("some lost at any nprobe");
    expect(needsText(5, { ...facts, given: true })).toBe("all at nprobe 5");
    const apart = { ...facts, evaluatedAt: [1, 2, 4, 8, 16] };
    expect(needsText(40, { ...facts, most: 512 }, "efSearch")).toBe("all from efSearch 40");
    expect(needsText(513, { ...facts, most: 512 }, "efSearch")).toBe("some lost at efSearch 512");
    expect(needsText(4, apart)).toBe("all at nprobe 4");
    expect(needsText(17, apart)).toBe("not all at any nprobe searched at");
  });
});

describe("a workload that takes searches", () => {
  it("says its cost", () => {
    expect(searchesText([1, 2, 4, 8, 16, 32, 64])).toBe(
      "At nprobe 1, 2, 4, … 64, by 7 searches of each query",
    );
    expect(searchesText([1, 2, 4])).toBe("At nprobe 1, 2 and 4, by 3 searches of each query");
    expect(searchesText([1])).toBe("At nprobe 1, by 1 search of each query");
  });
});

describe("the bands of a workload", () => {
  it("are named by the shares that the kernel sends", () => {
    expect(bandNames([0.5, 0.95, 0.99, 1])).toEqual([
      "recall reached by 95\u00a0% of queries",
      "by 99\u00a0%",
      "by all",
    ]);
    expect(bandNames([0.9, 0.999])).toEqual(["recall reached by 99.9\u00a0% of queries"]);
  });
});
