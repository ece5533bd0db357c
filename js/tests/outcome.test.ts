import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Summary } from "../src/model/summary";
import { nprobeNeeded } from "../src/model/truth";
import type { FaissResults, Message } from "../src/protocol/messages";
import { rowLoss, rowVerdict as verdictText } from "../src/state/rowTexts";
import { randomOf } from "./random";
import {
  answerOf,
  candidatesOf,
  coarseOf,
  doneOf,
  explorationOf,
  mapOf,
  neighboursOf,
  outcomeOf,
} from "./support";

const SIZES = [4, 4, 0, 5];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An exploration whose search has been answered, and what Faiss is said to return where that is said. */
function answered(changes: Partial<Summary>, outcome?: readonly number[], more: Partial<FaissResults> = {}) {
  const all = explorationOf(SIZES, changes);
  all.transport.say(...answerOf(all.summary));
  if (outcome !== undefined) all.transport.say(outcomeOf(all.summary, outcome, more));
  const ids = () => all.exploration.results.value.map(({ id }) => Number(id));
  const rest = () => vi.advanceTimersByTime(500);
  return { ...all, ids, rest };
}

describe("an index whose results are the best of its candidates", () => {
  it("asks for nothing when nprobe and k change", () => {
    const { exploration, transport, settings, rest, ids } = answered({});
    const asked = transport.requests.length;
    settings.nprobe.value = 4;
    settings.k.value = 5;
    rest();
    expect(exploration.estimated.value).toBe(false);
    expect(ids()).toEqual([0, 1, 2, 3, 4]);
    expect(transport.requests).toHaveLength(asked);
  });
});

