import { describe, expect, it } from "vitest";
import { decode, MalformedMessage } from "../src/protocol/decode";
import type { Candidates } from "../src/protocol/messages";

type Typed = Int32Array | Float32Array | BigInt64Array | Uint8Array;

/** A view that starts at an odd byte of a larger buffer, as views into a websocket frame do. */
function view(values: Typed, offset = 3): DataView {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const frame = new Uint8Array(bytes.length + offset + 5).fill(255);
  frame.set(bytes, offset);
  return new DataView(frame.buffer, offset, bytes.length);
}

const COARSE = {
  kind: "coarse",
  request: "a",
  serial: 7,
  id: "-9223372036854775808",
  label: "<b>cat</b>",
  nprobe: 2,
  k: 3,
  k_max: 100,
  complete: true,
  exhaustive: true,
};
const RANKING = [
  view(Int32Array.of(2, 0, 1)),
  view(Float32Array.of(0.5, 1, 2)),
  view(Float32Array.of(1, -1)),
];
const FINE = { kind: "fine", request: "a", first_rank: 1 };
const CANDIDATES = [
  view(Int32Array.of(2, 0, 1)),
  view(BigInt64Array.of(2n ** 53n + 1n, -5n, 7n)),
  view(Float32Array.of(1, 2, 3)),
];
const ITEM = { id: "1", label: null, mime: "image/png", offset: 0, length: 2, url: null, reason: null };
const WORKLOAD = {
  kind: "workload",
  request: "w",
  k: 2,
  seed: 0,
  source: "sample",
  computed: 5,
  asked: 9,
  final: false,
  include_self: true,
  reason: null,
  labels: [null, "<b>"],
};
const CURVED = [
  view(Int32Array.of(1, 2, 3)),
  view(new Float32Array(18)),
  view(Int32Array.of(4, 0)),
  view(BigInt64Array.of(9n, -1n)),
  view(Int32Array.of(1, 2, 3, 3)),
];
const GOOD: Record<string, [Record<string, unknown>, DataView[]]> = {
  coarse: [COARSE, RANKING],
  fine: [FINE, CANDIDATES],
  nearest: [{ ...FINE, kind: "nearest" }, CANDIDATES],
  done: [
    {
      kind: "done",
      request: 3,
      seconds: { coarse: 0.1, fine: 0.2, nearest: 0.3 },
      bytes: 9,
      findings: ["<b>"],
    },
    [],
  ],
  bounds: [{ kind: "bounds", request: "b", serial: 2, findings: ["far"] }, [view(Float32Array.of(0, 1, 4))]],
  verdict: [
    {
      kind: "verdict",
      request: "v",
      serial: 2,
      id: "-7",
      cluster: 3,
      rank: 2,
      distance: 1.5,
      position: null,
    },
    [],
  ],
  results: [
    { kind: "results", request: "r", serial: 2, nprobe: 4, k: 3, first_k: 6, compared: 40 },
    [
      view(BigInt64Array.of(2n ** 53n + 1n, -5n)),
      view(Float32Array.of(1, 2)),
      view(Int32Array.of(4, 1)),
      view(BigInt64Array.of(-5n, 9n, 2n ** 53n + 1n)),
      view(Float32Array.of(1, 2, 3)),
      view(Float32Array.of(2, 9, 1)),
    ],
  ],
  truth: [
    { kind: "truth", request: "r", serial: 2, k: 1, nprobe: 0, count: 1 },
    [
      view(BigInt64Array.of(9n, -5n)),
      view(Float32Array.of(2, 2)),
      view(Int32Array.of(4, 1)),
      view(Int32Array.of(4, 1)),
      view(Int32Array.of(4, 5)),
      view(Int32Array.of(4, 5)),
      view(Int32Array.of(5, 5)),
    ],
  ],
  workload: [WORKLOAD, CURVED],
  thumbnails: [{ kind: "thumbnails", request: "t", size: 64, items: [ITEM] }, [view(Uint8Array.of(137, 80))]],
  members: [
    { kind: "members", request: "m", cluster: 1, offset: 0, total: 2, serial: 0 },
    [view(BigInt64Array.of(4n, -4n)), view(Float32Array.of(Number.NaN, Number.NaN))],
  ],
  medoids: [
    { kind: "medoids", request: "m" },
    [view(Int32Array.of(1)), view(BigInt64Array.of(-(2n ** 63n)))],
  ],
  map: [
    { kind: "map", request: "p", method: "PCA", final: false, aspect: 1.4, rows: 5, offset: 2 },
    [
      view(Float32Array.of(0, 0, 1.4, 0, 1.4, 1)),
      view(Int32Array.of(0, 3, 3)),
      view(Float32Array.of(0.9, 0.4, 0.9, 0.4)),
      view(Float32Array.of(0.2, 0)),
    ],
  ],
  error: [{ kind: "error", request: null, code: "invalid", message: "<script>" }, []],
};

