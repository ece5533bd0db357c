import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { GraphTruth } from "../src/graph/model/truth";
import type { GraphWalk } from "../src/graph/model/walk";
import { DistrictMap } from "../src/graph/state/districtMap";
import type { Asker } from "../src/protocol/asker";
import type { Districts, MapPart, Message, WalkPlaces } from "../src/protocol/messages";

function walkOf(serial: number, ids: bigint[]) {
  return {
    serial,
    entry: 7n,
    linkIds: BigInt64Array.of(7n),
    ids: BigInt64Array.from(ids),
    placeOf: (id: bigint) => (ids.includes(id) ? ids.indexOf(id) : null),
  } as unknown as GraphWalk;
}

/** A map of two districts side by side: two unit squares. */
function partOf(request: string): MapPart {
  return {
    kind: "map",
    request,
    method: "t-SNE",
    final: true,
    aspect: 2,
    rows: 2,
    offset: 0,
    points: Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 2, 0, 2, 1, 1, 1),
    offsets: Int32Array.of(0, 4, 8),
    centres: Float32Array.of(0.5, 0.5, 1.5, 0.5),
    inradii: Float32Array.of(0.5, 0.5),
  };
}

function districtsOf(request: string, index_version = 0): Districts {
  return {
    kind: "districts",
    request,
    index_version,
    sizes: Int32Array.of(3, 2),
    medoids: BigInt64Array.of(1n, 2n),
    ids: BigInt64Array.of(7n),
    levels: Uint8Array.of(1),
    places: Float32Array.of(1.5, 0.5),
  };
}

function placesOf(serial: number, count: number, extra: bigint[] = []): WalkPlaces {
  return {
    kind: "walk_places",
    request: "places",
    serial,
    index_version: 0,
    places: new Float32Array(2 * count).fill(0.25),
    districts: new Int32Array(count),
    link_places: Float32Array.of(1.5, 0.5),
    entry_place: Float32Array.of(1.5, 0.5),
    query_place: Float32Array.of(0.5, 0.5),
    extra_ids: BigInt64Array.from(extra),
    extra_places: new Float32Array(2 * extra.length).fill(0.75),
    extra_districts: new Int32Array(extra.length),
    district_distances: Float32Array.of(serial, 2),
  };
}

function stage() {
  const listeners: ((message: Message) => void)[] = [];
  const asked: unknown[] = [];
  const asker = {
    onMessage: (listener: (message: Message) => void) => listeners.push(listener),
    askMap: () => asked.push("map"),
    askWalkPlaces: (serial: number, extra: readonly bigint[]) => asked.push([serial, ...extra]),
  } as unknown as Asker;
  const facts = signal({ indexVersion: 0 });
  const walk = signal<GraphWalk | null>(null);
  const truth = signal<GraphTruth | null>(null);
  const isOutdated = signal(false);
  const abort = new AbortController();
  const map = new DistrictMap({ facts, asker, walk, truth, isOutdated }, abort.signal);
  const send = (...messages: Message[]) => {
    for (const message of messages) for (const listener of listeners) listener(message);
  };
  return { asked, facts, walk, truth, map, send };
}

describe("the map of a graph", () => {
  it("is asked for once a view shows it, and places when it is there", () => {
    const { asked, walk, map, send } = stage();
    walk.value = walkOf(1, [1n, 2n]);
    expect(asked).toEqual([]);
    const release = map.use();
    map.use();
    expect(asked).toEqual(["map"]);
    send(partOf("a"), districtsOf("a"));
    expect(asked).toEqual(["map", [1]]);
    send(placesOf(1, 2));
    expect(map.spots.value.get(1n)).toEqual({ x: 0.25, y: 0.25, district: 0 });
    expect(map.spots.value.get(7n)).toEqual({ x: 1.5, y: 0.5, district: 1 });
    release();
    walk.value = walkOf(2, [1n, 3n]);
    expect(asked).toEqual(["map", [1], [2]]);
  });

  it("keeps places from one search to the next", () => {
    const { walk, map, send } = stage();
    walk.value = walkOf(1, [1n, 2n]);
    map.use();
    send(partOf("a"), districtsOf("a"), placesOf(1, 2));
    walk.value = walkOf(2, [3n]);
    expect(map.spots.value.has(2n)).toBe(true);
    send(placesOf(1, 2), placesOf(2, 1));
    expect(map.distances.value?.[0]).toBe(2);
    expect(map.query.value).toEqual({ x: 0.5, y: 0.5 });
    expect(map.spots.value.has(3n)).toBe(true);
  });

  it("asks for true neighbours that were not visited, once", () => {
    const { asked, walk, truth, map, send } = stage();
    walk.value = walkOf(1, [1n]);
    map.use();
    send(partOf("a"), districtsOf("a"), placesOf(1, 1));
    truth.value = { near: [{ id: 1n }, { id: 9n }] } as unknown as GraphTruth;
    expect(asked).toEqual(["map", [1], [1, 9n]]);
    send(placesOf(1, 1, [9n]));
    expect(map.spots.value.get(9n)).toEqual({ x: 0.75, y: 0.75, district: 0 });
    truth.value = null;
    expect(asked.length).toBe(3);
  });

  it("is asked for anew when the index has changed", () => {
    const { asked, facts, map, send } = stage();
    map.use();
    send(partOf("a"), districtsOf("a"));
    expect(map.drawn.value?.sizes).toEqual(Int32Array.of(3, 2));
    facts.value = { indexVersion: 1 };
    expect(asked).toEqual(["map", "map"]);
    expect(map.drawn.value).toBeNull();
    send(partOf("a"), districtsOf("a"));
    expect(map.drawn.value).toBeNull();
    send(partOf("b"), districtsOf("b", 1));
    expect(map.drawn.value?.upper).toEqual([{ id: 7n, level: 1, x: 1.5, y: 0.5 }]);
  });

  it("takes districts only with the parts of their map", () => {
    const { map, send } = stage();
    map.use();
    send(districtsOf("a"));
    send(partOf("a"), districtsOf("b"));
    expect(map.drawn.value).toBeNull();
  });
});