describe("an index where Faiss may return others", () => {
  const rounded = { replayable: false, exact: false, distance: "estimated squared L2 distance" };

  it("shows what the kernel says", () => {
    const { exploration, ids } = answered(rounded, [2, 0, 1]);
    expect(ids()).toEqual([2, 0, 1]);
    expect(exploration.results.value.map(({ cluster }) => cluster)).toEqual([0, 0, 0]);
    expect(exploration.estimated.value).toBe(false);
  });

  it("says that the best of the candidates are an estimate, and asks once nprobe rests", () => {
    const { exploration, transport, settings, rest, ids, summary } = answered(rounded, [2, 0, 1]);
    settings.nprobe.value = 2;
    expect(exploration.estimated.value).toBe(true);
    expect(ids()).toEqual([0, 1, 2]);
    expect(transport.all("results")).toHaveLength(0);
    settings.nprobe.value = 4;
    rest();
    expect(transport.all("results")).toMatchObject([{ serial: 1, nprobe: 4, k: 3 }]);
    const { request } = transport.last("results");
    transport.say(outcomeOf(summary, [5, 0, 9], { request, nprobe: 4 }));
    expect(ids()).toEqual([5, 0, 9]);
    expect(exploration.results.value.map(({ cluster }) => cluster)).toEqual([1, 0, 3]);
    expect(exploration.estimated.value).toBe(false);
    rest();
    expect(transport.all("results")).toHaveLength(1);
  });

  it("passes over what it is told of another nprobe, k or search", () => {
    for (const change of [{ nprobe: 2 }, { k: 2 }, { serial: 0 }]) {
      const { exploration, ids } = answered(rounded, [2, 0, 1], change);
      expect(ids()).toEqual([0, 1, 2]);
      expect(exploration.estimated.value).toBe(true);
    }
  });

  it("counts as found what comes back, not what is in a probed cluster", () => {
    const { exploration } = answered(rounded, [0, 1, 3]);
    expect(exploration.found.value).toBe(2);
    expect(exploration.missed.value.map(({ id, place }) => [Number(id), place])).toEqual([[2, 3]]);
  });

  it("does not find a neighbour by a row of another cluster that has its id", () => {
    const { exploration, transport, settings, summary } = explorationOf(SIZES, rounded);
    settings.nprobe.value = 2;
    const others = candidatesOf(summary, 2, 4, { kind: "nearest" });
    others.ids[0] = 2n;
    transport.say(coarseOf(summary, { nprobe: 2 }), candidatesOf(summary, 1, 1), others, doneOf());
    transport.say(outcomeOf(summary, [0, 1, 2], { nprobe: 2, rank_of: Int32Array.of(1, 1, 2) }));
    expect(exploration.found.value).toBe(2);
    expect(exploration.missed.value).toMatchObject([{ id: 2n, clusterRank: 1 }]);
  });

  it("finds no neighbours for certain until its results arrive, and by hand among the candidates", () => {
    const { exploration, settings, transport, summary } = answered(rounded, [0, 1, 3]);
    expect(exploration.foundAmong.value).toBe("results");
    settings.nprobe.value = 2;
    expect(exploration.foundAmong.value).toBeNull();
    exploration.toggleProbed(3);
    expect(exploration.foundAmong.value).toBe("candidates");
    exploration.toggleProbed(3);
    transport.say(outcomeOf(summary, [0, 1, 2], { nprobe: 2 }));
    expect(exploration.foundAmong.value).toBe("results");
  });

  it("is not said to lose a neighbour to a code where vectors are stored whole: its search stops early", () => {
    const { exploration } = answered({ replayable: false }, [0, 1, 3]);
    const [missed] = exploration.missed.value;
    expect(missed).toMatchObject({ id: 2n, lostTo: "limit" });
    expect(rowLoss(exploration, missed)).toBe("its cluster was probed, but not to its end");
  });

  it("says what goes wrong when it asks, and does not ask again by itself", () => {
    const { exploration, transport, settings, rest } = answered(rounded, [2, 0, 1]);
    settings.nprobe.value = 2;
    rest();
    const { request } = transport.last("results");
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    expect(exploration.failure.value).toBe("no");
    rest();
    expect(transport.all("results")).toHaveLength(1);
    expect(exploration.estimated.value).toBe(true);
  });

  it("asks again for an answer that is lost, ever more rarely", () => {
    const { exploration, transport, settings, summary } = answered(rounded, [2, 0, 1]);
    settings.nprobe.value = 2;
    const asked = [1000, 10_000, 20_000, 20_000, 20_000].map((milliseconds) => {
      vi.advanceTimersByTime(milliseconds);
      return transport.all("results").length;
    });
    expect(asked).toEqual([1, 2, 3, 3, 4]);
    transport.say(outcomeOf(summary, [5, 0, 9], { nprobe: 2, request: transport.last("results").request }));
    expect(exploration.estimated.value).toBe(false);
    vi.advanceTimersByTime(1_000_000);
    expect(transport.all("results")).toHaveLength(4);
  });

  it("says nothing where a newer search has begun before it asked", () => {
    const { exploration, transport, settings, rest } = answered(rounded, [2, 0, 1]);
    settings.nprobe.value = 2;
    rest();
    const { request } = transport.last("results");
    transport.say({ kind: "error", request, code: "superseded", message: "over" });
    expect(exploration.failure.value).toBe(null);
    expect(exploration.status.value).toBe("done");
  });

  it("asks for nothing while the player shows a part of the search, or clusters are switched by hand", () => {
    const { exploration, transport, rest } = answered(rounded);
    exploration.player.seek(1);
    rest();
    expect(transport.all("results")).toHaveLength(0);
    exploration.player.finish();
    exploration.toggleProbed(1);
    rest();
    expect(exploration.estimated.value).toBe(true);
    expect(transport.all("results")).toHaveLength(0);
    exploration.toggleProbed(1);
    rest();
    expect(transport.all("results")).toHaveLength(1);
  });
});

describe("an index whose ids say nothing of the order of ties", () => {
  it("asks where some results are as far as each other, and else does not", () => {
    const { exploration, transport, summary, settings, rest } = answered({ renamed: true });
    rest();
    expect(exploration.estimated.value).toBe(false);
    expect(transport.all("results")).toHaveLength(0);
    settings.k.value = summary.kMax;
    rest();
    expect(transport.all("results")).toHaveLength(1);
  });
});

