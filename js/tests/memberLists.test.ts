import { describe, expect, it } from "vitest";
import { Search } from "../src/model/search";
import { MemberLists } from "../src/state/memberLists";
import { candidatesOf, coarseOf, explorationOf, settled, summaryOf } from "./support";

const SIZES = Array<number>(100).fill(5);
const summary = summaryOf(SIZES);

function open(search: Search | null = null) {
  const { asker, transport } = explorationOf(SIZES);
  const lists = new MemberLists(summary, asker);
  lists.orderFor(search, summary);
  const asked = () => transport.all("members").map(({ clusters }) => clusters);
  const answer = async (which: number, serial = 0) => {
    const { request, clusters } = transport.all("members")[which];
    const rows = clusters.flatMap((cluster) => Array.from({ length: 5 }, (_, i) => BigInt(5 * cluster + i)));
    transport.say({
      kind: "members",
      request,
      offset: 0,
      serial,
      clusters: Int32Array.from(clusters),
      totals: Int32Array.from(clusters, () => 5),
      counts: Int32Array.from(clusters, () => 5),
      ids: BigInt64Array.from(rows),
      distances: new Float32Array(rows.length),
    });
    await settled();
  };
  return { lists, transport, asked, answer };
}

const all = SIZES.map((_, cluster) => cluster);

describe("the members of many clusters", () => {
  it("are asked for in portions, two at a time, the first ones first", async () => {
    const { lists, asked, answer } = open();
    lists.need(all);
    lists.need(all);
    expect(asked()).toEqual([all.slice(0, 16), all.slice(16, 32)]);
    await answer(1);
    expect(lists.of(20).at(3)).toEqual({ id: 103n, distance: 0 });
    expect(lists.of(3).hasBegun).toBe(false);
    expect(asked()[2]).toEqual(all.slice(32, 48));
  });

  it("all come, however slowly and in whatever order the kernel answers", async () => {
    const { lists, asked, answer } = open();
    lists.need(all);
    const answered = new Set<number>();
    while (answered.size < asked().length) {
      const open = asked().flatMap((_, i) => (answered.has(i) ? [] : [i]));
      const next = open[open.length - 1];
      answered.add(next);
      await answer(next);
    }
    expect(all.filter((cluster) => !lists.of(cluster).hasBegun)).toEqual([]);
    expect(
      asked()
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(all);
  });

  it("follow the picture: what has gone out of sight is not asked for", async () => {
    const { lists, asked, answer } = open();
    lists.need(all);
    lists.need([90, 91]);
    await answer(0);
    expect(asked()[2]).toEqual([90, 91]);
    await answer(1);
    await answer(2);
    expect(asked()).toHaveLength(3);
  });

  it("are asked for again where the kernel fails", async () => {
    const { lists, transport, asked, answer } = open();
    lists.need([4, 5]);
    const { request } = transport.last("members");
    transport.say({ kind: "error", request, code: "interrupted", message: "interrupted" });
    await settled();
    // It is sent after a rest.
    lists.orderFor(null, { ...summary });
    lists.need([4]);
    await settled();
    expect(asked().at(-1)).toEqual([4]);
    await answer(asked().length - 1);
    expect(lists.of(4).hasBegun).toBe(true);
  });

  it("of another search are dropped, and answers about the one before pass by", async () => {
    const { lists, asked, answer } = open();
    lists.need([7]);
    const search = new Search(coarseOf(summary, { serial: 3 }), summary.sizes);
    lists.orderFor(search, summary);
    lists.need([7]);
    await answer(0);
    expect(lists.of(7).hasBegun).toBe(false);
    await answer(1, 3);
    expect(lists.of(7).hasBegun).toBe(true);
    expect(asked()).toEqual([[7], [7]]);
  });

  it("sorted for a search of which the page has yet to hear are not asked for over and over", async () => {
    const { lists, asked, answer } = open(new Search(coarseOf(summary, { serial: 3 }), summary.sizes));
    lists.need([7]);
    await answer(0, 4);
    lists.need([7]);
    expect(asked()).toHaveLength(1);
    expect(lists.of(7).hasBegun).toBe(false);
  });

  it("are taken from the candidates of the search as soon as these are here", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    const { lists, asked } = open(search);
    expect(lists.of(2).hasBegun).toBe(false);
    search.add(candidatesOf(summary, 1, 100));
    expect(lists.of(2).at(0)).toEqual({ id: 10n, distance: 20 });
    lists.need(all);
    expect(asked()).toEqual([]);
  });

  it("are asked for where the index has changed since the search", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    search.add(candidatesOf(summary, 1, 100));
    const { lists, asked } = open();
    lists.orderFor(search, { ...summary, indexVersion: 1 });
    expect(lists.of(2)).toBe(lists.of(2));
    lists.need([2]);
    expect(asked()).toEqual([[2]]);
  });
});
