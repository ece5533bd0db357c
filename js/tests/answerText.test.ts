import { describe, expect, it } from "vitest";
import { headline, lossTexts } from "../src/model/answerText";
import type { Missed, Stage } from "../src/model/truth";

describe("the headline", () => {
  it.each([
    [9, 12, "results", false, "9 of 12 true neighbours came back"],
    [0, 12, "results", false, "0 of 12 true neighbours came back"],
    [12, 12, "results", false, "All 12 true neighbours came back"],
    [0, 1, "results", false, "0 of 1 true neighbour came back"],
    [1, 1, "results", false, "The true neighbour came back"],
    [9, 12, "candidates", false, "9 of 12 true neighbours are among the candidates"],
    [12, 12, "candidates", false, "All 12 true neighbours are among the candidates"],
    [1, 1, "candidates", false, "The true neighbour is among the candidates"],
    [12, 12, null, false, "Whether all true neighbours came back is not known yet"],
    [9, 12, null, false, "At most 9 of 12 true neighbours came back"],
    [4, 12, "results", true, "4 of 12 true neighbours so far"],
    [12, 12, "results", true, "12 of 12 true neighbours so far"],
    [0, 1, null, true, "0 of 1 true neighbour so far"],
    [1200, 2000, "results", false, "1,200 of 2,000 true neighbours came back"],
  ] as const)("of %i of %i among %s, partial: %s", (found, total, among, isPartial, text) => {
    expect(headline(found, total, among, isPartial)).toBe(text);
  });
});

function lost(clusterRank: number, lostTo: Stage = "coarse"): Missed {
  return {
    id: 1n,
    distance: 1,
    clusterRank,
    cluster: 0,
    place: 1,
    lostTo,
    codeDistance: null,
    nearestRank: clusterRank,
  };
}

describe("why neighbours are missed", () => {
  it("is that no search comes to their cluster, whatever nprobe is", () => {
    expect(lossTexts([lost(3, "unreached"), lost(9, "unreached")])).toEqual([
      "in clusters that the coarse search does not come to at any nprobe",
    ]);
  });

  it("is the coarse quantizer where it ranks a near cluster behind others", () => {
    expect(lossTexts([lost(6, "ranking"), lost(9)])).toEqual([
      "1 in the cluster ranked 9",
      "1 in the cluster ranked 6, which the coarse quantizer ranks wrongly",
    ]);
  });

  it("is the ranks of their clusters, each once and in order", () => {
    expect(lossTexts([lost(6)])).toEqual(["in the cluster ranked 6"]);
    expect(lossTexts([lost(6), lost(6)])).toEqual(["in the cluster ranked 6"]);
    expect(lossTexts([lost(8), lost(6), lost(8)])).toEqual(["in clusters ranked 6 and 8"]);
    expect(lossTexts([lost(11), lost(8), lost(6)])).toEqual(["in clusters ranked 6, 8 and 11"]);
    expect(lossTexts([5, 6, 7, 8].map((rank) => lost(rank)))).toEqual(["in clusters ranked 5, 6, 7 and 8"]);
    expect(lossTexts([5, 6, 7, 8, 1200].map((rank) => lost(rank)))).toEqual([
      "in clusters ranked 5, 6, 7 … 1,200",
    ]);
  });

  it("is the hand that switched a cluster off, not nprobe", () => {
    expect(lossTexts([lost(2, "off")])).toEqual(["in the cluster ranked 2, switched off by hand"]);
    expect(lossTexts([lost(2, "off"), lost(6), lost(6)])).toEqual([
      "2 in the cluster ranked 6",
      "1 in the cluster ranked 2, switched off by hand",
    ]);
  });

  it("is the stage that lost them where their cluster was probed", () => {
    expect(lossTexts([lost(1, "code")])).toEqual(["lost to the code"]);
    expect(lossTexts([lost(1, "refine"), lost(2, "refine")])).toEqual(["lost to the re-ranking"]);
    expect(lossTexts([lost(1, "limit")])).toEqual(["the search stopped before it"]);
    expect(lossTexts([lost(1, "limit"), lost(1, "limit")])).toEqual(["the search stopped before them"]);
  });

  it("is the code, where no nprobe brings back what is not probed either", () => {
    const coded = [lost(1, "code"), lost(2, "code")];
    expect(lossTexts([...coded, lost(5, "both"), lost(6, "both")])).toEqual([
      "lost to the code (2 of them also not probed)",
    ]);
    expect(lossTexts([lost(5, "both")])).toEqual(["lost to the code (also not probed)"]);
    expect(lossTexts([lost(5), lost(6, "both")])).toEqual([
      "1 in the cluster ranked 5",
      "1 lost to the code (also not probed)",
    ]);
  });

  it("is counted by cause where there are several", () => {
    const all = [lost(6), lost(9), lost(1, "code"), lost(1, "limit"), lost(3, "refine"), lost(3, "code")];
    expect(lossTexts(all)).toEqual([
      "2 in clusters ranked 6 and 9",
      "1 the search stopped before it",
      "2 lost to the code",
      "1 lost to the re-ranking",
    ]);
  });
});
