import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GraphTruth } from "../src/graph/model/truth";
import type { GraphWalk } from "../src/graph/model/walk";
import { WalkProjections } from "../src/graph/state/walkProjection";
import { statement } from "../src/graph/views/projection/ProjectionView";
import { planeSpots } from "../src/graph/views/projection/planeSpots";
import type { Asker } from "../src/protocol/asker";
import type { Message, WalkProjection } from "../src/protocol/messages";
import { messagesOf, recorded } from "./graphRecorded";

function walkOf(serial: number, query: bigint, ids: bigint[]) {
  return {
    serial,
    id: query,
    indexVersion: 0,
    vector: new Float32Array(2),
    entry: 7n,
    hops: [{ to: 8n }],
    ids: BigInt64Array.from(ids),
    placeOf: (id: bigint) => (ids.includes(id) ? ids.indexOf(id) : null),
  } as unknown as GraphWalk;
}

function pictureOf(serial: number, count: number, more: Partial<WalkProjection> = {}): WalkProjection {
  return {
    kind: "walk_projection",
    request: `r${serial}`,
    serial,
    method: "PCA",
    final: true,
    drawn_in: 0,
    places: new Float32Array(2 * count).fill(0.25),
    stop_places: Float32Array.of(0, 0.5, 1, 0.5),
    extra_ids: new BigInt64Array(0),
    extra_places: new Float32Array(0),
    query_place: Float32Array.of(0.5, 0.75),
    ...more,
  };
}

function stage() {
  const listeners: ((message: Message) => void)[] = [];
  const asked: unknown[] = [];
  const connected = signal(true);
  const asker = {
    connected,
    onMessage: (listener: (message: Message) => void) => listeners.push(listener),
    askWalkProjection: (serial: number, visits: number, extra: readonly bigint[]) => {
      asked.push([serial, visits, ...extra]);
      return `r${serial}`;
    },
  } as unknown as Asker;
  const walk = signal<GraphWalk | null>(null);
  const truth = signal<GraphTruth | null>(null);
  const visits = signal(2);
  const isOutdated = signal(false);
  const abort = new AbortController();
  const pictures = new WalkProjections({ asker, walk, truth, visits, isOutdated }, abort.signal);
  const send = (message: Message) => {
    for (const listener of listeners) listener(message);
  };
  return { asked, connected, walk, truth, visits, pictures, send };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the picture of a search in the plane", () => {
  it("is asked for once a view shows it and the search rests", () => {
    const { asked, walk, pictures, send } = stage();
    walk.value = walkOf(1, 5n, [1n, 2n]);
    vi.runAllTimers();
    expect(asked).toEqual([]);
    const release = pictures.use();
    walk.value = walkOf(2, 5n, [1n, 2n, 3n]);
    vi.runAllTimers();
    expect(asked).toEqual([[2, 2]]);
    send(pictureOf(2, 3));
    expect(pictures.drawn.value).toMatchObject({ method: "PCA", visits: 3, query: { x: 0.5, y: 0.75 } });
    expect(pictures.drawn.value?.others.get(7n)).toEqual({ x: 0, y: 0.5 });
    expect(pictures.drawn.value?.others.get(8n)).toEqual({ x: 1, y: 0.5 });
    vi.runAllTimers();
    release();
    walk.value = walkOf(3, 6n, [1n]);
    vi.runAllTimers();
    expect(asked).toEqual([[2, 2]]);
  });

  it("has the rows that were not visited, once they are known", () => {
    const { asked, walk, truth, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n, 2n]);
    truth.value = { near: [{ id: 2n }, { id: 9n }] } as unknown as GraphTruth;
    vi.runAllTimers();
    expect(asked).toEqual([[1, 2, 9n]]);
    const extra = { extra_ids: BigInt64Array.of(9n), extra_places: Float32Array.of(0.1, 0.2) };
    send(pictureOf(1, 2, extra));
    expect(pictures.drawn.value?.others.get(9n)?.x).toBeCloseTo(0.1);
    // Fewer neighbours need no other picture.
    truth.value = { near: [{ id: 2n }] } as unknown as GraphTruth;
    vi.runAllTimers();
    expect(asked).toHaveLength(1);
  });

  it("is asked for again where it has too few of the nodes shown", () => {
    const { asked, walk, visits, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n, 2n, 3n, 4n]);
    vi.runAllTimers();
    send(pictureOf(1, 4, { final: false }));
    send(pictureOf(1, 2));
    vi.runAllTimers();
    expect(asked).toEqual([[1, 2]]);
    visits.value = 3;
    vi.runAllTimers();
    expect(asked).toEqual([
      [1, 2],
      [1, 3],
    ]);
    send(pictureOf(1, 4));
    visits.value = 4;
    vi.runAllTimers();
    expect(asked).toHaveLength(2);
  });

  it("stays while a longer walk of the same query is drawn, and goes with the query", () => {
    const { walk, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n, 2n]);
    vi.runAllTimers();
    send(pictureOf(1, 2));
    walk.value = walkOf(2, 5n, [1n, 2n, 3n]);
    expect(pictures.drawn.value?.visits).toBe(2);
    walk.value = walkOf(3, 6n, [1n]);
    expect(pictures.drawn.value).toBeNull();
    send(pictureOf(2, 3));
    expect(pictures.drawn.value).toBeNull();
  });

  it("waits for a kernel that is not there", () => {
    const { asked, connected, walk, pictures } = stage();
    connected.value = false;
    pictures.use();
    walk.value = walkOf(1, 5n, [1n]);
    vi.runAllTimers();
    expect(asked).toEqual([]);
    connected.value = true;
    vi.runAllTimers();
    expect(asked).toEqual([[1, 2]]);
  });

  it("is asked for anew where the kernel took what was asked for with it", () => {
    const { asked, connected, walk, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n]);
    vi.runAllTimers();
    connected.value = false;
    connected.value = true;
    vi.runAllTimers();
    expect(asked).toEqual([
      [1, 2],
      [1, 2],
    ]);
    send(pictureOf(1, 1));
    vi.runAllTimers();
    expect(asked).toHaveLength(2);
  });

  it("may be the answer to another page", () => {
    const { walk, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n]);
    vi.runAllTimers();
    send(pictureOf(1, 1, { request: "of another" }));
    expect(pictures.drawn.value?.visits).toBe(1);
  });

  it("is not that of another walk of the query, as where distances tie", () => {
    const { walk, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n, 2n, 3n]);
    vi.runAllTimers();
    send(pictureOf(1, 3));
    walk.value = walkOf(2, 5n, [1n, 2n]);
    expect(pictures.drawn.value).not.toBeNull();
    walk.value = walkOf(3, 5n, [1n, 9n, 3n]);
    expect(pictures.drawn.value).toBeNull();
  });

  it("is not asked for without end where it never has all nodes", () => {
    const { asked, walk, visits, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n, 2n, 3n]);
    visits.value = 3;
    for (let i = 0; i < 5; i++) {
      vi.runAllTimers();
      send(pictureOf(1, 2));
    }
    vi.runAllTimers();
    expect(asked).toEqual([[1, 3]]);
  });

  it("says why there is none, and forgets that with the next", () => {
    const { walk, pictures, send } = stage();
    pictures.use();
    walk.value = walkOf(1, 5n, [1n]);
    vi.runAllTimers();
    const error = { kind: "error", request: "r1", message: "custom: f raised KeyError" };
    send({ ...error, code: "superseded" } as Message);
    expect(pictures.reason.value).toBeNull();
    send({ ...error, code: "failed" } as unknown as Message);
    expect(pictures.reason.value).toBe("custom: f raised KeyError");
    walk.value = walkOf(2, 6n, [1n]);
    expect(pictures.reason.value).toBeNull();
  });
});