describe("an index whose coarse search ranks anew for every nprobe", () => {
  it("searches again once nprobe rests", () => {
    const { exploration, transport, settings, summary, rest } = answered({ steady: false });
    expect(exploration.estimated.value).toBe(false);
    const before = transport.all("search").length;
    settings.nprobe.value = 2;
    expect(exploration.estimated.value).toBe(true);
    rest();
    expect(transport.all("search").slice(before)).toMatchObject([{ query: { resume: true }, nprobe: 2 }]);
    const { request } = transport.last("search");
    transport.say(...answerOf(summary, { request, serial: 2, nprobe: 2 }));
    expect(exploration.estimated.value).toBe(false);
    rest();
    expect(transport.all("search")).toHaveLength(before + 1);
  });

  it("does so too where the last probed cluster and the next are as far", () => {
    const { exploration, transport, settings, summary, rest } = answered({});
    const distances = Float32Array.from([0, 10, 10, 30]);
    transport.say(...answerOf(summary, { serial: 2, distances }));
    settings.nprobe.value = 2;
    expect(exploration.estimated.value).toBe(true);
    settings.nprobe.value = 3;
    expect(exploration.estimated.value).toBe(false);
    rest();
    expect(transport.all("results")).toHaveLength(0);
  });
});

describe("an index that re-ranks", () => {
  const refining = {
    replayable: false,
    exact: false,
    refinedDistance: "squared L2 distance",
    unexplained: "it re-ranks",
    noCurve: "it re-ranks",
  };
  const handed = {
    first_k: 4,
    handed_over: BigInt64Array.from([0n, 1n, 2n, 3n]),
    first_pass: Float32Array.from([0, 1, 2, 3]),
    second_pass: Float32Array.from([2, 0, 9, 1]),
  };

  it("shows the first pass in a step of its own, and then where each result stood in it", () => {
    const { exploration, ids } = answered(refining, [1, 3, 0], handed);
    expect(exploration.results.value.map(({ before }) => before)).toEqual([2, 4, 1]);
    exploration.player.back();
    expect(exploration.step.value).toBe(2);
    expect(exploration.probed.value).toBe(1);
    expect(ids()).toEqual([0, 1, 2]);
    exploration.player.forward();
    expect(exploration.step.value).toBe(null);
    expect(ids()).toEqual([1, 3, 0]);
  });

  it("has no true neighbours to compare with", () => {
    const { exploration } = answered(refining, [1, 3, 0], handed);
    expect(exploration.truth.value).toBe(null);
    expect(exploration.missed.value).toEqual([]);
  });

  it("says of a row in which pass it was left behind", () => {
    const { exploration } = answered(refining, [1, 3, 0], handed);
    const say = (id: bigint, rank: number) =>
      verdictText(exploration, {
        kind: "verdict",
        request: "v",
        serial: 1,
        id,
        cluster: 0,
        rank,
        distance: 5,
        position: 4,
      });
    expect(say(2n, 1)).toMatch(/^3rd in the first pass, but re-ranked behind the results, at 9.000/);
    expect(say(7n, 1)).toMatch(/^Behind the best 4 of the first pass, at 5.000/);
    expect(say(7n, 3)).toBe("Its cluster ranks 3rd and was not probed.");
    expect(say(3n, 1)).toMatch(/^The 2nd result/);
  });
});

