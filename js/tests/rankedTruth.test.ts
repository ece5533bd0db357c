import { describe, expect, it } from "vitest";
import { nearest } from "../src/model/probe";
import { placedResults, type RankedTruth, rankedTruth } from "../src/model/rankedTruth";
import { type Result, resultsAt } from "../src/model/results";
import { Search } from "../src/model/search";
import { type Row as AnyRow, inside, missedBy, type Truth, truthOf } from "../src/model/truth";
import { candidatesOf, coarseOf, explorationOf, outcomeOf, summaryOf } from "./support";

type Row = readonly [id: number, rank: number, distance: number];

function resultOf([id, clusterRank, distance]: Row): Result {
  return { id: BigInt(id), clusterRank, distance, cluster: clusterRank - 1 };
}

/** The k nearest of rows that are given nearest first. */
function truthAmong(rows: readonly Row[], k: number): Truth {
  const all = rows.map(resultOf);
  const neighbours = all.slice(0, k);
  const last = neighbours[k - 1].distance;
  const tied = all.filter(({ distance }) => distance === last);
  const better = neighbours.filter(({ distance }) => distance !== last).length;
  return { neighbours, better, tied, foundAt: [], turns: [] };
}

interface Told {
  readonly nprobe?: number;
  readonly isPartial?: boolean;
  readonly isGuess?: boolean;
  readonly further?: readonly Row[];
}

function ranked(truth: Truth, results: readonly Row[], told: Told = {}): RankedTruth {
  const { nprobe = 1, isPartial = false, isGuess = false, further = [] } = told;
  const probe = nearest(nprobe);
  const missed = isPartial
    ? []
    : missedBy(truth, inside(probe), probe, summaryOf([9, 9, 9])).map((row) => ({
        ...row,
        codeDistance: row.distance,
        nearestRank: row.clusterRank,
      }));
  return rankedTruth(truth, results.map(resultOf), missed, isPartial, isGuess, further.map(resultOf));
}

const states = ({ neighbours }: RankedTruth) =>
  neighbours.map(({ id, place, state }) => `${place}: ${id} ${state}`);
const intruders = (told: RankedTruth) => told.intruders.map(({ id, place }) => `${id} at ${place}`);

describe("the true neighbours in order", () => {
  const rows: readonly Row[] = [
    [1, 1, 1],
    [2, 3, 2],
    [3, 1, 3],
    [4, 2, 4],
    [5, 1, 5],
    [6, 1, 6],
  ];

  it("have missed ones in their place, and the results that came instead at their true place", () => {
    const told = ranked(truthAmong(rows, 4), [rows[0], rows[2], rows[4], rows[5]], { further: rows });
    expect(states(told)).toEqual(["1: 1 found", "2: 2 missed", "3: 3 found", "4: 4 missed"]);
    expect(told.neighbours.map(({ missed }) => missed?.lostTo ?? null)).toEqual([
      null,
      "coarse",
      null,
      "coarse",
    ]);
    expect(intruders(told)).toEqual(["5 at 5", "6 at 6"]);
  });

  it("have no place for an intruder that is beyond what is known", () => {
    const told = ranked(truthAmong(rows, 4), [rows[0], rows[2], rows[4], rows[5]], {
      further: rows.slice(0, 5),
    });
    expect(intruders(told)).toEqual(["5 at 5", "6 at null"]);
  });

  it("are all found, without intruders, where every cluster is probed", () => {
    const told = ranked(truthAmong(rows, 4), rows.slice(0, 4), { nprobe: 3, further: rows });
    expect(states(told)).toEqual(["1: 1 found", "2: 2 found", "3: 3 found", "4: 4 found"]);
    expect(told.intruders).toEqual([]);
  });

  it("are pending at a player's step until they are compared, and none is missed", () => {
    const told = ranked(truthAmong(rows, 4), [rows[0], rows[2], rows[4]], { isPartial: true });
    expect(states(told)).toEqual(["1: 1 found", "2: 2 pending", "3: 3 found", "4: 4 pending"]);
    expect(intruders(told)).toEqual(["5 at null"]);
    const begun = ranked(truthAmong(rows, 4), [], { isPartial: true });
    expect(states(begun)).toEqual(["1: 1 pending", "2: 2 pending", "3: 3 pending", "4: 4 pending"]);
  });

  it("are not said to be found where Faiss may return others, but to be missed where they must be", () => {
    const told = ranked(truthAmong(rows, 4), [rows[0], rows[2], rows[4]], { isGuess: true });
    expect(states(told)).toEqual(["1: 1 pending", "2: 2 missed", "3: 3 pending", "4: 4 missed"]);
  });
});

describe("rows that tie for the last place", () => {
  /** Three at distance 5 and room for two of them. */
  const rows: readonly Row[] = [
    [1, 1, 1],
    [2, 2, 5],
    [3, 3, 5],
    [4, 1, 5],
  ];
  const truth = truthAmong(rows, 3);

  it("stand there where they came back, and are no intruders", () => {
    const told = ranked(truth, [rows[0], rows[3], rows[2]], { nprobe: 3 });
    expect(states(told)).toEqual(["1: 1 found", "2: 4 found", "3: 3 found"]);
    expect(told.intruders).toEqual([]);
  });

  it("leave as many places missed as lack", () => {
    const told = ranked(truth, [rows[0], rows[3]], { nprobe: 1 });
    expect(states(told)).toEqual(["1: 1 found", "2: 2 missed", "3: 4 found"]);
    expect(told.intruders).toEqual([]);
  });

  it("came instead where there is no room for them", () => {
    const few: readonly Row[] = [
      [9, 2, 1],
      [1, 1, 5],
      [2, 1, 5],
      [3, 1, 6],
    ];
    const told = ranked(truthAmong(few, 2), [few[1], few[2]], { further: few });
    expect(states(told)).toEqual(["1: 9 missed", "2: 1 found"]);
    expect(intruders(told)).toEqual(["2 at 3"]);
  });

  it("take no place of a nearer row", () => {
    const nearer: readonly Row[] = [[9, 2, 0], ...rows.slice(1)];
    const told = ranked(truthAmong(nearer, 2), [rows[3]], { nprobe: 1 });
    expect(states(told)).toEqual(["1: 9 missed", "2: 4 found"]);
  });

  it("are found one after the other while the search is played", () => {
    expect(states(ranked(truth, [rows[0], rows[3]], { isPartial: true }))).toEqual([
      "1: 1 found",
      "2: 4 found",
      "3: 3 pending",
    ]);
  });
});

