import { describe, expect, it } from "vitest";
import { canTell, fewestQueries, mostReached, nprobeFor, recallAt, toldShares } from "../src/model/decision";
import { bandNames, listed, placeOf, shareText } from "../src/model/workloadText";
import type { Workload } from "../src/protocol/messages";

const SHARES = [0.5, 0.95, 1];

function workloadOf(changes: Partial<Workload> = {}): Workload {
  return {
    kind: "workload",
    request: "r",
    k: 10,
    seed: 1,
    source: "sample",
    computed: 100,
    asked: 100,
    final: true,
    include_self: false,
    reason: null,
    shares: SHARES,
    nprobes: Int32Array.of(1, 2, 4, 8),
    recall: Float32Array.of(0.5, 0.75, 0.95, 1),
    // Half of the queries, 95 % of them, all of them.
    reached: Float32Array.of(0.6, 0.9, 1, 1, 0.2, 0.5, 0.8, 1, 0, 0, 0.5, 0.9),
    compared: Float32Array.of(0.125, 0.25, 0.5, 1),
    without_any: Float32Array.of(0.25, 0.125, 0, 0),
    apart: false,
    ...changes,
  };
}

it("the share of the queries that find none is read at an nprobe, or at the next smaller one evaluated", () => {
  expect([1, 2, 3, 8].map((nprobe) => recallAt(workloadOf(), nprobe).withoutAny)).toEqual([
    0.25, 0.125, 0.125, 0,
  ]);
});

describe("a share of the queries", () => {
  it("is told by as many as leave one out", () => {
    expect([0.5, 0.95, 0.99, 0.999].map(fewestQueries)).toEqual([2, 20, 100, 1000]);
    expect([19, 20].map((queries) => canTell(queries, 0.95))).toEqual([false, true]);
    expect([99, 100].map((queries) => canTell(queries, 0.99))).toEqual([false, true]);
    expect(canTell(1, 1)).toBe(true);
  });

  it("is left out of curves and tables where the queries are too few", () => {
    const few = workloadOf({ computed: 19 });
    expect(toldShares(few)).toEqual([
      { share: 0.5, place: 0 },
      { share: 1, place: 2 },
    ]);
    expect(recallAt(few, 4).reached).toEqual([1, 0.5]);
    expect(recallAt(workloadOf(), 4).reached).toHaveLength(3);
  });
});

describe("the nprobe that reaches a target", () => {
  it.each([
    [0.75, null, 2],
    [0.76, null, 4],
    [0.95, 0.5, 4],
    [0.9, 0.5, 2],
    [0.5, 0.95, 2],
    [0.81, 0.95, 8],
    [0.5, 1, 4],
    [0.9, 1, 8],
    [0.01, 1, 4],
    [0.95, 1, null],
    [1, null, 8],
  ])("recall %f for the share %s is %s", (recall, share, nprobe) => {
    expect(nprobeFor(workloadOf(), { recall, share })).toBe(nprobe);
  });

  it("is known beside the most that any reaches", () => {
    const { recall, nprobe } = mostReached(workloadOf(), { recall: 0.95, share: 1 });
    expect([Number(recall.toFixed(6)), nprobe]).toEqual([0.9, 8]);
    expect(mostReached(workloadOf(), { recall: 1, share: 0.5 })).toEqual({ recall: 1, nprobe: 4 });
  });

  it("is not put off by the rounding of a recall", () => {
    // 0.95 as float32 is less than 0.95.
    expect(
      nprobeFor(workloadOf({ recall: Float32Array.of(0.1, 0.2, 0.95, 1) }), { recall: 0.95, share: null }),
    ).toBe(4);
    const [share] = [0.9500000001];
    expect(nprobeFor(workloadOf(), { recall: share, share: null })).toBe(4);
  });

  it("is the first that does where a larger one does not", () => {
    const falling = workloadOf({ recall: Float32Array.of(0.5, 0.9, 0.8, 0.95) });
    expect(nprobeFor(falling, { recall: 0.85, share: null })).toBe(2);
  });
});

describe("recall at an nprobe", () => {
  it("is what was evaluated there", () => {
    const { nprobe, mean, reached, compared } = recallAt(workloadOf(), 4);
    expect([nprobe, compared]).toEqual([4, 0.5]);
    expect(mean).toBeCloseTo(0.95);
    expect(reached.map((value) => Math.round(100 * value))).toEqual([100, 80, 50]);
  });

  it("is that of the last one evaluated before it, which is named", () => {
    expect(recallAt(workloadOf(), 7)).toMatchObject({ nprobe: 4, compared: 0.5 });
    expect(recallAt(workloadOf(), 100)).toMatchObject({ nprobe: 8, compared: 1 });
    expect(placeOf(Int32Array.of(1, 2, 4), 1)).toBe(0);
  });
});

describe("the words of a workload", () => {
  it("name shares without digits that they lack", () => {
    expect([0.5, 0.95, 0.999, 1].map(shareText)).toEqual([
      "50\u00a0%",
      "95\u00a0%",
      "99.9\u00a0%",
      "100\u00a0%",
    ]);
  });

  it("name a band by the curve below it", () => {
    expect(bandNames([0.5, 0.95, 1])).toEqual(["recall reached by 95\u00a0% of queries", "by all"]);
  });

  it("list parts", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed)).toEqual(["", "a", "a and b", "a, b and c"]);
  });
});