describe("an index whose vectors were given beside its codes", () => {
  const given = { exact: false, given: true };
  const never = SIZES.length + 1;
  /** The first is found, pushed out at nprobe 3; the second never; the third from nprobe 4 on. */
  const ROWS: Parameters<typeof neighboursOf>[0] = [
    [0, 0.1, 1, never, 1, 3],
    [5, 0.2, 2, never, never, never],
    [9, 0.3, 4, never, 4, never],
  ];

  it("asks for its true neighbours once all clusters have been compared, and for every k", () => {
    const { exploration, transport, settings, rest } = answered(given);
    expect(exploration.truth.value).toBe(null);
    rest();
    expect(transport.all("truth")).toMatchObject([{ serial: 1, nprobe: 1, k: 3 }]);
    transport.say(neighboursOf(ROWS));
    rest();
    settings.nprobe.value = 2;
    rest();
    expect(transport.all("truth")).toHaveLength(1);
    settings.k.value = 2;
    expect(exploration.truth.value).toBe(null);
    rest();
    expect(transport.all("truth").slice(1)).toMatchObject([{ serial: 1, nprobe: 2, k: 2 }]);
    expect(transport.all("results")).toHaveLength(0);
  });

  it("says at every nprobe what is found, and to what the others are lost", () => {
    const { exploration, transport, settings } = answered(given);
    transport.say(neighboursOf(ROWS));
    const seen = [1, 2, 3, 4].map((nprobe) => {
      settings.nprobe.value = nprobe;
      const lost = exploration.missed.value.map(({ lostTo }) => lostTo);
      return [exploration.found.value, ...lost];
    });
    expect(seen).toEqual([
      [1, "both", "coarse"],
      [1, "code", "coarse"],
      [0, "code", "code", "coarse"],
      [1, "code", "code"],
    ]);
    const truth = exploration.truth.value;
    expect(truth?.turns).toEqual([1, 3, 4]);
    expect(truth?.foundAt).toEqual([1]);
    expect(truth && nprobeNeeded(truth)).toBe(null);
  });

  it("says of a true neighbour that it is one, and where its code puts it", () => {
    const { exploration, transport, settings } = answered(given);
    transport.say(neighboursOf(ROWS));
    settings.nprobe.value = 2;
    const say = (id: bigint, position: number) =>
      verdictText(exploration, {
        kind: "verdict",
        request: "v",
        serial: 1,
        id,
        cluster: 1,
        rank: 2,
        distance: 12,
        position,
      });
    expect(say(5n, 6)).toMatch(
      /^The 2nd nearest by the original vectors\. Farther than .+: it is the 6th nearest of all by code\. Its cluster/,
    );
    expect(say(6n, 7)).toMatch(/^Farther than .+ it is the 7th nearest of all by code/);
  });

  it("counts any of those that are as far as the last", () => {
    const { exploration, transport, settings } = answered(given);
    const rows: typeof ROWS = [
      [0, 0.1, 1, 1, 1, never],
      [5, 0.2, 4, 4, 4, never],
      [6, 0.2, 2, 2, 2, never],
    ];
    transport.say(neighboursOf(rows, { count: 2, k: 3 }));
    settings.nprobe.value = 2;
    expect(exploration.found.value).toBe(2);
    expect(exploration.missed.value).toEqual([]);
    expect(exploration.truth.value?.foundAt).toEqual([1, 2]);
  });

  it("asks anew for every nprobe where it is told of one only", () => {
    const { exploration, transport, settings, rest, summary } = answered({
      ...given,
      replayable: false,
      refinedDistance: "squared L2 distance",
    });
    rest();
    transport.say(
      outcomeOf(summary, [0, 1, 2]),
      neighboursOf(
        [
          [0, 0.1, 1, 1, 1, never],
          [3, 0.2, 1, 1, never, never],
          [9, 0.3, 4, never, never, never],
        ],
        { nprobe: 1 },
      ),
    );
    const lost = exploration.missed.value.map(({ lostTo }) => lostTo);
    expect(lost).toEqual(["refine", "coarse"]);
    expect(exploration.truth.value?.turns).toEqual([]);
    settings.nprobe.value = 4;
    expect(exploration.truth.value).toBe(null);
    rest();
    expect(transport.last("truth")).toMatchObject({ nprobe: 4, k: 3 });
    expect(transport.last("results")).toMatchObject({ nprobe: 4, k: 3 });
  });

  it("knows no ledger of clusters chosen by hand", () => {
    const { exploration, transport, rest } = answered(given);
    transport.say(neighboursOf(ROWS));
    exploration.toggleProbed(1);
    expect(exploration.truth.value).toBe(null);
    rest();
    expect(transport.all("truth")).toHaveLength(0);
  });
});

