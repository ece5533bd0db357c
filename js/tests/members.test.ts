import { describe, expect, it, vi } from "vitest";
import { Search } from "../src/model/search";
import { MemberList } from "../src/state/members";
import { candidatesOf, coarseOf, explorationOf, settled, summaryOf } from "./support";

function window(offset: number, count: number, total: number, request: string | number) {
  return {
    kind: "members" as const,
    request,
    offset,
    serial: 1,
    clusters: Int32Array.of(0),
    totals: Int32Array.of(total),
    counts: Int32Array.of(count),
    ids: BigInt64Array.from({ length: count }, (_, i) => BigInt(offset + i)),
    distances: Float32Array.from({ length: count }, (_, i) => offset + i),
  };
}

describe("members that the page has", () => {
  const summary = summaryOf([4, 2]);
  const jumbled = {
    ...candidatesOf(summary, 1, 2),
    ids: BigInt64Array.of(40n, 41n, 42n, 43n, 50n, 51n),
    distances: Float32Array.of(3, 1, 2, 1, 9, 8),
  };

  it.each([
    [false, [41n, 43n, 42n, 40n]],
    [true, [40n, 42n, 41n, 43n]],
  ])("are ordered by distance, where a larger one is nearer: %s", (similarity, ids) => {
    const { asker, transport } = explorationOf();
    const asked = transport.requests.length;
    const search = new Search(coarseOf(summary), summary.sizes);
    search.add(jumbled);
    const members = new MemberList(0, { ...summary, similarity }, search, asker);
    members.need(0, 4);
    expect([0, 1, 2, 3].map((i) => members.at(i)?.id)).toEqual(ids);
    expect(members.at(4)).toBeNull();
    expect(members.total).toBe(4);
    expect(transport.requests).toHaveLength(asked);
  });

  it("of an empty cluster are none, and are not asked for", () => {
    const { asker, transport } = explorationOf();
    const asked = transport.requests.length;
    const members = new MemberList(2, summaryOf([4, 2, 0]), null, asker);
    members.need(0, 10);
    expect(members.total).toBe(0);
    expect(members.at(0)).toBeNull();
    expect(transport.requests).toHaveLength(asked);
  });
});

describe("members that the kernel has", () => {
  it("are asked for in windows, each once", () => {
    const { asker, transport } = explorationOf();
    const members = new MemberList(0, summaryOf([100_000]), null, asker);
    members.need(0, 60);
    members.need(10, 300);
    expect(transport.all("members")).toMatchObject([{ clusters: [0], offset: 0, limit: 512 }]);
    members.need(500, 1030);
    members.need(99_990, 100_500);
    const asked = transport.all("members").slice(1);
    expect(asked.map(({ offset, limit }) => [offset, limit])).toEqual([
      [512, 1024],
      [99_840, 512],
    ]);
  });

  it("are there when their window has come", async () => {
    const { asker, transport } = explorationOf();
    const members = new MemberList(0, summaryOf([1000]), null, asker);
    members.need(600, 610);
    expect(members.at(600)).toBeNull();
    const before = members.revision.value;
    transport.say(window(512, 488, 1000, transport.last("members").request));
    await settled();
    expect(members.revision.value).toBeGreaterThan(before);
    expect(members.at(600)).toEqual({ id: 600n, distance: 600 });
    expect(members.at(0)).toBeNull();
  });

  it("are as many as the kernel says", async () => {
    const { asker, transport } = explorationOf();
    const members = new MemberList(0, summaryOf([1000]), null, asker);
    members.need(0, 10);
    transport.say(window(0, 512, 1200, transport.last("members").request));
    await settled();
    expect(members.total).toBe(1200);
  });

  it("are asked for again after an error, later and later", async () => {
    vi.useFakeTimers();
    const { asker, transport } = explorationOf();
    const members = new MemberList(0, summaryOf([1000]), null, asker);
    const fail = async () => {
      const { request } = transport.last("members");
      transport.say({ kind: "error", request, code: "interrupted", message: "interrupted" });
      await settled();
    };
    members.need(0, 10);
    const before = members.revision.value;
    await fail();
    expect(members.at(0)).toBeNull();
    expect(members.revision.value).toBeGreaterThan(before);
    const asked = [];
    for (const wait of [999, 1, 1999, 1]) {
      members.need(0, 10);
      vi.advanceTimersByTime(wait);
      asked.push(transport.all("members").length);
      if (wait === 1) await fail();
    }
    expect(asked).toEqual([1, 2, 2, 3]);
    vi.useRealTimers();
  });

  it("are not taken from the search on screen once the index has changed", () => {
    const { asker, transport } = explorationOf();
    const summary = summaryOf([3]);
    const search = new Search(coarseOf(summary), summary.sizes);
    search.add(candidatesOf(summary, 1, 1));
    const now = { ...summaryOf([10]), indexVersion: 1 };
    const members = new MemberList(0, now, search, asker);
    members.need(0, 10);
    expect(members.total).toBe(10);
    expect(members.ordered).toBe(true);
    expect(transport.all("members")).toHaveLength(1);
  });

  it("that are sorted for another search than the one on screen are passed over", async () => {
    const { asker, transport } = explorationOf();
    const summary = summaryOf([1000]);
    const members = new MemberList(0, summary, new Search(coarseOf(summary), summary.sizes), asker);
    members.need(0, 10);
    transport.say({ ...window(0, 512, 1000, transport.last("members").request), serial: 2 });
    await settled();
    expect(members.at(0)).toBeNull();
    members.need(0, 10);
    transport.say(window(0, 512, 1000, transport.last("members").request));
    await settled();
    expect(members.at(0)?.id).toBe(0n);
  });

  it("are asked for when only the nearest of a cluster have come, or too many to sort here", () => {
    const { asker, transport } = explorationOf();
    const partial = summaryOf([3]);
    const search = new Search(coarseOf(partial), partial.sizes);
    search.add({
      ...candidatesOf(partial, 1, 1),
      kind: "nearest",
      counts: Int32Array.of(1),
      ids: BigInt64Array.of(0n),
      distances: Float32Array.of(0),
    });
    new MemberList(0, partial, search, asker).need(0, 3);
    const large = summaryOf([20_001]);
    const whole = new Search(coarseOf(large), large.sizes);
    whole.add(candidatesOf(large, 1, 1));
    new MemberList(0, large, whole, asker).need(0, 3);
    expect(transport.all("members")).toHaveLength(2);
  });
});
