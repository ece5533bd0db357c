import { describe, expect, it } from "vitest";
import { Search } from "../src/model/search";
import { MalformedMessage } from "../src/protocol/decode";
import { candidatesOf, coarseOf, summaryOf } from "./support";

const summary = summaryOf([3, 4, 0, 5]);
const begun = () => new Search(coarseOf(summary), summary.sizes);

describe("a search", () => {
  it("knows the rank of every cluster and how much a prefix of the ranking holds", () => {
    const search = new Search(coarseOf(summary, { clusters: Int32Array.of(3, 0, 2, 1) }), summary.sizes);
    expect([...search.rankOf]).toEqual([2, 4, 3, 1]);
    expect([...search.upTo]).toEqual([0, 5, 8, 8, 12]);
    expect(search.scanned([1, 4])).toBe(9);
    expect(search.cost([1, 2])).toEqual({ coarse: 4, fine: 8, bruteForce: 12 });
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
      expect(search.isWhole(1)).toBe(false);
      search.add({
        ...candidatesOf(summary, 1, 1),
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
  const part = (kind: "fine" | "nearest", first: number, last: number) => {
    const { ids, distances } = candidatesOf(summary, 2, 2);
    return {
      ...candidatesOf(summary, 2, 2, { kind }),
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
      search.add(part("fine", i, i + 1));
      expect(idsAt(search, 2)).toEqual([5n, 6n]);
    }
    search.add(part("fine", 3, 4));
    expect(idsAt(search, 2)).toEqual([3n, 4n, 5n, 6n]);
    search.add(candidatesOf(summary, 3, 4));
    expect([search.received, search.fine]).toEqual([4, 4]);
  });
});

describe("a search refuses", () => {
  it("a ranking of another nlist", () => {
    const other = coarseOf(summary, { clusters: Int32Array.of(0, 1), distances: Float32Array.of(0, 1) });
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