describe("a very large index, of which only prefixes of the ranking are kept,", () => {
  /** Of clusters that hold 4, 4, 0 and 5 rows, 2 rows of the second were dropped, and all of the last. */
  function pruned() {
    const all = explorationOf(SIZES);
    const { summary, transport } = all;
    const rest = candidatesOf(summary, 2, 4, { kind: "nearest" });
    const kept = {
      counts: Int32Array.of(2, 0, 0),
      ids: rest.ids.slice(0, 2),
      distances: rest.distances.slice(0, 2),
    };
    const coarse = coarseOf(summary, { complete: false });
    transport.say(coarse, candidatesOf(summary, 1, 1), { ...rest, ...kept }, doneOf());
    const ids = () => all.exploration.results.value.map(({ id }) => Number(id));
    return { ...all, ids, settle: () => vi.advanceTimersByTime(500) };
  }

  it("asks for the clusters that are switched on by hand where a nearer one is left out", () => {
    const { exploration, transport, summary, ids, settle, settings } = pruned();
    expect(exploration.estimated.value).toBe(false);
    settings.k.value = 5;
    exploration.toggleProbed(1);
    settle();
    // With the nearest cluster before it, the kept candidates of the second suffice.
    expect(transport.all("clusters")).toHaveLength(0);
    exploration.toggleProbed(0);
    exploration.toggleProbed(3);
    expect(exploration.estimated.value).toBe(true);
    expect(ids()).toEqual([4, 5]);
    settle();
    expect(transport.all("clusters")).toMatchObject([{ serial: 1, ranks: [2, 4] }]);
    const { request } = transport.last("clusters");
    const answer = (rank: number) => candidatesOf(summary, rank, rank, { request, kind: "nearest" });
    transport.say(answer(2));
    settle();
    expect(transport.all("clusters")).toHaveLength(1);
    expect(exploration.estimated.value).toBe(true);
    transport.say(answer(4), doneOf(request));
    expect(ids()).toEqual([4, 5, 6, 7, 8]);
    expect(exploration.estimated.value).toBe(false);
    expect(exploration.status.value).toBe("done");
    settle();
    expect(transport.all("clusters")).toHaveLength(1);
  });

  it("asks for as many clusters at a time as the kernel accepts", () => {
    const { exploration, transport, summary, index, settle } = pruned();
    index.value = { ...summary, constants: { ...summary.constants, batchLimit: 1 } };
    exploration.toggleProbed(0);
    exploration.toggleProbed(1);
    exploration.toggleProbed(3);
    settle();
    expect(transport.all("clusters").map(({ ranks }) => ranks)).toEqual([[2]]);
    settle();
    const { request } = transport.last("clusters");
    transport.say(candidatesOf(summary, 2, 2, { request, kind: "nearest" }), doneOf(request));
    settle();
    expect(transport.all("clusters").map(({ ranks }) => ranks)).toEqual([[2], [4]]);
  });

  it("asks again for clusters whose answer is lost, or whose kernel goes and comes back", () => {
    const { exploration, transport, summary, settle } = pruned();
    exploration.toggleProbed(0);
    exploration.toggleProbed(3);
    settle();
    expect(transport.all("clusters")).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(transport.all("clusters")).toHaveLength(2);
    transport.lose();
    transport.say(mapOf(summary.sizes));
    settle();
    expect(transport.all("clusters")).toHaveLength(3);
    expect(transport.last("clusters").ranks).toEqual([4]);
  });

  it("asks once for clusters that are refused, and says why", () => {
    const { exploration, transport, settle } = pruned();
    exploration.toggleProbed(0);
    exploration.toggleProbed(3);
    settle();
    const { request } = transport.last("clusters");
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    expect(exploration.failure.value).toBe("no");
    exploration.dismiss();
    settle();
    expect(transport.all("clusters")).toHaveLength(1);
    expect(exploration.estimated.value).toBe(true);
    exploration.toggleProbed(3);
    exploration.toggleProbed(1);
    settle();
    expect(transport.all("clusters").map(({ ranks }) => ranks)).toEqual([[4], [2]]);
  });

  it("asks for nothing where the player stands before the clusters in question", () => {
    const { exploration, transport, settle } = pruned();
    exploration.toggleProbed(0);
    exploration.toggleProbed(3);
    exploration.player.seek(1);
    settle();
    expect(transport.all("clusters")).toHaveLength(0);
  });
});

