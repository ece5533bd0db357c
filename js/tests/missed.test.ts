import { describe, expect, it } from "vitest";
import { rowKeys } from "../src/controls/rowKeys";
import { foundFrom, nprobeNeeded } from "../src/model/truth";
import { stepSentence } from "../src/panels/StepCaption";
import { rowDistance, rowLoss, rowVerdict } from "../src/state/rowTexts";
import { answerOf, candidatesOf, coarseOf, doneOf, explorationOf, neighboursOf } from "./support";

describe("a missed neighbour, by the original vectors", () => {
  /** Clusters 0 to 3 are ranked 1 to 4; row i of cluster c is 10 c + i away by its code. */
  function missedOf(nprobe: number, changes: Parameters<typeof explorationOf>[1] = {}) {
    const { summary, transport, settings, exploration } = explorationOf(undefined, {
      given: true,
      exact: false,
      trueDistance: "distance by the original vectors",
      ...changes,
    });
    settings.nprobe.value = nprobe;
    for (const message of answerOf(summary)) transport.say(message);
    const never = summary.nlist + 1;
    transport.say(
      neighboursOf([
        [2, 0.5, 1, never, never, never],
        [1, 0.75, 1, 1, never, never],
        [8, 1.5, 4, 4, 4, never],
      ]),
    );
    return { exploration, missed: exploration.missed.value };
  }

  it("is lost to the code where its cluster is probed, and both of its distances are named", () => {
    const { exploration, missed } = missedOf(1);
    expect(rowLoss(exploration, missed[0])).toBe("its cluster was probed: lost to the code");
    expect(rowDistance(exploration, missed[0])).toBe(
      "distance by the original vectors 0.5000, by its code 2.000",
    );
    expect(rowLoss(exploration, missed[1])).toBe("its cluster was probed: lost to re-ranking");
  });

  it("in a cluster that is not probed is lost to the code where no nprobe returns it", () => {
    const { summary, transport, settings, exploration } = explorationOf(undefined, {
      given: true,
      exact: false,
    });
    settings.nprobe.value = 1;
    settings.k.value = 2;
    for (const message of answerOf(summary)) transport.say(message);
    const never = summary.nlist + 1;
    const hopeless = [8, 0.5, 4, never, never, never] as const;
    transport.say(neighboursOf([[...hopeless], [5, 1.5, 2, 3, 3, never]], { k: 2, count: 2 }));
    expect(exploration.missed.value.map(({ lostTo }) => lostTo)).toEqual(["both", "coarse"]);
    expect(rowLoss(exploration, exploration.missed.value[0])).toBe(
      "lost to the code at any nprobe; its cluster was not probed either",
    );
  });

  it("is not said to be found from an nprobe that only probes its cluster", () => {
    const { exploration, missed } = missedOf(1);
    expect(rowLoss(exploration, missed[2])).toBe("not probed: found from nprobe 4");
    const unknown = { ...missed[2], fate: { compared: 4, handed: 5, from: 5, until: 5 } };
    expect(rowLoss(exploration, unknown)).toBe("not probed: its cluster is probed from nprobe 4");
  });

  it("is named by its true distance alone where its code has not come", () => {
    const { exploration, missed } = missedOf(1);
    const elsewhere = { ...missed[2], codeDistance: null };
    expect(rowDistance(exploration, elsewhere)).toBe("distance by the original vectors 1.500");
  });

  it("gets the distance by its code when the candidates that hold it come", () => {
    const { exploration, transport, summary, settings } = explorationOf(undefined, {
      given: true,
      exact: false,
    });
    settings.k.value = 1;
    const kept = candidatesOf(summary, 1, 4, { kind: "nearest" });
    // Of the first cluster, row 2 is left out: two others are nearer by their codes.
    const few = (from: typeof kept.ids | typeof kept.distances) => from.filter((_, i) => i !== 2);
    transport.say(
      coarseOf(summary),
      {
        ...kept,
        counts: Int32Array.of(2, 4, 0, 5),
        ids: few(kept.ids) as typeof kept.ids,
        distances: few(kept.distances) as typeof kept.distances,
      },
      doneOf(),
      neighboursOf([[2, 0.5, 1, 5, 5, 5]], { k: 1, count: 1 }),
    );
    expect(exploration.missed.value[0]).toMatchObject({ lostTo: "code", codeDistance: null });
    exploration.needCandidates();
    const { request } = transport.last("candidates");
    transport.say(candidatesOf(summary, 1, 1, { request }));
    expect(exploration.missed.value[0].codeDistance).toBe(2);
  });

  it("whose cluster is switched off is not blamed on nprobe", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    settings.nprobe.value = 2;
    for (const message of answerOf(summary)) transport.say(message);
    exploration.toggleProbed(0);
    const [first] = exploration.missed.value;
    expect(rowLoss(exploration, first)).toBe("not probed: its cluster is switched off");
    expect(rowDistance(exploration, first)).toBe("squared L2 distance 0");
  });

  it("whose cluster is switched off stays so at an nprobe below its rank", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    settings.nprobe.value = 2;
    settings.k.value = 7;
    for (const message of answerOf(summary)) transport.say(message);
    exploration.toggleProbed(1);
    settings.nprobe.value = 1;
    const rows = exploration.missed.value.filter(({ cluster }) => cluster === 1);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.lostTo).toBe("off");
      expect(rowLoss(exploration, row)).toBe("not probed: its cluster is switched off");
    }
  });

  it("that ties for the last place is not lost to the code while another one is found", () => {
    const { exploration, transport, summary, settings } = explorationOf(undefined, {
      given: true,
      exact: false,
    });
    settings.nprobe.value = 1;
    settings.k.value = 2;
    const never = summary.nlist + 1;
    for (const message of answerOf(summary)) transport.say(message);
    const ofTies = (second: number) =>
      neighboursOf(
        [
          [0, 0.5, 1, 1, 1, never],
          [3, 2, 2, 2, never, never],
          [4, 2, 2, 2, second, never],
        ],
        { k: 2, count: 2 },
      );
    transport.say(ofTies(2));
    expect(exploration.missed.value.map(({ lostTo }) => lostTo)).toEqual(["coarse"]);
    transport.say(ofTies(never));
    expect(exploration.missed.value.map(({ lostTo }) => lostTo)).toEqual(["both"]);
  });
});

