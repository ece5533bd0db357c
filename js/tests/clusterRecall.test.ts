import { describe, expect, it } from "vitest";
import { PALETTES, recallColour, rgbOf } from "../src/look/palette";
import { clusterRecall, clusterRecallText, recallShade } from "../src/model/clusterRecall";
import { joined } from "../src/model/mapCells";
import { nearest } from "../src/model/probe";
import { Search } from "../src/model/search";
import type { QueryRecalls, Workload } from "../src/protocol/messages";
import { cellColours, neutralEdge, pack } from "../src/views/clusters/cellColours";
import { cellRanking } from "../src/views/clusters/scene";
import { randomOf } from "./random";
import { coarseOf, explorationOf, mapOf, summaryOf } from "./support";

/** A query: its nearest cluster, its number of true neighbours, and how many more it finds from which nprobe on. */
type Query = readonly [
  cluster: number,
  count: number,
  ...changes: (readonly [nprobe: number, more: number])[],
];

function partOf(queries: readonly Query[], changes: Partial<QueryRecalls> = {}): QueryRecalls {
  const steps = queries.map(([, , ...some]) => some);
  return {
    kind: "query_recalls",
    request: "q",
    rows: queries.length,
    offset: 0,
    clusters: Int32Array.from(queries, ([cluster]) => cluster),
    counts: Int32Array.from(queries, ([, count]) => count),
    offsets: Int32Array.from([0, ...steps], (_, i) => steps.slice(0, i).flat().length),
    nprobes: Int32Array.from(steps.flat(), ([nprobe]) => nprobe),
    changes: Int32Array.from(steps.flat(), ([, more]) => more),
    ...changes,
  };
}

/** Cluster 0 has three queries, cluster 1 two, cluster 3 three. */
const QUERIES: readonly Query[] = [
  [0, 4, [1, 1], [3, 3]],
  [3, 4, [2, 4]],
  [0, 4, [1, 4]],
  [1, 4, [1, 4]],
  [3, 0],
  // A larger nprobe loses one again.
  [0, 4, [2, 3], [4, -1]],
  [1, 4, [1, 4]],
  [3, 2, [1, 1]],
  [-1, 4, [1, 4]],
];

describe("the recall by cluster", () => {
  it.each([
    [1, [5 / 12, 0.5]],
    [2, [8 / 12, 2.5 / 3]],
    [3, [11 / 12, 2.5 / 3]],
    [4, [10 / 12, 2.5 / 3]],
  ])("at nprobe %i is the mean of the queries whose nearest cluster it is", (nprobe, [first, last]) => {
    const { means, queries } = clusterRecall([partOf(QUERIES)], 4, nprobe);
    expect([...queries]).toEqual([3, 2, 0, 3]);
    expect(means[0]).toBeCloseTo(first, 6);
    expect(means[3]).toBeCloseTo(last, 6);
    expect([means[1], means[2]]).toEqual([Number.NaN, Number.NaN]);
  });

  it("is the same from parts, and equals a count query by query", () => {
    const next = randomOf(5);
    const draw = (below: number) => Math.floor(next() * below);
    const nlist = 12;
    const queries = Array.from({ length: 90 }, (): Query => {
      const at = Array.from({ length: 6 }, () => 1 + draw(nlist)).sort((a, b) => a - b);
      const steps = [...new Set(at)].map(
        (nprobe) => [nprobe, at.filter((one) => one === nprobe).length] as const,
      );
      return [draw(nlist), 6, ...steps];
    });
    for (const nprobe of [1, 5, nlist]) {
      const whole = clusterRecall([partOf(queries)], nlist, nprobe);
      expect(clusterRecall([partOf(queries.slice(0, 31)), partOf(queries.slice(31))], nlist, nprobe)).toEqual(
        whole,
      );
      for (let cluster = 0; cluster < nlist; cluster++) {
        const own = queries.filter(([nearestOne]) => nearestOne === cluster);
        const found = own.flatMap(([, , ...steps]) => steps).filter(([at]) => at <= nprobe);
        const recall = found.reduce((sum, [, more]) => sum + more, 0) / (6 * own.length);
        expect(whole.queries[cluster]).toBe(own.length);
        if (own.length < 3) expect(whole.means[cluster]).toBeNaN();
        else expect(whole.means[cluster]).toBeCloseTo(recall, 6);
      }
    }
  });

  it("is named with the number of queries, and not told of too few", () => {
    const recall = clusterRecall([partOf(QUERIES)], 4, 1);
    expect([0, 1, 2].map((cluster) => clusterRecallText(recall, cluster))).toEqual([
      "mean recall 0.42 of 3 queries",
      "nearest cluster of 2 queries: too few for a mean",
      "nearest cluster of no query of the workload",
    ]);
  });
});

describe("the scale of recall", () => {
  it("begins at the least mean, rounded down, and ends at 1", () => {
    const of = (low: number) => ({
      means: Float32Array.of(low, Number.NaN, 1),
      queries: new Int32Array(3),
      nprobe: 1,
      low,
    });
    expect([0.65, 0.825, 1].map((recall) => recallShade(of(0.65), recall).toFixed(3))).toEqual([
      "0.000",
      "0.500",
      "1.000",
    ]);
    const found = clusterRecall([partOf(QUERIES)], 4, 1);
    expect(found.low).toBeCloseTo(0.4);
  });

  it.each(Array.from({ length: 20 }, (_, i) => i + 1))(
    "has a colour for a least mean of %i in 20",
    (found) => {
      const queries: Query[] = Array.from({ length: 6 }, () => [0, 20, [1, found]]);
      const recall = clusterRecall([partOf(queries)], 1, 1);
      const shade = recallShade(recall, recall.means[0]);
      expect(shade).toBeGreaterThanOrEqual(0);
      expect(() => recallColour(PALETTES.light, shade)).not.toThrow();
    },
  );
});