describe("an index that has changed since the search", () => {
  it("says so until it is searched again, and completes the old answer no more", () => {
    const { exploration, transport, summary, index, settings, rest } = answered({ replayable: false });
    expect(exploration.isOutdated.value).toBe(false);
    const sizes = Int32Array.of(4, 4, 7, 5);
    index.value = { ...summary, sizes, ntotal: 20, indexVersion: 1 };
    expect(exploration.isOutdated.value).toBe(true);
    const asked = transport.requests.length;
    settings.nprobe.value = 4;
    exploration.needCandidates();
    rest();
    expect(transport.requests).toHaveLength(asked);
    exploration.ask({ resume: true });
    const { request } = transport.last("search");
    const now = { ...summary, sizes };
    transport.say(...answerOf(now, { request, serial: 2, nprobe: 4, index_version: 1 }));
    expect(exploration.isOutdated.value).toBe(false);
    expect(exploration.search.value?.upTo[4]).toBe(20);
  });

  it("shows an answer that comes before its summary once that is here, with the sizes of the new index", () => {
    const { exploration, transport, summary, index, settings, rest } = answered({ replayable: false });
    const sizes = Int32Array.of(4, 4, 7, 5);
    const now = { ...summary, sizes, ntotal: 20, indexVersion: 1 };
    transport.say(...answerOf(now, { serial: 2, index_version: 1 }));
    expect(exploration.search.value?.serial).toBe(1);
    index.value = now;
    expect(exploration.isOutdated.value).toBe(false);
    expect(exploration.search.value).toMatchObject({ serial: 2, received: 4, sizes });
    expect(exploration.status.value).toBe("done");
    settings.nprobe.value = 4;
    rest();
    expect(transport.last("results")).toMatchObject({ serial: 2, nprobe: 4 });
  });

  it("has its map drawn anew", () => {
    const { exploration, transport, summary, index } = answered({});
    transport.say(mapOf(SIZES));
    const before = exploration.map.value;
    transport.say(mapOf(SIZES));
    expect(exploration.map.value).toBe(before);
    index.value = { ...summary, indexVersion: 1 };
    expect(transport.all("map")).toHaveLength(2);
    transport.say(mapOf([4, 4, 7, 5]));
    expect(exploration.map.value).not.toBe(before);
    expect(exploration.map.value?.cells.inradii[2]).toBeGreaterThan(0);
  });
});

describe("a true neighbour that the code loses", () => {
  const given = { exact: false, given: true };
  const never = SIZES.length + 1;

  it("is no candidate of an unprobed cluster, and has both distances", () => {
    const { exploration, transport, settings } = answered(given);
    const rows: Parameters<typeof neighboursOf>[0] = [
      [0, 0.1, 1, never, 1, never],
      [5, 0.2, 2, never, never, never],
      [9, 0.3, 4, never, 4, never],
    ];
    transport.say(neighboursOf(rows));
    settings.nprobe.value = 2;
    const lost = exploration.missed.value.map((row) => [row.lostTo, row.distance, row.codeDistance]);
    expect(lost).toEqual([
      ["code", Math.fround(0.2), 11],
      ["coarse", Math.fround(0.3), 31],
    ]);
    const { missed } = exploration;
    const texts = missed.value.map((row) => rowLoss(exploration, row));
    expect(texts).toEqual(["its cluster was probed: lost to the code", "not probed: found from nprobe 4"]);
  });

  it("in an unprobed cluster, is said to be lost to it at any nprobe where none returns it", () => {
    const { exploration, transport } = answered(given);
    transport.say(neighboursOf([[5, 0.2, 2, never, never, never]], { count: 1 }));
    expect(exploration.missed.value.map((row) => rowLoss(exploration, row))).toEqual([
      "lost to the code at any nprobe; its cluster was not probed either",
    ]);
    // Of one nprobe alone, nothing is known of the others.
    transport.say(neighboursOf([[5, 0.2, 2, never, never, never]], { count: 1, nprobe: 1 }));
    expect(exploration.missed.value.map((row) => rowLoss(exploration, row))).toEqual([
      "not probed: its cluster is probed from nprobe 2",
    ]);
  });
});

