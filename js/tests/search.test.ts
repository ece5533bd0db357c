import { describe, expect, it } from "vitest";
import { candidatesAt } from "../src/model/candidates";
import { costOf } from "../src/model/cost";
import { nearest, Probe, prunedRanks } from "../src/model/probe";
import { Search } from "../src/model/search";
import { MalformedMessage } from "../src/protocol/decode";
import type { Candidates } from "../src/protocol/messages";
import { candidatesOf, coarseOf, summaryOf } from "./support";

const summary = summaryOf([3, 4, 0, 5]);
const begun = () => new Search(coarseOf(summary), summary.sizes);

describe("a search", () => {
  it("knows the rank of every cluster and how much a prefix of the ranking holds", () => {
    const search = new Search(coarseOf(summary, { clusters: Int32Array.of(3, 0, 2, 1) }), summary.sizes);
    expect([...search.rankOf]).toEqual([2, 4, 3, 1]);
    expect([...search.upTo]).toEqual([0, 5, 8, 8, 12]);
    expect(search.scanned([1, 4])).toBe(9);
    expect(costOf(search, [1, 2], summary.sizes)).toEqual({ coarse: 4, fine: 8, bruteForce: 12 });
    expect(search.sizeAt(1)).toBe(5);
  });

  it("has nothing of a cluster that has not arrived", () => {
    const search = begun();
    expect(search.received).toBe(0);
    expect(search.at(1)).toBeNull();
    expect(search.isWhole(1)).toBe(false);
  });

  it("grows in rank order", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 2));
    expect([search.received, search.fine]).toEqual([2, 2]);
    search.add(candidatesOf(summary, 3, 4, { kind: "nearest" }));
    expect([search.received, search.fine]).toEqual([4, 2]);
    const list = search.at(2);
    expect(list?.ids.slice(list.start, list.end)).toEqual(BigInt64Array.of(3n, 4n, 5n, 6n));
    expect(search.at(3)).toMatchObject({ start: 0, end: 0 });
  });

  it("joins a cluster that comes in several messages", () => {
    const search = begun();
    const { ids, distances } = candidatesOf(summary, 1, 1);
    for (let i = 0; i < 3; i++) {
      expect([search.received, search.isWhole(1)]).toEqual([0, false]);
      search.add({
        ...candidatesOf(summary, 1, 1, { continues: i < 2 }),
        counts: Int32Array.of(1),
        ids: ids.slice(i, i + 1),
        distances: distances.slice(i, i + 1),
      });
    }
    const list = search.at(1);
    expect(list?.ids.slice(list.start, list.end)).toEqual(ids);
    expect(list?.distances.slice(list.start, list.end)).toEqual(distances);
    expect(search.isWhole(1)).toBe(true);
    search.add(candidatesOf(summary, 2, 2));
    expect(search.received).toBe(2);
  });

  it("says that a cluster of which only the nearest came is not whole", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1));
    search.add({
      ...candidatesOf(summary, 2, 2),
      kind: "nearest",
      counts: Int32Array.of(1),
      ids: BigInt64Array.of(3n),
      distances: Float32Array.of(10),
    });
    expect(search.isWhole(1)).toBe(true);
    expect(search.isWhole(2)).toBe(false);
  });
});

