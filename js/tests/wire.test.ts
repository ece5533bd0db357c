import { describe, expect, it } from "vitest";
import { decode, MalformedMessage } from "../src/protocol/decode";
import { type Candidates, LAYOUTS } from "../src/protocol/messages";
import { encoded } from "./encode";

const FINE = {
  kind: "fine",
  request: "a",
  first_rank: 1,
  continues: false,
  counts: Int32Array.of(2, 0, 1),
  ids: BigInt64Array.of(2n ** 53n + 1n, -5n, 7n),
  distances: Float32Array.of(1, 2, 3),
};
const COARSE = {
  kind: "coarse",
  request: "a",
  serial: 7,
  index_version: 0,
  id: "-9223372036854775808",
  copies: 1,
  label: "<b>cat</b>",
  title: "<i>a cat</i>",
  nprobe: 2,
  reach: 3,
  k: 3,
  k_max: 100,
  complete: true,
  exhaustive: true,
  tied: false,
  truth_bytes: 0,
  truth_seconds: 0,
  clusters: Int32Array.of(2, 0, 1),
  distances: Float32Array.of(0.5, 1, 2),
  vector: Float32Array.of(1, -1),
  nearest: Int32Array.of(1, 3, 2),
  picture: Uint8Array.of(255, 216),
};
const ITEM = {
  id: "1",
  label: null,
  mime: "image/png",
  offset: 0,
  length: 2,
  url: null,
  reason: null,
  note: null,
};

const FINDING = {
  code: "uneven-clusters",
  severity: "warning",
  sentence: "<b>",
  evidence: { factor: 2.5, clusters: [1, 2] },
  remedy: null,
};