/**
 * A kernel that answers late, in its own time: the newest search supersedes the older ones, of which some messages may
 * have been sent, and some answers are lost.
 */
class LateKernel {
  readonly #all: ReturnType<typeof explorationOf>;
  readonly #dice: () => number;
  #answered = 0;
  #serial = 0;
  #cut: Message[] = [];

  constructor(all: ReturnType<typeof explorationOf>, dice: () => number) {
    this.#all = all;
    this.#dice = dice;
  }

  get isIdle(): boolean {
    return this.#cut.length === 0 && this.#answered === this.#all.transport.requests.length;
  }

  /** Send what is left of a search, or answer the next request. */
  step(): void {
    const { transport, summary } = this.#all;
    const next = transport.requests[this.#answered];
    if (this.#cut.length > 0 && (next?.kind !== "search" || this.#dice() < 0.5)) {
      transport.say(this.#cut.shift() as Message);
      return;
    }
    if (next === undefined) return;
    this.#answered++;
    const { request } = next;
    if (next.kind === "search" && !(this.#serial === 0 && "resume" in next.query && this.#answered < 4)) {
      this.#cut = [];
      const serial = ++this.#serial;
      const { nprobe, k } = next;
      const [coarse, fine, ...rest] = answerOf(summary, { request, serial, nprobe, k });
      const results = outcomeOf(summary, [nprobe, k], { request, serial, nprobe, k });
      this.#cut = [coarse, fine, results, ...rest];
    } else if (next.kind === "results") {
      const { serial, nprobe, k } = next;
      if (this.#dice() < 0.2) return;
      if (serial === this.#serial) {
        transport.say(outcomeOf(summary, [nprobe, k], { request, serial, nprobe, k }));
      } else transport.say({ kind: "error", request, code: "superseded", message: "over" });
    }
  }
}

it.each([true, false])(
  "whatever the order of drags and answers, Faiss's own results stand at the end: steady %s",
  (steady) => {
    for (let seed = 0; seed < 80; seed++) {
      const dice = randomOf(seed);
      const all = explorationOf(SIZES, { replayable: false, steady });
      const { exploration, settings, abort } = all;
      const kernel = new LateKernel(all, dice);
      exploration.ask({ random: true });
      for (let i = 0; i < 60; i++) {
        const die = dice();
        if (die < 0.15) settings.nprobe.value = 1 + Math.floor(4 * dice());
        else if (die < 0.25) settings.k.value = 1 + Math.floor(4 * dice());
        else if (die < 0.28) exploration.ask({ random: true });
        else if (die < 0.7) kernel.step();
        else vi.advanceTimersByTime(400 * dice());
      }
      for (let i = 0; i < 60 || !kernel.isIdle; i++) {
        kernel.step();
        vi.advanceTimersByTime(i < 40 ? 200 : 20_000);
      }
      const shown = [exploration.estimated.value, ...exploration.results.value.map(({ id }) => Number(id))];
      expect(shown, `seed ${seed}`).toEqual([false, settings.nprobe.value, settings.k.value]);
      expect(exploration.status.value, `seed ${seed}`).toBe("done");
      abort.abort();
    }
  },
);
