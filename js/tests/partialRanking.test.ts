import { describe, expect, it } from "vitest";
import { costOf } from "../src/model/cost";
import { joined } from "../src/model/mapCells";
import { nearest } from "../src/model/probe";
import { resultsAt } from "../src/model/results";
import { Search } from "../src/model/search";
import { step } from "../src/views/clusters/clusterKeys";
import { cellRanking, SHADES } from "../src/views/clusters/scene";
import {
  candidatesOf,
  coarseOf,
  doneOf,
  explorationOf,
  mapOf,
  nearestOnly,
  rankedOf,
  summaryOf,
} from "./support";

const SIZES = [3, 4, 6, 5];

describe("a search of which only the nearest clusters are ranked", () => {
  const summary = summaryOf(SIZES);
  const searchOf = () => new Search(nearestOnly(coarseOf(summary), 2), summary.sizes);

  it("knows no other rank", () => {
    const search = searchOf();
    expect(search.isPartial).toBe(true);
    expect([search.nlist, search.ranked]).toEqual([4, 2]);
    expect([0, 1, 2, 3].map((cluster) => search.rankIn(cluster))).toEqual([1, 2, null, null]);
    expect([...search.order]).toEqual([0, 1, -1, -1]);
    expect([...search.distances]).toEqual([0, 10, Number.NaN, Number.NaN]);
  });

  it("counts the vectors of the others on average, and all of them exactly", () => {
    const search = searchOf();
    expect([...search.upTo]).toEqual([0, 3, 7, 12.5, 18]);
    expect(costOf(search, nearest(3).ranks, summary.sizes).fine).toBe(12.5);
    search.learn(rankedOf([3]));
    expect(search.sizeAt(3)).toBe(6);
  });

  it("learns the ranks of others one by one", () => {
    const search = searchOf();
    search.learn(rankedOf([4], { nearest: Int32Array.of(2) }));
    expect([2, 3].map((cluster) => search.rankIn(cluster))).toEqual([null, 4]);
    expect(search.distances[3]).toBe(30);
    expect(search.nearestRank(4, false)).toBe(2);
    expect(search.nearestRank(2, false)).toBe(2);
    for (const wrong of [rankedOf([5]), rankedOf([0]), rankedOf([3], { clusters: Int32Array.of(4) })]) {
      expect(() => search.learn(wrong)).toThrow(/no cluster/);
    }
  });

  it("names the cluster of a row that comes from beyond", () => {
    const search = searchOf();
    search.add(candidatesOf(summary, 1, 2));
    search.learn(rankedOf([3, 4]));
    search.add(candidatesOf(summary, 3, 4, { kind: "nearest" }));
    const found = resultsAt(search, nearest(4), 18, false);
    expect(found).toHaveLength(18);
    expect(found.every(({ cluster, clusterRank }) => cluster === clusterRank - 1)).toBe(true);
  });

  it("shades unknown clusters as the farthest, and the farthest known by what is known", () => {
    const { shades } = cellRanking(searchOf());
    expect([...shades]).toEqual([SHADES - 1, 0, 0, 0]);
  });

  it("leads keys through the known ranks", () => {
    const cells = joined([mapOf(SIZES)]);
    const search = searchOf();
    expect(step("End", cells, 0, search)).toBe(1);
    expect(step("PageDown", cells, 1, search)).toBe(1);
    expect(step("PageDown", cells, 3, search)).toBe(0);
    search.learn(rankedOf([4]));
    expect(step("PageUp", cells, 3, search)).toBe(1);
  });
});

describe("a page whose search is ranked in part", () => {
  function partly() {
    const told = explorationOf(SIZES);
    const { summary, settings, transport } = told;
    settings.nprobe.value = 1;
    const coarse = nearestOnly(coarseOf(summary, { exhaustive: false }), 2);
    transport.say(coarse, candidatesOf(summary, 1, 1), doneOf());
    const asked = (kind: string) => transport.requests.filter((request) => request.kind === kind);
    return { ...told, asked };
  }

  it("asks for the rank of a pinned cluster once", () => {
    const { exploration, transport, settings, asked } = partly();
    settings.cluster.value = 1;
    expect(asked("ranks")).toEqual([]);
    settings.cluster.value = 3;
    settings.cluster.value = null;
    settings.cluster.value = 3;
    expect(asked("ranks").map((request) => "clusters" in request && request.clusters)).toEqual([[3]]);
    transport.say(rankedOf([4]));
    expect(exploration.search.value?.rankIn(3)).toBe(4);
  });

  it("switches a cluster on as soon as its rank is told", () => {
    const { exploration, transport } = partly();
    exploration.toggleProbed(3);
    expect(exploration.switched.value.size).toBe(0);
    transport.say(rankedOf([4]));
    expect([...exploration.switched.value]).toEqual([[3, true]]);
    expect([...exploration.wanted.value.ranks]).toEqual([1, 4]);
  });

  it("does not switch it for another search", () => {
    const { exploration, transport, summary } = partly();
    exploration.toggleProbed(3);
    transport.say(nearestOnly(coarseOf(summary, { serial: 2, request: "kernel:2" }), 2));
    transport.say(rankedOf([4], { serial: 2 }));
    expect(exploration.switched.value.size).toBe(0);
  });

  it("says that results are estimates where nprobe is beyond what it knows", () => {
    const { exploration, settings, asked } = partly();
    expect(exploration.isOtherRanking.value).toBe(false);
    settings.nprobe.value = 2;
    expect(exploration.isOtherRanking.value).toBe(true);
    expect(exploration.estimated.value).toBe(true);
    expect(asked("rest")).toEqual([]);
  });
});