describe("a neighbour in a cluster that an approximate coarse search passes over", () => {
  /** Cluster 2 comes second by distance and third in the ranking, of which two are probed. */
  const passedOver = (changes: Parameters<typeof explorationOf>[1] = {}) => {
    const { exploration, transport, summary, settings } = explorationOf([3, 4, 2, 5], {
      coarseExact: false,
      replayable: true,
      steady: false,
      ...changes,
    });
    settings.nprobe.value = 2;
    settings.k.value = 9;
    transport.say(
      coarseOf(summary, { nprobe: 2, distances: Float32Array.of(0, 20, 10, 30) }),
      candidatesOf(summary, 1, 4, { kind: "nearest" }),
      doneOf(),
    );
    return exploration;
  };

  it("is said to be ranked wrongly, with both ranks", () => {
    const exploration = passedOver();
    const [row] = exploration.missed.value;
    expect([row.lostTo, row.clusterRank, row.nearestRank]).toEqual(["ranking", 3, 2]);
    expect(rowLoss(exploration, row)).toBe(
      "wrongly ranked: its cluster is the 2nd nearest, but the coarse quantizer ranks it 3rd",
    );
    const verdict = { kind: "verdict", request: "v", serial: 1, position: 8 } as const;
    expect(rowVerdict(exploration, { ...verdict, ...row, rank: row.clusterRank })).toMatch(
      /although it is the 2nd nearest: the coarse quantizer ranks it wrongly\.$/,
    );
  });

  it("is not said to be where the distances are no distances to the centroids, or the ranking is exact", () => {
    for (const changes of [{ coarseMeasured: false }, { coarseExact: true }]) {
      expect(passedOver(changes).missed.value[0].lostTo).toBe("coarse");
    }
  });

  it("is not blamed on the quantizer where its cluster is farther than the probed ones", () => {
    const exploration = passedOver();
    exploration.settings.nprobe.value = 1;
    expect(exploration.missed.value.map(({ lostTo }) => lostTo)).not.toContain("ranking");
    const [row] = exploration.missed.value;
    expect(rowLoss(exploration, row)).toBe("not probed: its cluster ranks 2nd");
  });
});

describe("an approximate ranking with centroids at the same distance", () => {
  const tied = (coarseExact: boolean) => {
    const { exploration, transport, summary, settings } = explorationOf([3, 4, 2, 5], {
      coarseExact,
      steady: true,
    });
    settings.nprobe.value = 1;
    settings.k.value = 9;
    transport.say(
      coarseOf(summary, { nprobe: 1, distances: Float32Array.of(0, 10, 20, 20) }),
      candidatesOf(summary, 1, 4, { kind: "nearest" }),
      doneOf(),
    );
    return exploration;
  };

  it("tells of no other nprobe, and promises none", () => {
    const exploration = tied(false);
    expect(exploration.isSteady.value).toBe(false);
    expect(exploration.isOtherRanking.value).toBe(false);
    expect(rowLoss(exploration, exploration.missed.value[0])).toBe("not probed: its cluster ranks 2nd");
    exploration.settings.nprobe.value = 2;
    expect(exploration.isOtherRanking.value).toBe(true);
  });

  it("does where the coarse search is exact, up to the ones that tie for the last place", () => {
    const exploration = tied(true);
    expect(exploration.isSteady.value).toBe(true);
    exploration.settings.nprobe.value = 2;
    expect(exploration.isOtherRanking.value).toBe(false);
    exploration.settings.nprobe.value = 3;
    expect(exploration.isOtherRanking.value).toBe(true);
  });
});