/** A good message of every kind. */
const GOOD: Record<string, Record<string, unknown>> = {
  coarse: COARSE,
  fine: FINE,
  nearest: { ...FINE, kind: "nearest" },
  done: {
    kind: "done",
    request: 3,
    seconds: { coarse: 0.1, fine: 0.2, nearest: 0.3 },
    bytes: 9,
    findings: [FINDING],
  },
  bounds: {
    kind: "bounds",
    request: "b",
    serial: 2,
    findings: [],
    bounds: Float32Array.of(0, 1, 4),
    beyond: Float32Array.of(5),
  },
  ranked: {
    kind: "ranked",
    request: "k",
    serial: 2,
    ranks: Int32Array.of(9, 7),
    clusters: Int32Array.of(0, 3),
    distances: Float32Array.of(4, 3.5),
    nearest: Int32Array.of(8, 7),
  },
  remarks: { kind: "remarks", request: "a", serial: 2, findings: [FINDING] },
  verdict: {
    kind: "verdict",
    request: "v",
    serial: 2,
    id: "-7",
    cluster: 3,
    rank: 2,
    distance: 1.5,
    position: null,
  },
  results: {
    kind: "results",
    request: "r",
    serial: 2,
    nprobe: 4,
    k: 3,
    include_self: false,
    first_k: 6,
    compared: 40,
    ids: BigInt64Array.of(2n ** 53n + 1n, -5n),
    distances: Float32Array.of(1, 2),
    rank_of: Int32Array.of(4, 1),
    handed_over: BigInt64Array.of(-5n, 9n, 2n ** 53n + 1n),
    first_pass: Float32Array.of(1, 2, 3),
    second_pass: Float32Array.of(2, 9, 1),
  },
  truth_progress: {
    kind: "truth_progress",
    request: "t",
    serial: 2,
    done: 3,
    asked: 9,
    dashboard: null,
  },
  truth: {
    kind: "truth",
    request: "r",
    serial: 2,
    k: 1,
    include_self: false,
    nprobe: 0,
    count: 1,
    ids: BigInt64Array.of(9n, -5n),
    distances: Float32Array.of(2, 2),
    rank_of: Int32Array.of(4, 1),
    compared_from: Int32Array.of(4, 1),
    handed_from: Int32Array.of(4, 5),
    returned_from: Int32Array.of(4, 5),
    returned_until: Int32Array.of(5, 5),
  },
  progress: { kind: "progress", request: "w", done: 1.5, asked: 9, cancellable: true, dashboard: null },
  workload: {
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
    apart: false,
    shares: [0.5, 1],
    nprobes: Int32Array.of(1, 2, 3),
    recall: new Float32Array(3),
    reached: new Float32Array(6),
    compared: new Float32Array(3),
    without_any: new Float32Array(3),
  },
  query_recalls: {
    kind: "query_recalls",
    request: "q",
    rows: 5,
    offset: 3,
    clusters: Int32Array.of(2, -1),
    counts: Int32Array.of(3, 0),
    offsets: Int32Array.of(0, 2, 2),
    nprobes: Int32Array.of(1, 4),
    changes: Int32Array.of(2, -1),
  },
  hardest: {
    kind: "hardest",
    request: "h",
    order: "recall",
    nprobe: 2,
    missing: 3,
    labels: [null, "<b>"],
    places: Int32Array.of(4, 0),
    ids: BigInt64Array.of(9n, -1n),
    found: Int32Array.of(1, 2),
    counts: Int32Array.of(3, 3),
    needed: Int32Array.of(5, 4),
  },
  thumbnails: {
    kind: "thumbnails",
    request: "t",
    size: 64,
    final: true,
    places: [0],
    items: [ITEM],
    data: Uint8Array.of(137, 80),
  },
  members: {
    kind: "members",
    request: "m",
    offset: 0,
    serial: 0,
    clusters: Int32Array.of(1, 3),
    totals: Int32Array.of(2, 0),
    counts: Int32Array.of(2, 0),
    ids: BigInt64Array.of(4n, -4n),
    distances: Float32Array.of(Number.NaN, Number.NaN),
  },
  medoids: {
    kind: "medoids",
    request: "m",
    clusters: Int32Array.of(1),
    ids: BigInt64Array.of(-(2n ** 63n)),
  },
  labels: {
    kind: "labels",
    column: null,
    request: "l",
    index_version: 0,
    final: true,
    names: ["<b>deer</b>", "cat"],
    distinct: 3,
    counted: 9,
    total: 20,
    limit: 5,
    unlabelled: 1,
    failed: 0,
    rows: 4,
    offset: 1,
    counts: Int32Array.of(3, 1, 0, 0, 0, 4),
    commonest: Uint8Array.of(0, 2),
    most: Int32Array.of(3, 4),
  },
  composition: {
    kind: "composition",
    request: "c",
    cluster: 3,
    names: ["<b>deer</b>", "cat"],
    counts: [3, 1],
    distinct: 3,
    counted: 5,
    total: 9,
    unlabelled: 0,
    failed: 0,
  },
  row_labels: {
    kind: "row_labels",
    request: "r",
    names: ["deer", "cat"],
    clusters: Int32Array.of(3, 1),
    counts: Int32Array.of(1, 2),
    ids: BigInt64Array.of(2n ** 53n + 1n, -5n, 7n),
    codes: Uint8Array.of(0, 3, 2),
  },
  file_part: { kind: "file_part", request: "p", offset: 900_000, final: false, data: Uint8Array.of(60, 33) },
  row_values: {
    kind: "row_values",
    request: "v",
    ids: [2n ** 53n + 1n, -5n],
    values: [["<b>deer</b>", null], []],
    numbers: Float64Array.of(Number.NaN, 0.1, Number.NaN, Number.NaN),
  },
  scale: {
    kind: "scale",
    request: "n",
    column: 1,
    index_version: 4,
    unit: "number",
    low: 0.1,
    high: null,
    least: -1e300,
    greatest: 12,
    counted: 9,
    total: 90,
    limit: 8,
    missing: 1,
    infinite: 0,
    rows: 4,
    offset: 2,
    valued: Int32Array.of(3, 0),
    means: Float64Array.of(2 ** 53 - 1, 0),
    least_values: Float64Array.of(0.1, 0),
    greatest_values: Float64Array.of(12, 0),
  },
  row_levels: {
    kind: "row_levels",
    request: "e",
    column: 1,
    low: 0.1,
    high: null,
    clusters: Int32Array.of(3, 1),
    counts: Int32Array.of(1, 2),
    ids: BigInt64Array.of(2n ** 53n + 1n, -5n, 7n),
    levels: Uint8Array.of(0, 252, 254),
  },
  map: {
    kind: "map",
    request: "p",
    method: "PCA",
    final: false,
    aspect: 1.4,
    rows: 5,
    offset: 2,
    points: Float32Array.of(0, 0, 1.4, 0, 1.4, 1),
    offsets: Int32Array.of(0, 3, 3),
    centres: Float32Array.of(0.9, 0.4, 0.9, 0.4),
    inradii: Float32Array.of(0.2, 0),
  },
  map_centres: {
    kind: "map_centres",
    request: "p",
    drawing: 2,
    method: "t-SNE of a sample",
    final: true,
    aspect: 1.4,
    rows: 5,
    offset: 2,
    centres: Uint16Array.of(0, 65_535, 32_768, 7),
  },
  map_shapes: {
    kind: "map_shapes",
    request: "p",
    drawing: 2,
    rows: 2,
    offset: 0,
    clusters: Int32Array.of(4, 1),
    points: Float32Array.of(0, 0, 1.4, 0, 1.4, 1),
    offsets: Int32Array.of(0, 3, 3),
    centres: Float32Array.of(0.9, 0.4, 0.9, 0.4),
    inradii: Float32Array.of(0.2, 0),
  },
  projection: {
    kind: "projection",
    request: "p",
    serial: 4,
    ranks: 3,
    flips: [2],
    method: "t-SNE",
    final: true,
    sampled: false,
    total: 1,
    drawn_in: 0,
    rows: 1,
    offset: 0,
    ids: BigInt64Array.of(1n),
    rank_of: Int32Array.of(1),
    distances: Float32Array.of(0.5),
    positions: Float32Array.of(0, 0.25),
    query: Float32Array.of(0.5, 0.125),
  },
  walk: {
    kind: "walk",
    request: "g",
    serial: 2,
    index_version: 0,
    id: "-5",
    label: "<i>",
    title: null,
    ef_search: 2,
    ef_max: 4,
    holds_until: 4,
    exhausted: false,
    entry: "9007199254740993",
    entry_distance: Float32Array.of(4.5),
    stopped_at: 1,
    hop_levels: Int32Array.of(1),
    hop_from: BigInt64Array.of(2n ** 53n + 1n),
    hop_to: BigInt64Array.of(-5n),
    hop_distances: Float32Array.of(0.5),
    hop_offsets: Int32Array.of(0, 2),
    link_ids: BigInt64Array.of(-5n, 7n),
    link_distances: Float32Array.of(0.5, 9),
    ids: BigInt64Array.of(-5n, 7n, 8n),
    nodes: Int32Array.of(1, 2, 3),
    levels: Uint8Array.of(1, 0, 0),
    deleted: Uint8Array.of(0, 0, 1),
    distances: Float32Array.of(0.5, 9, 2),
    expanded: Int32Array.of(0, 2),
    first: Int32Array.of(1, 3, 3),
    nearer: Int32Array.of(0, 1),
    vector: Float32Array.of(1, 2),
    picture: Uint8Array.of(255),
  },
  walk_truth: {
    kind: "walk_truth",
    request: "g",
    serial: 2,
    k: 1,
    include_self: false,
    count: 1,
    holds_until: 9,
    ids: BigInt64Array.of(8n, 7n),
    distances: Float32Array.of(2, 2),
    visited_from: Int32Array.of(1, 0),
    handed_from: Int32Array.of(1, 0),
    handed_until: Int32Array.of(0, 0),
    returned_from: Int32Array.of(1, 0),
    returned_until: Int32Array.of(0, 0),
    led_by: BigInt64Array.of(-5n, -(2n ** 63n)),
    gate: BigInt64Array.of(-(2n ** 63n), -(2n ** 63n)),
    in_offsets: Int32Array.of(0, 1, 1),
    in_ids: BigInt64Array.of(-5n),
    level_nearest: BigInt64Array.of(-5n),
    level_distances: Float32Array.of(0.5),
    level_places: Int32Array.of(1),
  },
  walk_verdict: {
    kind: "walk_verdict",
    request: "g",
    serial: 2,
    id: "-5",
    distance: Float32Array.of(0.5),
    position: 3,
    need: 0,
    led_by: null,
    gate: "9007199254740993",
    holds_until: 9,
    in_ids: BigInt64Array.of(-5n, 7n),
  },
  walk_results: {
    kind: "walk_results",
    request: "g",
    serial: 2,
    ef_search: 3,
    ef_until: 9,
    k: 1,
    include_self: true,
    ef_from: Int32Array.of(1, 4),
    offsets: Int32Array.of(0, 1, 2),
    ids: BigInt64Array.of(8n, -5n),
    distances: Float32Array.of(2, 1),
  },
  walk_places: {
    kind: "walk_places",
    request: "g",
    serial: 2,
    index_version: 1,
    places: Float32Array.of(0.5, 0.25),
    districts: Int32Array.of(1),
    link_places: Float32Array.of(0.5, 0.25, 1, 0),
    entry_place: Float32Array.of(0.5, 0.25),
    query_place: Float32Array.of(0.75, 1),
    extra_ids: BigInt64Array.of(8n),
    extra_places: Float32Array.of(0.5, 0.25),
    extra_districts: Int32Array.of(1),
    district_distances: Float32Array.of(2, 1),
  },
  walk_projection: {
    kind: "walk_projection",
    request: "g",
    serial: 2,
    method: "PCA",
    final: true,
    drawn_in: 1,
    places: Float32Array.of(0.5, 0.25, 1, 0),
    stop_places: Float32Array.of(0.5, 0.25),
    extra_ids: BigInt64Array.of(8n),
    extra_places: Float32Array.of(0.5, 0.25),
    query_place: Float32Array.of(0.75, 1),
  },
  districts: {
    kind: "districts",
    request: "g",
    index_version: 1,
    sizes: Int32Array.of(3, 0),
    medoids: BigInt64Array.of(7n, -(2n ** 63n)),
    ids: BigInt64Array.of(-5n),
    levels: Uint8Array.of(2),
    places: Float32Array.of(0.5, 0.25),
  },
  error: { kind: "error", request: null, code: "invalid", message: "<script>" },
};

