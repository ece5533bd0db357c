import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Hardest, Workload } from "../src/protocol/messages";
import { answerOf, explorationOf } from "./support";

/** A workload of twelve rows. */
function workloadOf(request: string | number, changes: Partial<Workload> = {}): Workload {
  return {
    kind: "workload",
    request,
    k: 3,
    seed: 1,
    source: "sample",
    computed: 12,
    asked: 12,
    final: true,
    include_self: true,
    reason: null,
    shares: [0.5, 0.95, 0.99, 1],
    nprobes: Int32Array.of(1, 2, 3, 4),
    recall: Float32Array.of(0.5, 0.75, 0.9, 1),
    reached: new Float32Array(16),
    compared: Float32Array.of(0.25, 0.5, 0.75, 1),
    without_any: new Float32Array(4),
    apart: false,
    ...changes,
  };
}

/** Its three hardest queries: the nprobe that finds each of their neighbours. One of the last has only two. */
const FOUND_AT = [
  [1, 2, 4],
  [1, 1, 3],
  [1, 2],
];

function hardestOf(request: string | number, nprobe: number, places = [5, 9, 2]): Hardest {
  return {
    kind: "hardest",
    request,
    order: "recall",
    nprobe,
    missing: 3,
    labels: ["cat", null, "dog"],
    places: Int32Array.from(places),
    ids: BigInt64Array.of(70n, 71n, 72n),
    found: Int32Array.from(FOUND_AT, (at) => at.filter((one) => one <= nprobe).length),
    counts: Int32Array.from(FOUND_AT, (at) => at.length),
    needed: Int32Array.from(FOUND_AT, (at) => at[at.length - 1]),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function looking(sizes?: readonly number[], changes: Parameters<typeof explorationOf>[1] = {}) {
  const explored = explorationOf(sizes, changes);
  const { exploration, transport } = explored;
  /** The kernel lists the hardest queries once nprobe rests. */
  const list = (places?: number[]) => {
    vi.runAllTimers();
    const asked = transport.all("hardest").at(-1);
    if (asked !== undefined) transport.say(hardestOf(asked.request, asked.nprobe, places));
  };
  const tell = (workload: Workload, places?: number[]) => {
    transport.say(workload);
    list(places);
  };
  const said = (workload: Partial<Workload> = {}) =>
    tell(workloadOf(transport.last("evaluate").request, workload));
  const searched = () => {
    const { query } = transport.last("search");
    return "workload" in query ? query.workload : query;
  };
  return { ...explored, misses: exploration.misses, said, searched, tell, list };
}

describe("queries that miss true neighbours", () => {
  it("are those of the last workload that lack some at the present nprobe, the worst first", () => {
    const { misses, exploration, tell, list, settings } = looking();
    exploration.workloads.want();
    expect(misses.queries.value).toEqual([]);
    tell(workloadOf("kernel:1"));
    expect(misses.queries.value).toEqual([
      { place: 5, id: 70n, label: "cat", found: 1, total: 3 },
      { place: 9, id: 71n, label: null, found: 2, total: 3 },
      // One of its neighbours is none: fewer than k were found.
      { place: 2, id: 72n, label: "dog", found: 1, total: 2 },
    ]);
    settings.nprobe.value = 3;
    list();
    expect(misses.queries.value.map(({ place }) => place)).toEqual([5]);
    settings.nprobe.value = 4;
    list();
    expect(misses.queries.value).toEqual([]);
  });

  it("are asked for at the present settings, as many rows as a second allows", () => {
    const small = looking([3, 4, 0, 5]);
    small.misses.look();
    expect(small.transport.last("evaluate")).toMatchObject({ sample: 12, k: 3, include_self: true });
    const large = looking([4_000_000, 4_000_000], { dim: 10 });
    large.settings.k.value = 5;
    large.misses.look();
    expect(large.transport.last("evaluate")).toMatchObject({ sample: 25, k: 5 });
    const huge = looking([400_000_000], { dim: 1000 });
    huge.misses.look();
    expect(huge.transport.last("evaluate")).toMatchObject({ sample: 20 });
    const broad = looking([100_000], { dim: 2 });
    broad.misses.look();
    expect(broad.transport.last("evaluate")).toMatchObject({ sample: 1000 });
  });

  it("are not asked for twice, whoever asks", () => {
    const { misses, transport, said } = looking();
    misses.lookUnasked();
    misses.look();
    misses.lookUnasked();
    misses.next();
    expect(transport.all("evaluate")).toHaveLength(1);
    expect(misses.isLooking.value).toBe(true);
    said();
    expect(misses.isLooking.value).toBe(false);
  });

  it("are asked for unasked once only, even of a kernel that fails", () => {
    const { misses, transport } = looking();
    misses.lookUnasked();
    const { request } = transport.last("evaluate");
    transport.say({ kind: "error", request, code: "failed", message: "no" });
    misses.lookUnasked();
    expect(transport.all("evaluate")).toHaveLength(1);
    misses.look();
    expect(transport.all("evaluate")).toHaveLength(2);
  });

  it("cannot be found in an index without workloads, or of a single row", () => {
    for (const { misses, transport } of [looking([3, 4], { noCurve: "a reason" }), looking([1, 0])]) {
      expect(misses.isPossible.value).toBe(false);
      misses.look();
      misses.lookUnasked();
      expect(transport.all("evaluate")).toEqual([]);
    }
  });

  it("are listed for who asks for the next, where nobody sees the list", () => {
    const { misses, transport, settings, tell, list, searched } = looking();
    tell(workloadOf("kernel:1"));
    settings.nprobe.value = 2;
    list();
    expect(transport.all("hardest")).toEqual([]);
    misses.next();
    misses.next();
    expect(searched()).toEqual({ resume: true });
    list();
    expect(transport.all("hardest")).toMatchObject([{ nprobe: 2 }]);
    expect(searched()).toBe(5);
    // The list holds at this nprobe.
    misses.next();
    expect(searched()).toBe(9);
    settings.nprobe.value = 3;
    list();
    expect(transport.all("hardest")).toHaveLength(1);
    misses.next();
    list();
    expect(transport.all("hardest")).toHaveLength(2);
    expect(searched()).toBe(5);
  });

  it("are not searched for later where the kernel fails at listing them", () => {
    const { misses, exploration, transport, settings, tell, list } = looking();
    tell(workloadOf("kernel:1"));
    misses.next();
    vi.runAllTimers();
    const { request } = transport.last("hardest");
    transport.say({ kind: "error", request, code: "failed", message: "no labels" });
    expect(exploration.failure.value).toBe("no labels");
    exploration.workloads.want();
    settings.nprobe.value = 2;
    list();
    expect(transport.all("search").filter(({ query }) => "workload" in query)).toEqual([]);
  });

  it("are searched for in turn, and from the first again", () => {
    const { misses, exploration, transport, searched, tell } = looking();
    exploration.workloads.want();
    tell(workloadOf("kernel:1"));
    const shown = [1, 2, 3, 4].map(() => {
      misses.next();
      return searched();
    });
    expect(shown).toEqual([5, 9, 2, 5]);
    expect(transport.all("evaluate")).toEqual([]);
  });

  it("are looked for first where there is no workload, and then the first is searched for", () => {
    const { misses, transport, searched, said, tell } = looking();
    misses.next();
    expect(searched()).toEqual({ resume: true });
    said({ final: false, computed: 3 });
    expect(searched()).toEqual({ resume: true });
    said();
    expect(searched()).toBe(5);
    // A workload that comes later is nobody's search.
    const before = transport.all("search").length;
    tell(workloadOf("kernel:2"), [1, 3, 4]);
    expect(transport.all("search")).toHaveLength(before);
  });

  it("are no longer waited for once the kernel has failed", () => {
    const { misses, exploration, transport, tell } = looking();
    misses.next();
    const { request } = transport.last("evaluate");
    transport.say({ kind: "error", request, code: "failed", message: "out of memory" });
    expect(exploration.failure.value).toBe("out of memory");
    const before = transport.all("search").length;
    tell(workloadOf("kernel:2"));
    expect(transport.all("search")).toHaveLength(before);
  });

  it("are no longer waited for once the kernel is gone", () => {
    const { misses, transport, tell } = looking();
    transport.alive = false;
    misses.next();
    transport.alive = true;
    const before = transport.all("search").length;
    tell(workloadOf("kernel:2"));
    expect(transport.all("search")).toHaveLength(before);
  });

  it("are said to be none in words", () => {
    const { misses, exploration, settings, summary, transport, tell, list } = looking();
    exploration.workloads.want();
    for (const message of answerOf(summary)) transport.say(message);
    tell(workloadOf("kernel:1"));
    settings.nprobe.value = 4;
    list();
    misses.next();
    expect(exploration.failure.value).toBe("No query of the sample misses a true neighbour at nprobe 4.");
    expect(transport.all("search").filter(({ query }) => "workload" in query)).toEqual([]);
  });
});