describe.each([PALETTES.light, PALETTES.dark])("the map by recall", (palette) => {
  const summary = summaryOf([1, 1, 1, 1]);
  const search = new Search(coarseOf(summary), summary.sizes);
  const scene = {
    cells: joined([mapOf(summary.sizes)]),
    ranking: cellRanking(search),
    probe: nearest(1),
    recall: clusterRecall([partOf(QUERIES)], 4, 2),
  };

  it("has the colours of the means, none where queries are too few, and outlines what is probed", () => {
    const { fill, edge } = cellColours(scene, palette);
    const neutral = pack(rgbOf(palette.background));
    expect(fill[0]).toBe(pack(recallColour(palette, recallShade(scene.recall, scene.recall.means[0]))));
    expect(fill[3]).toBe(pack(recallColour(palette, recallShade(scene.recall, scene.recall.means[3]))));
    expect([fill[1], fill[2]]).toEqual([neutral, neutral]);
    expect([...edge]).toEqual([
      pack(rgbOf(palette.text)),
      pack(neutralEdge(palette)),
      pack(neutralEdge(palette)),
      0,
    ]);
  });

  it("has them before a search too", () => {
    const { fill } = cellColours({ ...scene, ranking: null }, palette);
    expect(fill).toEqual(cellColours(scene, palette).fill);
  });
});

describe("recall as colours", () => {
  const workload: Workload = {
    kind: "workload",
    request: "kernel",
    k: 4,
    seed: 1,
    source: "sample",
    computed: QUERIES.length,
    asked: QUERIES.length,
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
  };
  const coloured = (changes: Partial<Workload> = {}) => {
    const explored = explorationOf([3, 3, 3, 3]);
    explored.settings.nprobe.value = 1;
    explored.exploration.labels.wanted.value = "recall";
    explored.transport.say({ ...workload, ...changes });
    return explored;
  };

  it("is asked for once colours mean it and the workload is complete, and follows nprobe by itself", () => {
    const { exploration, transport, settings } = explorationOf([3, 3, 3, 3]);
    settings.nprobe.value = 1;
    expect(exploration.canColourByRecall.value).toBe(false);
    transport.say({ ...workload, final: false });
    expect(exploration.canColourByRecall.value).toBe(false);
    transport.say(workload);
    expect(exploration.canColourByRecall.value).toBe(true);
    expect(transport.all("query_recalls")).toHaveLength(0);
    exploration.labels.wanted.value = "recall";
    const { request } = transport.last("query_recalls");
    expect(exploration.clusterRecall.value).toBeNull();
    transport.say(partOf(QUERIES.slice(0, 4), { request, rows: QUERIES.length }));
    expect(exploration.clusterRecall.value).toBeNull();
    transport.say(partOf(QUERIES.slice(4), { request, rows: QUERIES.length, offset: 4 }));
    expect(exploration.clusterRecall.value?.means[0]).toBeCloseTo(5 / 12, 6);
    settings.nprobe.value = 3;
    expect(exploration.clusterRecall.value?.means[0]).toBeCloseTo(11 / 12, 6);
    expect(exploration.clusterRecall.value?.nprobe).toBe(3);
    expect(transport.all("query_recalls")).toHaveLength(1);
    exploration.labels.wanted.value = "rank";
    expect(exploration.clusterRecall.value).toBeNull();
    exploration.labels.wanted.value = "recall";
    expect(exploration.clusterRecall.value?.nprobe).toBe(3);
    expect(transport.all("query_recalls")).toHaveLength(1);
  });

  it("is that of the last nprobe evaluated where each takes a search", () => {
    const { exploration, transport, settings } = coloured({ apart: true, nprobes: Int32Array.of(1, 2, 4) });
    const { request } = transport.last("query_recalls");
    transport.say(partOf(QUERIES, { request }));
    settings.nprobe.value = 3;
    expect(exploration.clusterRecall.value?.nprobe).toBe(2);
  });

  it("is that of the latest workload only", () => {
    const { exploration, transport } = coloured();
    const first = transport.last("query_recalls").request;
    transport.say({ ...workload, computed: 4, final: false });
    transport.say(partOf(QUERIES, { request: first }));
    expect(exploration.clusterRecall.value).toBeNull();
    transport.say({ ...workload, computed: 9 });
    expect(transport.all("query_recalls")).toHaveLength(2);
    transport.say(partOf(QUERIES, { request: transport.last("query_recalls").request }));
    expect(exploration.clusterRecall.value).not.toBeNull();
  });

  it("says why there is none where the kernel fails at it", () => {
    const { exploration, transport } = coloured();
    const { request } = transport.last("query_recalls");
    transport.say({ kind: "error", request, code: "failed", message: "no memory is left" });
    expect(exploration.recallRefusal.value).toBe("no memory is left");
    exploration.labels.wanted.value = "rank";
    exploration.labels.wanted.value = "recall";
    expect(transport.all("query_recalls")).toHaveLength(1);
  });
});