/** Kinds that are traits. */
const SUMMARIES = ["index", "graph"];

it("every kind of message that Python declares is tested", () => {
  const kinds = Object.keys(LAYOUTS).filter((kind) => !SUMMARIES.includes(kind));
  expect(Object.keys(GOOD).sort()).toEqual(kinds.sort());
});

describe("decoding", () => {
  it("reads a coarse message whose buffers start at odd bytes", () => {
    expect(decode(...encoded(COARSE))).toEqual({ ...COARSE, id: -(2n ** 63n) });
  });

  it("keeps every bit of an id", () => {
    const message = decode(...encoded(FINE)) as Candidates;
    expect([...message.ids]).toEqual([9007199254740993n, -5n, 7n]);
  });

  it("copies what it reads, so that a frame need not be kept", () => {
    const [content, buffers] = encoded(FINE);
    const message = decode(content, buffers) as Candidates;
    expect(message.ids.buffer.byteLength).toBe(24);
    expect(message.ids.buffer).not.toBe(buffers[1].buffer);
  });

  it("takes a query without an id and an error without a request", () => {
    expect(decode(...encoded({ ...COARSE, id: null, label: null }))).toMatchObject({ id: null, label: null });
    expect(decode(...encoded(GOOD.error))).toMatchObject({ request: null, message: "<script>" });
  });

  it("takes empty buffers", () => {
    const none = { counts: new Int32Array(2), ids: new BigInt64Array(0), distances: new Float32Array(0) };
    expect(decode(...encoded({ ...FINE, ...none }))).toMatchObject({
      counts: Int32Array.of(0, 0),
      ids: new BigInt64Array(0),
    });
  });

  it.each(Object.entries(GOOD))("knows a message of kind %s", (kind, message) => {
    expect(decode(...encoded(message)).kind).toBe(kind);
  });
});