describe("a neighbour in a cluster that the coarse search never comes to", () => {
  const unreached = () => {
    const { exploration, transport, summary, settings } = explorationOf([3, 4, 2, 5], {
      coarseExact: false,
      steady: true,
    });
    settings.nprobe.value = 4;
    settings.k.value = 9;
    transport.say(
      coarseOf(summary, { nprobe: 4, reach: 2 }),
      candidatesOf(summary, 1, 4, { kind: "nearest" }),
      doneOf(),
    );
    return exploration;
  };

  it("is missed at every nprobe, and no nprobe is said to find it", () => {
    const exploration = unreached();
    expect(exploration.probe.value.count).toBe(2);
    expect(exploration.foundInEnd.value).toBe(7);
    const { missed, truth } = exploration;
    expect(missed.value).toHaveLength(2);
    expect(truth.value?.foundAt).toEqual([1, 1, 1, 2, 2, 2, 2]);
    expect(truth.value && nprobeNeeded(truth.value)).toBeNull();
    for (const row of missed.value) {
      expect(foundFrom(row, exploration.summary.value)).toBeNull();
      expect(rowLoss(exploration, row)).toBe("never probed: the coarse search does not come to its cluster");
    }
  });

  it("is told apart from one behind the limit of a cluster that is not probed yet", () => {
    const { exploration, transport, summary } = explorationOf([3, 4, 2, 5], { given: true, exact: false });
    for (const message of answerOf(summary)) transport.say(message);
    const never = summary.nlist + 1;
    // The original vectors are known: no nprobe compares this row, although its cluster is ranked and reached.
    transport.say(
      neighboursOf([[8, 1.5, 4, never, never, never]], {
        k: 1,
        count: 1,
        compared_from: Int32Array.of(never),
      }),
    );
    exploration.settings.k.value = 1;
    const [row] = exploration.missed.value;
    expect(row.lostTo).toBe("coarse");
    expect(rowLoss(exploration, row)).toBe("not probed: its cluster is probed from nprobe 4");
  });

  it("is said so on its card too", () => {
    const exploration = unreached();
    const [row] = exploration.missed.value;
    const verdict = { kind: "verdict", request: "v", serial: 1, position: 8 } as const;
    expect(rowVerdict(exploration, { ...verdict, ...row, rank: row.clusterRank })).toMatch(
      /and is never probed: the coarse search does not come to it\.$/,
    );
  });

  it("is told apart from one that is not probed yet", () => {
    const exploration = unreached();
    exploration.settings.nprobe.value = 1;
    const words = exploration.missed.value.map((row) => [row.clusterRank, rowLoss(exploration, row)]);
    expect(words.filter(([rank]) => rank === 2)[0][1]).toBe("not probed: found from nprobe 2");
    expect(words.filter(([rank]) => rank === 3)[0][1]).toBe(
      "never probed: the coarse search does not come to its cluster",
    );
  });
});

describe("the coarse step", () => {
  const sentenceOf = (coarseExact: boolean) => {
    const { exploration, transport, summary } = explorationOf(undefined, { coarseExact });
    for (const message of answerOf(summary)) transport.say(message);
    return stepSentence(exploration, 1);
  };

  it("ranks all centroids by an exact quantizer, and is not said to by an approximate one", () => {
    expect(sentenceOf(true)).toBe("Coarse search: 4 centroids ranked by distance to the query");
    expect(sentenceOf(false)).toBe("Coarse search: an approximate search ranks 4 clusters");
  });
});

describe("the last step", () => {
  it("of a search that re-ranks names its second pass, the one before names the last cluster", () => {
    const { exploration, transport, summary, settings } = explorationOf(undefined, {
      refinedDistance: "distance",
    });
    settings.nprobe.value = 2;
    for (const message of answerOf(summary)) transport.say(message);
    expect(exploration.player.now).toBe(4);
    expect(stepSentence(exploration, 4)).toBe("Re-ranking: the best of the first pass are compared again");
    expect(stepSentence(exploration, 3)).toMatch(
      /^Fine search: cluster 1, 2nd of 2, 4 vectors compared.*next$/,
    );
  });
});

describe("keys of a list", () => {
  it("differ for rows that share an id", () => {
    expect(rowKeys([7n, 8n, 7n, 7n])).toEqual(["7", "8", "7/1", "7/2"]);
  });
});