describe("rows that share an id", () => {
  it("are told apart by the ranks of their clusters", () => {
    const rows: readonly Row[] = [
      [7, 1, 1],
      [7, 2, 2],
      [8, 1, 3],
    ];
    const told = ranked(truthAmong(rows, 2), [rows[0], rows[2]], { further: rows });
    expect(states(told)).toEqual(["1: 7 found", "2: 7 missed"]);
    expect(intruders(told)).toEqual(["8 at 3"]);
  });

  it("have a place each where one cluster stores them twice", () => {
    const rows: readonly Row[] = [
      [7, 1, 1],
      [2, 2, 2],
      [7, 1, 3],
      [8, 1, 4],
      [8, 1, 5],
    ];
    const results = [rows[0], rows[2], rows[3], rows[4]];
    const told = ranked(truthAmong(rows, 3), results, { further: rows });
    expect(states(told)).toEqual(["1: 7 found", "2: 2 missed", "3: 7 found"]);
    expect(intruders(told)).toEqual(["8 at 4", "8 at 5"]);
    expect(placedResults(results.map(resultOf), told).map(({ place }) => place)).toEqual([1, 3, 4, 5]);
  });
});

describe("the places of results", () => {
  it("are those among all vectors, and Infinity beyond what is known", () => {
    const rows: readonly Row[] = [
      [1, 2, 1],
      [2, 1, 2],
      [3, 1, 3],
      [4, 1, 4],
    ];
    const results = [rows[1], rows[2], rows[3]];
    const told = ranked(truthAmong(rows, 2), results, { further: rows.slice(0, 3) });
    const placed = placedResults(results.map(resultOf), told);
    expect(placed.map(({ id, place }) => [id, place])).toEqual([
      [2n, 2],
      [3n, 3],
      [4n, Infinity],
    ]);
  });
});

describe("whatever the search", () => {
  it("found and missed neighbours and intruders add up to the truth and to the results", () => {
    // Distances of few values, so that most places are tied.
    for (let seed = 1; seed <= 60; seed++) {
      let state = seed;
      const random = (below: number) => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      const sizes = Array.from({ length: 5 }, () => random(6));
      const summary = summaryOf(sizes);
      const search = new Search(coarseOf(summary), summary.sizes);
      const distances = Float32Array.from({ length: summary.ntotal }, () => random(4));
      search.add(candidatesOf(summary, 1, 5, { distances }));
      const k = 1 + random(8);
      const truth = truthOf(search, k, false);
      if (truth === null) throw new Error("not all clusters are here");
      for (let nprobe = 1; nprobe <= 5; nprobe++) {
        const probe = nearest(nprobe);
        const results = resultsAt(search, probe, k, false);
        const missed = missedBy(truth, inside(probe), probe, summary).map((row) => ({
          ...row,
          codeDistance: row.distance,
          nearestRank: row.clusterRank,
          isUnreached: false,
        }));
        const further = truthOf(search, 100, false)?.neighbours ?? [];
        const told = rankedTruth(truth, results, missed, false, false, further);
        const found = told.neighbours.filter(({ state: one }) => one === "found");
        expect(told.neighbours.map(({ distance }) => distance)).toEqual(
          truth.neighbours.map(({ distance }) => distance),
        );
        expect(told.neighbours.filter(({ state: one }) => one === "missed")).toHaveLength(missed.length);
        const key = (row: AnyRow) => `${row.clusterRank}/${row.id}`;
        // Every result stands once, in the strip or among the intruders.
        const shown = [...found.map(key), ...told.intruders.map(key)];
        expect(new Set(shown).size).toBe(shown.length);
        expect([...shown].sort()).toEqual(results.map(key).sort());
        const last = truth.neighbours.at(-1)?.distance ?? 0;
        for (const { distance, place } of told.intruders) {
          expect(distance).toBeGreaterThanOrEqual(last);
          expect(place).toBeGreaterThan(truth.neighbours.length);
        }
      }
    }
  });
});

describe("on the page", () => {
  it("a result of a second pass that is no true neighbour by the codes is an intruder", () => {
    const { exploration, transport, summary, settings } = explorationOf(undefined, {
      replayable: false,
      exact: false,
    });
    settings.nprobe.value = 2;
    transport.say(coarseOf(summary, { nprobe: 2 }), candidatesOf(summary, 1, 4));
    expect(exploration.inOrder.value?.neighbours.map(({ state }) => state)).toEqual([
      "pending",
      "pending",
      "pending",
    ]);
    transport.say(outcomeOf(summary, [1, 0, 4], { nprobe: 2 }));
    const told = exploration.inOrder.value;
    expect(told?.neighbours.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "0 found",
      "1 found",
      "2 missed",
    ]);
    expect(told?.intruders.map(({ id, place }) => [id, place])).toEqual([[4n, 5]]);
  });
});