describe("a walk", () => {
  it.each([
    { expanded: Int32Array.of(0, 3) },
    { expanded: Int32Array.of(-1, 0) },
    { stopped_at: 3 },
    { stopped_at: -2 },
    { first: Int32Array.of(1, 3, 2) },
    { first: Int32Array.of(1, 2, 2) },
    { hop_offsets: Int32Array.of(0, 1) },
  ])("with %o is refused", (wrong) => {
    expect(() => decode(...encoded({ ...GOOD.walk, ...wrong }))).toThrow(MalformedMessage);
  });

  it("has no more true neighbours than rows", () => {
    expect(() => decode(...encoded({ ...GOOD.walk_truth, count: 3 }))).toThrow(MalformedMessage);
  });
});

describe("malformed messages", () => {
  it.each([null, undefined, 3, "coarse", [], {}, { kind: 3 }, { kind: "explode" }])(
    "%j is refused",
    (content) => {
      expect(() => decode(content, [])).toThrow(MalformedMessage);
    },
  );

  const withoutOneField = Object.entries(GOOD).flatMap(([kind, message]) =>
    Object.keys(encoded(message)[0]).map((field) => [kind, field] as const),
  );
  it.each(withoutOneField)("%s without its %s is refused", (kind, field) => {
    const [{ [field]: _, ...rest }, buffers] = encoded(GOOD[kind]);
    expect(() => decode(rest, buffers)).toThrow(MalformedMessage);
  });

  it.each(withoutOneField)("%s with a wrong %s is refused", (kind, field) => {
    const [content, buffers] = encoded(GOOD[kind]);
    const wrongs: unknown[] = [Symbol.iterator, () => 0];
    if (typeof content[field] === "number" && field !== "request") wrongs.push(Number.NaN, "1");
    for (const wrong of wrongs) {
      expect(() => decode({ ...content, [field]: wrong }, buffers)).toThrow(MalformedMessage);
    }
  });

  const withBuffers = Object.entries(GOOD).filter(([kind]) => Object.keys(LAYOUTS[kind].buffers).length > 0);
  it.each(withBuffers)("%s without its last buffer is refused", (_, message) => {
    const [content, buffers] = encoded(message);
    expect(() => decode(content, buffers.slice(0, -1))).toThrow(/buffer \w+ is missing/);
  });

  it.each(withBuffers)("%s with a buffer cut short is refused", (_, message) => {
    const [content, buffers] = encoded(message);
    buffers.forEach((whole, i) => {
      const cut = new DataView(whole.buffer, whole.byteOffset, whole.byteLength - 1);
      expect(() => decode(content, buffers.with(i, cut))).toThrow(/cut short/);
    });
  });

  it.each(withBuffers)("%s whose buffers are described otherwise than declared is refused", (_, message) => {
    const [content, buffers] = encoded(message);
    const described = content.buffers as [string, string, number[]][];
    described.forEach(([name, dtype, shape], i) => {
      for (const other of [["x", dtype, shape], [name, "float16", shape], [name, dtype, [-1]], null]) {
        const changed = { ...content, buffers: described.with(i, other as (typeof described)[number]) };
        expect(() => decode(changed, buffers)).toThrow(MalformedMessage);
      }
    });
  });

  it.each([
    ["coarse", { distances: Float32Array.of(1) }],
    ["fine", { counts: Int32Array.of(2) }],
    ["fine", { distances: Float32Array.of(2) }],
    ["members", { distances: Float32Array.of(1) }],
    ["members", { totals: Int32Array.of(2) }],
    ["members", { counts: Int32Array.of(1, 0) }],
    ["medoids", { clusters: new Int32Array(0) }],
    ["results", { rank_of: Int32Array.of(1) }],
    ["truth", { returned_until: Int32Array.of(1) }],
    ["workload", { reached: new Float32Array(3) }],
    ["query_recalls", { counts: Int32Array.of(1) }],
    ["query_recalls", { offsets: Int32Array.of(0, 2) }],
    ["query_recalls", { changes: Int32Array.of(1) }],
    ["hardest", { found: Int32Array.of(1) }],
    ["hardest", { labels: [null] }],
    ["hardest", { ids: BigInt64Array.of(1n) }],
    ["map", { centres: new Float32Array(2) }],
    ["map", { inradii: new Float32Array(3) }],
    ["map", { offsets: Int32Array.of(0, 3) }],
    ["map_shapes", { clusters: Int32Array.of(0) }],
    ["map_shapes", { offsets: Int32Array.of(0, 3) }],
    ["labels", { counts: new Int32Array(3) }],
    ["labels", { most: Int32Array.of(3) }],
    ["composition", { counts: [3] }],
    ["row_labels", { counts: Int32Array.of(1, 1) }],
    ["row_levels", { counts: Int32Array.of(1, 1) }],
    ["row_levels", { levels: Uint8Array.of(0, 3) }],
    ["scale", { means: Float64Array.of(1) }],
    ["row_labels", { codes: Uint8Array.of(0, 3) }],
  ])("a %s message whose buffers disagree in length is refused: %o", (kind, changes) => {
    expect(() => decode(...encoded({ ...GOOD[kind], ...changes }))).toThrow(/disagree/);
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
    const changed = { ...GOOD.map, offsets: Int32Array.from(offsets) };
    expect(() => decode(...encoded(changed))).toThrow(MalformedMessage);
  });

  it.each([{ offset: 4 }, { offset: -1 }, { rows: 3 }])(
    "cells that do not fit in the map are refused: %j",
    (change) => {
      expect(() => decode(...encoded({ ...GOOD.map, ...change }))).toThrow(/do not fit in/);
    },
  );

  it.each([
    ["labels", { commonest: Uint8Array.of(0, 4) }],
    ["row_labels", { codes: Uint8Array.of(0, 4, 2) }],
  ])("a place in a %s message that is not among the names is refused", (kind, changes) => {
    expect(() => decode(...encoded({ ...GOOD[kind], ...changes }))).toThrow(/not among the names/);
  });

  it("a level beyond the scale is refused", () => {
    const changed = { ...GOOD.row_levels, levels: Uint8Array.of(0, 255, 2) };
    expect(() => decode(...encoded(changed))).toThrow(/beyond the scale/);
  });

  it.each(["labels", "scale"])("%s that do not fit in the clusters are refused", (kind) => {
    expect(() => decode(...encoded({ ...GOOD[kind], offset: 3 }))).toThrow(/do not fit in/);
  });

  it("negative counts are refused even where their sum is right", () => {
    expect(() => decode(...encoded({ ...FINE, counts: Int32Array.of(4, -1, 0) }))).toThrow(MalformedMessage);
  });

  it.each(["results", "truth"])("a rank below 1 is refused in a %s message", (kind) => {
    const changed = { ...GOOD[kind], rank_of: Int32Array.of(0, 1) };
    expect(() => decode(...encoded(changed))).toThrow(/rank/);
  });

  it.each(["", "1.5", "1e3", "x", " 1", "12345678901234567890", 5])("a query id of %j is refused", (id) => {
    expect(() => decode(...encoded({ ...COARSE, id }))).toThrow(/field id is wrong/);
  });

  it("a picture with a wrong field is refused", () => {
    const items = [{ ...ITEM, length: "2" }];
    expect(() => decode(...encoded({ ...GOOD.thumbnails, items }))).toThrow(/field length/);
    expect(() => decode(...encoded({ ...GOOD.thumbnails, items: [null] }))).toThrow(MalformedMessage);
  });

  it.each([{ evidence: { factor: "2" } }, { evidence: [] }, { evidence: null }, { severity: "fatal" }])(
    "a finding is refused with %j",
    (changes) => {
      const findings = [{ ...FINDING, ...changes }];
      expect(() => decode(...encoded({ ...GOOD.done, findings }))).toThrow(MalformedMessage);
    },
  );
});