describe("a search that has the nearest of a cluster", () => {
  /** The second of four clusters, from its `first` row to before its `last`. */
  const part = (kind: "fine" | "nearest", first: number, last: number, continues = false) => {
    const { ids, distances } = candidatesOf(summary, 2, 2);
    return {
      ...candidatesOf(summary, 2, 2, { kind, continues }),
      counts: Int32Array.of(last - first),
      ids: ids.slice(first, last),
      distances: distances.slice(first, last),
    };
  };
  const nearest = () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1));
    search.add(part("nearest", 2, 4));
    search.add(candidatesOf(summary, 3, 4, { kind: "nearest" }));
    return search;
  };
  const idsAt = (search: Search, rank: number) => {
    const list = search.at(rank);
    return list && [...list.ids.slice(list.start, list.end)];
  };

  it("takes all of it later", () => {
    const search = nearest();
    search.add(candidatesOf(summary, 2, 3));
    expect(idsAt(search, 2)).toEqual([3n, 4n, 5n, 6n]);
    expect([search.received, search.fine]).toEqual([4, 3]);
    expect(search.isWhole(2)).toBe(true);
    expect(() => search.add(candidatesOf(summary, 2, 3))).toThrow(MalformedMessage);
  });

  it("shows the nearest until all of it is here, in however many messages", () => {
    const search = nearest();
    for (let i = 0; i < 3; i++) {
      search.add(part("fine", i, i + 1, true));
      expect(idsAt(search, 2)).toEqual([5n, 6n]);
    }
    search.add(part("fine", 3, 4));
    expect(idsAt(search, 2)).toEqual([3n, 4n, 5n, 6n]);
    search.add(candidatesOf(summary, 3, 4));
    expect([search.received, search.fine]).toEqual([4, 4]);
  });
});

describe("a cluster", () => {
  const few = (changes: Partial<Candidates>) => {
    const { ids, distances } = candidatesOf(summary, 2, 2);
    const rows = { counts: Int32Array.of(2), ids: ids.slice(0, 2), distances: distances.slice(0, 2) };
    return { ...candidatesOf(summary, 2, 2), ...rows, ...changes };
  };

  it("that holds a vector which overflowed or was filtered is whole with fewer candidates than vectors", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1));
    search.add(candidatesOf(summary, 2, 4, { kind: "nearest" }));
    search.add(few({}));
    expect([search.fine, search.isWhole(2), candidatesAt(search, nearest(2)).whole]).toEqual([2, true, true]);
  });

  it("that goes on in the next message may begin after others, and end before others", () => {
    const search = begun();
    const all = candidatesOf(summary, 1, 4);
    const part = (counts: number[], from: number, to: number, first_rank: number, continues: boolean) => ({
      ...all,
      first_rank,
      continues,
      counts: Int32Array.from(counts),
      ids: all.ids.slice(from, to),
      distances: all.distances.slice(from, to),
    });
    search.add(part([3, 1], 0, 4, 1, true));
    expect(search.fine).toBe(1);
    search.add(part([2], 4, 6, 2, true));
    expect(search.fine).toBe(1);
    search.add(part([1, 0, 2], 6, 9, 2, true));
    expect(search.fine).toBe(3);
    search.add(part([3], 9, 12, 4, false));
    expect(search.fine).toBe(4);
    expect([...candidatesAt(search, nearest(4)).ids]).toEqual([...all.ids]);
  });

  it("that comes again under another request begins anew", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1));
    search.add(few({ continues: true, request: "a" }));
    search.add(few({ continues: true, request: "b" }));
    const { ids, distances } = candidatesOf(summary, 2, 2);
    search.add(few({ request: "b", ids: ids.slice(2), distances: distances.slice(2) }));
    expect([...candidatesAt(search, nearest(2)).ids].slice(3)).toEqual([...ids]);
  });

  it("of which more comes than it holds is refused", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1));
    for (let i = 0; i < 2; i++) search.add(few({ continues: true }));
    expect(() => search.add(few({}))).toThrow(MalformedMessage);
    search.add(candidatesOf(summary, 2, 2));
    expect(search.fine).toBe(2);
  });
});

