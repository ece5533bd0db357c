import { describe, expect, it } from "vitest";
import type { Message, Request, Walk, WalkResults, WalkTruth } from "../src/protocol/messages";
import { type RecordedGraph, truthAt } from "../src/protocol/recordedWalks";
import { RecordingNotes } from "../src/protocol/recording";
import { RecordingTransport } from "../src/protocol/recordingTransport";
import { GRAPHS, messagesOf, type Recorded, recorded } from "./graphRecorded";
import { truthMessage, walkMessage } from "./walks";

const GRAPH: RecordedGraph = { ntotal: 1000, derives: true, leastIsK: false };
const vector = Float32Array.of(1, 2);

/** A recording of the exchanges, and what a page hears of it. */
function pageOf(exchanges: readonly (readonly [asked: Request, ...answers: Message[]])[], graph = GRAPH) {
  const notes = new RecordingNotes();
  for (const [asked, ...answers] of exchanges) {
    notes.ask(asked);
    for (const answer of answers) notes.note({ ...answer, request: asked.request } as Message);
  }
  const transport = new RecordingTransport(notes.recording, graph);
  let heard: Message[] = [];
  transport.onMessage((message) => heard.push(message), new AbortController().signal);
  const ask = async (request: Request, buffers: ArrayBuffer[] = []) => {
    heard = [];
    transport.send(request, buffers);
    await Promise.resolve();
    return heard;
  };
  return { transport, ask };
}

const settings = { ef_search: 2, ef_max: 16, k: 4, include_self: false };
const asked = (request: string, query: object, others: object = {}) =>
  ({ kind: "walk", request, query, ...settings, ...others }) as Request;
const ofRow = (id: bigint, serial: number, others: Partial<Walk> = {}) =>
  walkMessage({ id, serial, ...others });

// A second pass orders results anew, so that these depend on k.
const ONE_PASS = GRAPHS.filter((name) => name !== "reranked");

