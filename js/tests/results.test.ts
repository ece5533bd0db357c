import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/wire.json";
import { nearest, probeOf } from "../src/model/probe";
import { resultsAt } from "../src/model/results";
import { Search } from "../src/model/search";
import {
  foundAtEvery,
  foundBy,
  inside,
  missedBy,
  nprobeNeeded,
  nprobeNeededWith,
  openClusters,
  truthOf,
} from "../src/model/truth";
import { decode } from "../src/protocol/decode";
import type { Coarse } from "../src/protocol/messages";
import { candidatesOf, coarseOf, summaryOf } from "./support";

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

type Recorded = (typeof recorded)[number];

function messagesOf(one: Recorded) {
  return one.messages.map(({ content, buffers }) =>
    decode(
      content,
      buffers.map((text) => new DataView(bytesOf(text))),
    ),
  );
}

function searchOf(one: Recorded): Search {
  const [coarse, ...others] = messagesOf(one);
  const search = new Search(coarse as Coarse, Int32Array.from(one.sizes));
  for (const message of others) {
    if (message.kind === "fine" || message.kind === "nearest") search.add(message);
  }
  return search;
}

describe.each(recorded)("the recorded search: $name", (one) => {
  const search = searchOf(one);

  it("is here whole", () => {
    expect(search.received).toBe(one.sizes.length);
    expect(messagesOf(one).at(-1)?.kind).toBe("done");
  });

  it.each(one.expected)("has Faiss's own $k results at every nprobe", ({ k, ...expected }) => {
    const ids = new BigInt64Array(bytesOf(expected.ids));
    const distances = new Float32Array(bytesOf(expected.distances));
    for (let nprobe = 1; nprobe <= search.nlist; nprobe++) {
      const at = (nprobe - 1) * k;
      const real = [...ids.subarray(at, at + k)].filter((id) => id !== -1n).length;
      const results = resultsAt(search, nearest(nprobe), k, one.similarity);
      expect(results.map((result) => result.id)).toEqual([...ids.subarray(at, at + real)]);
      expect(results.map((result) => result.distance)).toEqual([...distances.subarray(at, at + real)]);
    }
  });

  it.each(one.truth)(
    "knows its $k true neighbours, where each is found, and which are missed",
    (recorded) => {
      const truth = truthOf(search, recorded.k, one.similarity);
      expect(truth?.neighbours.map(({ id }) => id)).toEqual([...new BigInt64Array(bytesOf(recorded.ids))]);
      expect(truth?.foundAt).toEqual(recorded.found_at);
      if (truth === null) return;
      recorded.missed.forEach((missed, i) => {
        const probe = nearest(i + 1);
        expect(
          missedBy(truth, inside(probe), probe, summaryOf(one.sizes)).map(({ id }) => id.toString()),
        ).toEqual(missed);
        expect(foundBy(truth, inside(probe))).toBe(truth.neighbours.length - missed.length);
      });
      expect(nprobeNeeded(truth)).toBe(recorded.found_at.at(-1) ?? 1);
    },
  );

  it.each(one.truth)(
    "knows how many of $k it finds at every nprobe with clusters switched by hand",
    ({ k }) => {
      const truth = truthOf(search, k, one.similarity);
      expect(truth).not.toBeNull();
      if (truth === null) return;
      const last = search.order[search.nlist - 1];
      for (const switched of [
        new Map(),
        new Map([[search.order[0], false]]),
        new Map([
          [search.order[1], false],
          [last, true],
        ]),
      ]) {
        const known = foundAtEvery(truth, search, switched);
        const total = truth.neighbours.length;
        let least: number | null = null;
        for (let nprobe = search.nlist; nprobe >= 1; nprobe--) {
          const found = foundBy(truth, inside(probeOf(search, nprobe, switched)));
          if (found === total) least = nprobe;
          const turn = known?.at.findLastIndex((at) => at <= nprobe) ?? -1;
          expect(known?.found[turn]).toBe(found);
        }
        expect(nprobeNeededWith(truth, search, switched)).toBe(least);
      }
    },
  );

  it.each(one.others)("has Faiss's own $k results without the query's own row", ({ k, ...expected }) => {
    const ids = new BigInt64Array(bytesOf(expected.ids));
    const distances = new Float32Array(bytesOf(expected.distances));
    for (let nprobe = 1; nprobe <= search.nlist; nprobe++) {
      const at = (nprobe - 1) * k;
      const real = [...ids.subarray(at, at + k)].filter((id) => id !== -1n).length;
      const results = resultsAt(search, nearest(nprobe), k, one.similarity, false);
      expect(results.map((result) => result.id)).toEqual([...ids.subarray(at, at + real)]);
      expect(results.map((result) => result.distance)).toEqual([...distances.subarray(at, at + real)]);
    }
  });

  it.each(one.true_others)("knows its $k true neighbours without the query's own row", (recorded) => {
    const truth = truthOf(search, recorded.k, one.similarity, false);
    expect(truth?.neighbours.map(({ id }) => id)).toEqual([...new BigInt64Array(bytesOf(recorded.ids))]);
    expect(truth?.foundAt).toEqual(recorded.found_at);
    if (truth === null) return;
    recorded.missed.forEach((missed, i) => {
      const probe = nearest(i + 1);
      const lost = missedBy(truth, inside(probe), probe, summaryOf(one.sizes));
      expect(lost.map(({ id }) => id.toString())).toEqual(missed);
    });
  });

  it("says of each result which cluster it was in", () => {
    for (const result of resultsAt(search, nearest(search.nlist), 12, one.similarity)) {
      expect(search.order[result.clusterRank - 1]).toBe(result.cluster);
      const list = search.at(result.clusterRank);
      expect(list?.ids.subarray(list.start, list.end)).toContain(result.id);
    }
  });
});