describe("nodes in the plane", () => {
  const message = messagesOf(recorded.map).find(({ kind }) => kind === "walk_projection") as WalkProjection;
  const [walk, send] = (() => {
    const { walk, pictures, send } = stage();
    return [{ walk, pictures }, send] as const;
  })();

  it("keep their shape on every canvas, with room at its edges", () => {
    walk.pictures.use();
    const ids = Array.from({ length: message.places.length / 2 }, (_, i) => BigInt(i));
    const hops = Array.from({ length: message.stop_places.length / 2 - 1 }, () => ({ to: 8n }));
    walk.walk.value = { ...walkOf(1, 5n, ids), hops } as unknown as GraphWalk;
    vi.runAllTimers();
    send({ ...message, request: "r1", serial: 1 });
    const drawn = walk.pictures.drawn.value;
    if (drawn === null) throw new Error("nothing was drawn");
    for (const size of [
      { width: 800, height: 500 },
      { width: 300, height: 700 },
    ]) {
      const spots = planeSpots(drawn, size);
      const pixels = spots.ofVisits.map((spot) => {
        if (spot === undefined) throw new Error("a visit has no place");
        return [(spot.x / spots.aspect) * size.width, spot.y * size.height] as const;
      });
      const side = 0.9 * Math.min(size.width, size.height);
      pixels.forEach(([x, y], i) => {
        expect(x - pixels[0][0]).toBeCloseTo(side * (message.places[2 * i] - message.places[0]), 3);
        expect(y - pixels[0][1]).toBeCloseTo(side * (message.places[2 * i + 1] - message.places[1]), 3);
        expect(Math.min(x, y, size.width - x, size.height - y)).toBeGreaterThan(0);
      });
    }
  });

  it("are told in one line", () => {
    const drawn = { method: "PCA", isFinal: false, drawnIn: 2, visits: 2000 };
    const picture = drawn as unknown as Parameters<typeof statement>[0];
    expect(statement(picture, 300, false)).toBe("PCA · 2 far points drawn nearer · refining…");
    expect(statement(picture, 300, true)).toBe("PCA · 2 far points drawn nearer");
    expect(statement({ ...picture, isFinal: true, drawnIn: 0 }, 2100, false)).toBe(
      "PCA · the first 2,000 of 2,100 visits",
    );
  });
});