describe.each(ONE_PASS)("true neighbours of the graph %s", (name) => {
  const messages = messagesOf(recorded[name] as Recorded);
  const walk = messages.find(({ kind }) => kind === "walk") as Walk;
  const truths = messages.filter(({ kind }) => kind === "walk_truth") as WalkTruth[];

  it("at a smaller k are what Python tells at that k", () => {
    const largest = truths.reduce((one, other) => (other.k > one.k ? other : one));
    let compared = 0;
    for (const truth of truths.filter(({ k, include_self }) => k < largest.k && !include_self)) {
      const { request: _, in_offsets, in_ids, holds_until, ...wanted } = truth;
      const {
        request: __,
        in_offsets: offsets,
        in_ids: ids,
        holds_until: held,
        ...got
      } = truthAt({ ...largest, serial: truth.serial }, truth.k, walk, {
        ...GRAPH,
        ntotal: recorded[name].summary.ntotal,
      });
      expect(got).toEqual(wanted);
      expect(held).toBeLessThanOrEqual(holds_until);
      // Of those that count: links to others are not told.
      expect(offsets.slice(0, truth.count + 1)).toEqual(in_offsets.slice(0, truth.count + 1));
      expect(ids.slice(0, in_offsets[truth.count])).toEqual(in_ids.slice(0, in_offsets[truth.count]));
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});

describe("true neighbours of an engine that keeps k nodes at least", () => {
  it("are found from one on where a search visits them with so many", () => {
    // Rows 20 and 22 are visited from efSearch 1 on, row 26 from 3 on.
    const truth = truthMessage({ k: 4, include_self: true, visited_from: Int32Array.of(1, 1, 1, 1) });
    const graph = { ...GRAPH, leastIsK: true };
    const walk = walkMessage({ id: null });
    const three = truthAt({ ...truth, ids: BigInt64Array.of(20n, 28n, 24n, 26n) }, 2, walk, graph);
    expect([...three.visited_from]).toEqual([1, 3]);
    expect([
      ...truthAt({ ...truth, ids: BigInt64Array.of(20n, 28n, 24n, 26n) }, 3, walk, graph).visited_from,
    ]).toEqual([1, 1, 1]);
  });

  it("include all that are as far as the last", () => {
    const truth = truthMessage({ distances: Float32Array.of(2, 2.2, 2.2, 2.6) });
    const two = truthAt(truth, 2, walkMessage(), GRAPH);
    expect([two.count, [...two.ids]]).toEqual([2, [20n, 22n, 24n]]);
  });
});

describe("a recording of walks", () => {
  it("answers each query by its row, its vector or its place in a workload, and the last one first", async () => {
    const { ask, transport } = pageOf([
      [asked("a", { workload: 3 }), ofRow(5n, 1)],
      [asked("b", { vector: true }), walkMessage({ id: null, vector, serial: 2 })],
      [asked("c", { id: "7", cluster: null }), ofRow(7n, 3)],
    ]);
    expect(transport.recorded.map(({ name }) => name)).toEqual(["row 5", "a vector", "row 7"]);
    const idOf = async (query: object, buffers: ArrayBuffer[] = []) => {
      const [message] = await ask(asked("x", query), buffers);
      return message.kind === "walk" ? message.id : message.kind;
    };
    expect(await idOf({ resume: true })).toBe(7n);
    expect(await idOf({ workload: 3 })).toBe(5n);
    expect(await idOf({ resume: true })).toBe(5n);
    expect(await idOf({ vector: true }, [vector.slice().buffer])).toBe(null);
    expect(await idOf({ random: true })).toBe(7n);
    expect(await idOf({ random: true })).toBe(5n);
    expect(await idOf({ id: "6", cluster: null })).toBe("error");
    expect(await idOf({ vector: true }, [Float32Array.of(9, 9).buffer])).toBe("error");
  });

  it("tells a search by its latest serial, and nothing of another", async () => {
    const truth: Request = { kind: "walk_truth", request: "t", serial: 1, k: 4, include_self: false };
    const { ask } = pageOf([
      [asked("a", { id: "5", cluster: null }), ofRow(5n, 1)],
      [truth, truthMessage({ serial: 1 })],
    ]);
    await ask(asked("x", { resume: true }));
    const [walk] = (await ask(asked("y", { resume: true }))) as Walk[];
    expect(walk.serial).toBe(2);
    const [told] = (await ask({ ...truth, request: "u", serial: 2, k: 3 })) as WalkTruth[];
    expect(told).toMatchObject({ kind: "walk_truth", request: "u", serial: 2, k: 3, count: 3 });
    expect(await ask({ ...truth, serial: 9 })).toMatchObject([{ kind: "error", code: "not recorded" }]);
    expect(await ask({ ...truth, serial: 2, k: 5 })).toMatchObject([{ kind: "error" }]);
    expect(await ask({ ...truth, serial: 2, include_self: true })).toMatchObject([{ kind: "error" }]);
  });

  it("does not derive true neighbours where their order depends on k", async () => {
    const truth: Request = { kind: "walk_truth", request: "t", serial: 1, k: 4, include_self: false };
    const { ask } = pageOf(
      [
        [asked("a", { id: "5", cluster: null }), ofRow(5n, 1)],
        [truth, truthMessage({ serial: 1 })],
      ],
      { ...GRAPH, derives: false },
    );
    await ask(asked("x", { resume: true }));
    expect(await ask(truth)).toMatchObject([{ kind: "walk_truth", k: 4 }]);
    expect(await ask({ ...truth, k: 3 })).toMatchObject([{ kind: "error" }]);
  });

  it("tells of tied distances the walk of that efSearch, and says so where it holds none", async () => {
    const results: Request = {
      kind: "walk_results",
      request: "r",
      serial: 2,
      ef_search: 8,
      k: 4,
      include_self: false,
    };
    const said = {
      kind: "walk_results",
      request: "r",
      serial: 2,
      ef_search: 8,
      ef_until: 8,
      k: 4,
      include_self: false,
    };
    const { ask } = pageOf([
      [asked("a", { id: "5", cluster: null }), ofRow(5n, 1, { ef_max: 16, holds_until: 3 })],
      [
        asked("b", { id: "5", cluster: null }, { ef_search: 8, ef_max: 8 }),
        ofRow(5n, 2, { ef_max: 8, holds_until: 3 }),
      ],
      [
        results,
        {
          ...said,
          ef_from: Int32Array.of(8),
          offsets: Int32Array.of(0, 1),
          ids: BigInt64Array.of(20n),
          distances: Float32Array.of(2),
        } as unknown as WalkResults,
      ],
    ]);
    const efOf = async (ef: number, k = 4) => {
      const [message] = await ask(asked("x", { resume: true }, { ef_search: ef, ef_max: ef, k }));
      return message.kind === "walk" ? message.ef_max : message.kind === "error" ? message.message : null;
    };
    expect(await efOf(2)).toBe(16);
    expect(await efOf(8)).toBe(8);
    expect(await efOf(8, 7)).toBe(8);
    expect(await efOf(8, 9)).toMatch(/Distances tie/);
    expect(await efOf(5)).toMatch(/Distances tie/);
    expect(await efOf(8)).toBe(8);
    expect(await ask({ ...results, serial: 4 })).toMatchObject([{ kind: "walk_results", serial: 4 }]);
    expect(await ask({ ...results, serial: 4, ef_search: 9 })).toMatchObject([{ kind: "error" }]);
    expect(await ask({ ...results, serial: 4, k: 5 })).toMatchObject([{ kind: "error" }]);
  });
});