describe("results while a search is arriving", () => {
  const summary = summaryOf([3, 4, 5]);

  it("are the best of what is here", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    expect(resultsAt(search, nearest(3), 4, false)).toEqual([]);
    search.add(candidatesOf(summary, 1, 1));
    expect(resultsAt(search, nearest(3), 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n]);
    search.add(candidatesOf(summary, 2, 3, { kind: "nearest" }));
    expect(resultsAt(search, nearest(3), 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n, 3n]);
    expect(resultsAt(search, nearest(1), 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n]);
  });

  it("are none when nothing is probed", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    search.add(candidatesOf(summary, 1, 3));
    expect(resultsAt(search, nearest(0), 4, false)).toEqual([]);
  });
});

describe("clusters that are switched by hand", () => {
  const summary = summaryOf([3, 4, 0, 5]);
  const search = new Search(coarseOf(summary, { clusters: Int32Array.of(3, 0, 2, 1) }), summary.sizes);
  const ranks = (nprobe: number, ...switched: [number, boolean][]) => [
    ...probeOf(search, nprobe, new Map(switched)).ranks,
  ];

  it("are added to the nearest, or left out, in rank order", () => {
    expect(ranks(2)).toEqual([1, 2]);
    expect(ranks(2, [1, true])).toEqual([1, 2, 4]);
    expect(ranks(1, [1, true], [2, true])).toEqual([1, 3, 4]);
    expect(ranks(3, [3, false])).toEqual([2, 3]);
    expect(ranks(1, [3, false])).toEqual([]);
  });

  it("stay as they are switched when nprobe says the same", () => {
    expect(ranks(4, [1, true])).toEqual([1, 2, 3, 4]);
    expect(ranks(1, [1, false])).toEqual([1]);
  });

  it("are found among the probed ones by rank", () => {
    const probe = probeOf(search, 2, new Map([[1, true]]));
    expect([1, 2, 3, 4].map((rank) => probe.has(rank))).toEqual([true, true, false, true]);
    expect([1, 2, 3, 4, 0, 9].map((rank) => probe.placeOf(rank))).toEqual([1, 2, 0, 3, 0, 0]);
    expect([...probe.first(1).ranks]).toEqual([1]);
    expect(probe.first(9)).toBe(probe);
  });

  it("give the results of just these clusters", () => {
    const whole = new Search(coarseOf(summary), summary.sizes);
    whole.add(candidatesOf(summary, 1, 4));
    const chosen = probeOf(
      whole,
      1,
      new Map<number, boolean>([
        [0, false],
        [3, true],
      ]),
    );
    expect(resultsAt(whole, chosen, 3, false).map(({ id }) => id)).toEqual([7n, 8n, 9n]);
    const truth = truthOf(whole, 4, false);
    if (truth === null) throw new Error("all clusters are here");
    expect(foundBy(truth, inside(chosen))).toBe(0);
    expect(missedBy(truth, inside(chosen), chosen, summary).map(({ place }) => place)).toEqual([1, 2, 3, 4]);
  });
});

describe("clusters that could still hold something nearer", () => {
  const summary = summaryOf([3, 4, 0, 5]);
  const search = new Search(coarseOf(summary), summary.sizes);
  search.add(candidatesOf(summary, 1, 4));
  const open = (nprobe: number, k: number, bounds: number[], beyond: number[], similarity = false) => {
    const probe = nearest(nprobe);
    const results = resultsAt(search, probe, k, false);
    const told = { bounds: Float32Array.from(bounds), beyond: Float32Array.from(beyond) };
    return openClusters(told, summary.nlist, probe, results, k, similarity);
  };
  const openAt = (nprobe: number, k: number, bounds: number[], similarity = false) =>
    open(nprobe, k, bounds, [], similarity)?.count ?? null;

  it("count those whose ranks are unknown, and say where there may be more", () => {
    expect(open(1, 3, [0, 1], [1.5, 9])).toEqual({ count: 2, isLeast: false });
    expect(open(1, 3, [0, 9], [1.5])).toEqual({ count: 1, isLeast: true });
    expect(open(1, 3, [0, 9], [9])).toEqual({ count: 0, isLeast: false });
    expect(open(1, 3, [9, 3], [4, 1], true)).toEqual({ count: 2, isLeast: false });
  });

  it("are those beyond the probed ones whose bound is better than the last result", () => {
    expect(openAt(1, 3, [0, 1, 1.5, 9])).toBe(2);
    expect(openAt(1, 3, [0, 2, 2, 9])).toBe(0);
    expect(openAt(2, 3, [0, 0, 1.5, 9])).toBe(1);
    expect(openAt(4, 3, [0, 0, 0, 0])).toBe(0);
    expect(openAt(1, 3, [9, 1, 3, Number.NEGATIVE_INFINITY], true)).toBe(1);
  });

  it("cannot be told with fewer results than are asked for", () => {
    expect(openAt(1, 4, [0, 0, 0, 0])).toBeNull();
  });
});