describe("decoding", () => {
  it("reads a coarse message whose buffers start at odd bytes", () => {
    const message = decode(COARSE, RANKING);
    expect(message).toEqual({
      kind: "coarse",
      request: "a",
      serial: 7,
      id: -(2n ** 63n),
      label: "<b>cat</b>",
      nprobe: 2,
      k: 3,
      k_max: 100,
      complete: true,
      exhaustive: true,
      clusters: Int32Array.of(2, 0, 1),
      distances: Float32Array.of(0.5, 1, 2),
      vector: Float32Array.of(1, -1),
    });
  });

  it("keeps every bit of an id", () => {
    const message = decode(FINE, CANDIDATES) as Candidates;
    expect([...message.ids]).toEqual([9007199254740993n, -5n, 7n]);
  });

  it("copies what it reads, so that a frame need not be kept", () => {
    const message = decode(FINE, CANDIDATES) as Candidates;
    expect(message.ids.buffer.byteLength).toBe(24);
    expect(message.ids.buffer).not.toBe(CANDIDATES[1].buffer);
  });

  it("takes a query without an id and an error without a request", () => {
    expect(decode({ ...COARSE, id: null, label: null }, RANKING)).toMatchObject({ id: null, label: null });
    expect(decode(...GOOD.error)).toMatchObject({ request: null, message: "<script>" });
  });

  it("takes empty buffers", () => {
    const none = [view(new Int32Array(2)), view(new BigInt64Array(0)), view(new Float32Array(0))];
    expect(decode(FINE, none)).toMatchObject({ counts: Int32Array.of(0, 0), ids: new BigInt64Array(0) });
  });

  it.each(Object.entries(GOOD))("knows a message of kind %s", (kind, [content, buffers]) => {
    expect(decode(content, buffers).kind).toBe(kind);
  });
});

describe("malformed messages", () => {
  it.each([null, undefined, 3, "coarse", [], {}, { kind: 3 }, { kind: "explode" }])(
    "%j is refused",
    (content) => {
      expect(() => decode(content, [])).toThrow(MalformedMessage);
    },
  );

  const withoutOneField = Object.entries(GOOD).flatMap(([kind, [content]]) =>
    Object.keys(content).map((field) => [kind, field] as const),
  );
  it.each(withoutOneField)("%s without its %s is refused", (kind, field) => {
    const [content, buffers] = GOOD[kind];
    const { [field]: _, ...rest } = content;
    expect(() => decode(rest, buffers)).toThrow(MalformedMessage);
  });

  it.each(withoutOneField)("%s with a wrong %s is refused", (kind, field) => {
    const [content, buffers] = GOOD[kind];
    const wrongs: unknown[] = [Symbol.iterator, () => 0];
    if (typeof content[field] === "number" && field !== "request") wrongs.push(Number.NaN, "1");
    for (const wrong of wrongs) {
      expect(() => decode({ ...content, [field]: wrong }, buffers)).toThrow(MalformedMessage);
    }
  });

  const withBuffers = Object.entries(GOOD).filter(([, [, buffers]]) => buffers.length > 0);
  it.each(withBuffers)("%s without its last buffer is refused", (_, [content, buffers]) => {
    expect(() => decode(content, buffers.slice(0, -1))).toThrow(/buffer \w+ is missing/);
  });

  it.each(withBuffers.filter(([kind]) => kind !== "thumbnails"))(
    "%s with a buffer cut short is refused",
    (_, [content, buffers]) => {
      buffers.forEach((whole, i) => {
        const cut = new DataView(whole.buffer, whole.byteOffset, whole.byteLength - 1);
        expect(() => decode(content, buffers.with(i, cut))).toThrow(/cut short/);
      });
    },
  );

  it("buffers that disagree in length are refused", () => {
    expect(() => decode(COARSE, RANKING.with(1, view(Float32Array.of(1))))).toThrow(/disagree/);
    expect(() => decode(FINE, CANDIDATES.with(0, view(Int32Array.of(2))))).toThrow(/disagree/);
    expect(() => decode(FINE, CANDIDATES.with(2, view(Float32Array.of(2))))).toThrow(/disagree/);
    expect(() => decode(...withShorter("members", 1, Float32Array.of(1)))).toThrow(/disagree/);
    expect(() => decode(...withShorter("medoids", 0, new Int32Array(0)))).toThrow(/disagree/);
  });

  it.each([
    ["that descend", [0, 4, 3]],
    ["below 0", [0, -1, 3]],
    ["that do not begin at 0", [1, 3, 3]],
    ["beyond the corners", [0, 3, 4]],
    ["short of the corners", [0, 2, 2]],
    ["fewer than the cells", [0, 3]],
    ["more than the cells", [0, 1, 2, 3]],
  ])("a map with offsets %s is refused", (_, offsets) => {
    expect(() => decode(...withShorter("map", 1, Int32Array.from(offsets)))).toThrow(MalformedMessage);
  });

  it("a map with more or fewer centres or radii than cells is refused", () => {
    expect(() => decode(...withShorter("map", 2, new Float32Array(2)))).toThrow(/disagree/);
    expect(() => decode(...withShorter("map", 3, new Float32Array(3)))).toThrow(/disagree/);
  });

  it.each([{ offset: 4 }, { offset: -1 }, { rows: 3 }])(
    "cells that do not fit in the map are refused: %j",
    (change) => {
      const [content, buffers] = GOOD.map;
      expect(() => decode({ ...content, ...change }, buffers)).toThrow(/do not fit in/);
    },
  );

  it("negative counts are refused even where their sum is right", () => {
    expect(() => decode(FINE, CANDIDATES.with(0, view(Int32Array.of(4, -1))))).toThrow(MalformedMessage);
  });

  it.each(["", "1.5", "1e3", "x", " 1", "12345678901234567890", 5])("a query id of %j is refused", (id) => {
    expect(() => decode({ ...COARSE, id }, RANKING)).toThrow(/field id is wrong/);
  });

  it("a picture with a wrong field is refused", () => {
    const items = [{ ...ITEM, length: "2" }];
    expect(() => decode({ ...GOOD.thumbnails[0], items }, GOOD.thumbnails[1])).toThrow(/field length/);
    expect(() => decode({ ...GOOD.thumbnails[0], items: [null] }, GOOD.thumbnails[1])).toThrow(
      MalformedMessage,
    );
  });
});

function withShorter(kind: string, at: number, values: Typed): [unknown, DataView[]] {
  const [content, buffers] = GOOD[kind];
  return [content, buffers.with(at, view(values))];
}