describe("a search of which only prefixes of the ranking are kept", () => {
  const pruned = () => {
    const search = new Search(coarseOf(summary, { complete: false }), summary.sizes);
    search.add(candidatesOf(summary, 1, 1));
    const nothing = { ids: new BigInt64Array(0), distances: new Float32Array(0) };
    search.add({
      ...candidatesOf(summary, 2, 4, { kind: "nearest" }),
      counts: new Int32Array(3),
      ...nothing,
    });
    return search;
  };

  it("lacks candidates where a nearer cluster is left out, but of clusters that are whole or empty", () => {
    expect(prunedRanks(pruned(), nearest(4))).toEqual([]);
    expect(prunedRanks(pruned(), new Probe([2, 3, 4]))).toEqual([2, 4]);
    expect(prunedRanks(pruned(), new Probe([1, 4]))).toEqual([4]);
    expect(prunedRanks(begun(), new Probe([2, 4]))).toEqual([]);
  });

  it("takes in the candidates that it lacked", () => {
    const search = pruned();
    search.addUnpruned(candidatesOf(summary, 4, 4, { kind: "nearest", request: "clusters" }));
    expect(prunedRanks(search, new Probe([2, 4]))).toEqual([2]);
    expect([...candidatesAt(search, new Probe([4])).ids]).toEqual([7n, 8n, 9n, 10n, 11n]);
    const { ids, distances } = candidatesOf(summary, 2, 2);
    for (const [from, to] of [
      [0, 2],
      [2, 3],
    ]) {
      const rows = { ids: ids.slice(from, to), distances: distances.slice(from, to) };
      const part = { counts: Int32Array.of(to - from), continues: to < 3, request: "more", ...rows };
      search.addUnpruned({ ...candidatesOf(summary, 2, 2, { kind: "nearest" }), ...part });
    }
    expect([...candidatesAt(search, new Probe([2])).ids]).toEqual([3n, 4n, 5n]);
    expect(prunedRanks(search, new Probe([2, 4]))).toEqual([]);
    expect(() => search.addUnpruned({ ...candidatesOf(summary, 4, 4), first_rank: 5 })).toThrow(
      MalformedMessage,
    );
  });
});

describe("a search refuses", () => {
  it.each([-1, 0.5, 1e9])("%f copies of the query", (copies) => {
    expect(() => new Search(coarseOf(summary, { copies }), summary.sizes)).toThrow(MalformedMessage);
  });

  it("a ranking of another nlist", () => {
    const five = [0, 1, 2, 3, 0];
    const other = coarseOf(summary, { clusters: Int32Array.from(five), distances: Float32Array.from(five) });
    expect(() => new Search(other, summary.sizes)).toThrow(MalformedMessage);
  });

  it.each([-1, 4])("a ranking with cluster %d of 4", (cluster) => {
    const wrong = coarseOf(summary, { clusters: Int32Array.of(0, 1, 2, cluster) });
    expect(() => new Search(wrong, summary.sizes)).toThrow(MalformedMessage);
  });

  it.each([
    ["after a gap", 2, 2],
    ["of rank 0", 0, 0],
    ["of a rank that is no integer", 1.5, 1],
  ])("candidates %s", (_, first_rank, last) => {
    const search = begun();
    const message = { ...candidatesOf(summary, 1, Math.max(1, last)), counts: Int32Array.of(3), first_rank };
    expect(() => search.add(message)).toThrow(MalformedMessage);
    expect(search.received).toBe(0);
  });

  it("candidates beyond the last rank", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 3));
    const message = { ...candidatesOf(summary, 4, 4), counts: Int32Array.of(5, 0) };
    expect(() => search.add(message)).toThrow(MalformedMessage);
  });

  it.each(["fine", "nearest"] as const)("the same %s candidates twice", (kind) => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 1, { kind }));
    expect(() => search.add(candidatesOf(summary, 1, 1, { kind }))).toThrow(MalformedMessage);
    const list = search.at(1);
    expect(list?.ids.slice(list.start, list.end)).toEqual(BigInt64Array.of(0n, 1n, 2n));
  });

  it("candidates of ranks that it has passed", () => {
    const search = begun();
    search.add(candidatesOf(summary, 1, 3));
    expect(() => search.add(candidatesOf(summary, 1, 2))).toThrow(MalformedMessage);
    expect(() => search.add(candidatesOf(summary, 2, 2))).toThrow(MalformedMessage);
    expect(search.received).toBe(3);
  });
});
