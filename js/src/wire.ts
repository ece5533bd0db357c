/** The messages between page and kernel; the layout of their buffers is described in `wire.py`. */

import type { RequestName } from "./requests";

export interface Coarse {
  kind: "coarse";
  request: RequestName;
  serial: number;
  id: bigint | null;
  label: string | null;
  nprobe: number;
  k: number;
  k_max: number;
  complete: boolean;
  /** Whether the clusters that are not probed follow by themselves; else they come when the page asks for the rest. */
  exhaustive: boolean;
  clusters: Int32Array;
  distances: Float32Array;
  vector: Float32Array;
}

export interface Candidates {
  kind: "fine" | "nearest";
  request: RequestName;
  first_rank: number;
  counts: Int32Array;
  ids: BigInt64Array;
  distances: Float32Array;
}

/** What Faiss returns, where that cannot be told from the candidates. */
export interface Outcome {
  kind: "results";
  request: RequestName;
  serial: number;
  nprobe: number;
  k: number;
  /** How many rows the first pass was asked for; 0 without a second. */
  first_k: number;
  /** Vectors compared in the lists. */
  compared: number;
  ids: BigInt64Array;
  distances: Float32Array;
  /** Rank of each one's cluster. */
  rankOf: Int32Array;
  /** What the first pass hands over, nearest first: rows, and their distances in it and in the second. */
  handed: BigInt64Array;
  first: Float32Array;
  second: Float32Array;
}

export interface Done {
  kind: "done";
  request: RequestName;
  /** Of work, by step: coarse, fine, nearest. */
  seconds: Readonly<Record<string, number>>;
  bytes: number;
  /** Sentences about the index and this query. */
  findings: string[];
}

/** The best distance that anything in each cluster can have, by rank. */
export interface Bounds {
  kind: "bounds";
  request: RequestName;
  serial: number;
  /** Sentences about this query. */
  findings: string[];
  bounds: Float32Array;
}

/** True neighbours by the vectors given, and what a search does with them. */
export interface Neighbours {
  kind: "truth";
  request: RequestName;
  serial: number;
  k: number;
  /** The only nprobe that it holds for; 0 for any. */
  nprobe: number;
  /** True neighbours; what follows them is as far as the last. */
  count: number;
  ids: BigInt64Array;
  distances: Float32Array;
  rankOf: Int32Array;
  /** The nprobe from which on each is compared, handed over to a second pass, and returned, */
  compared: Int32Array;
  handed: Int32Array;
  from: Int32Array;
  /** and from which on it is returned no more. */
  until: Int32Array;
}

/** Where one row stands for the query. */
export interface Verdict {
  kind: "verdict";
  request: RequestName;
  serial: number;
  id: bigint;
  cluster: number;
  /** Rank of its cluster. */
  rank: number;
  distance: number;
  /** One more than the number of vectors that are strictly nearer; null where they were not all compared. */
  position: number | null;
}

/** How far the evaluation of a workload is. */
export interface Progress {
  kind: "progress";
  request: RequestName;
  done: number;
  asked: number;
}

/** How many curves a workload has: mean recall, what 50, 95, 99 and 100 % of the queries reach, vectors compared. */
export const CURVES = 6;

/** Many queries, as far as they have been evaluated. */
export interface Workload {
  kind: "workload";
  request: RequestName;
  k: number;
  seed: number | null;
  source: string;
  computed: number;
  asked: number;
  final: boolean;
  include_self: boolean;
  /** Why it ended before all queries were evaluated. */
  reason: string | null;
  /** The values of nprobe that the curves are given at, ascending. */
  nprobes: Int32Array;
  /** One after the other, each as long as `nprobes`; vectors compared as a share of all. */
  curves: Float32Array;
  /** The hardest queries: their places in the workload, */
  rows: Int32Array;
  /** their row ids, or empty where they are free vectors, */
  ids: BigInt64Array;
  labels: (string | null)[];
  /** and the nprobe at which each of their k true neighbours is found, ascending; nlist + 1 beyond the last. */
  found: Int32Array;
}

export interface ThumbnailItem {
  id: string;
  label: string | null;
  mime: string | null;
  offset: number;
  length: number;
  url: string | null;
  reason: string | null;
}

export interface Thumbnails {
  kind: "thumbnails";
  request: RequestName;
  size: number;
  items: ThumbnailItem[];
  data: Uint8Array<ArrayBuffer>;
}

export interface Members {
  kind: "members";
  request: RequestName;
  cluster: number;
  offset: number;
  total: number;
  serial: number;
  ids: BigInt64Array;
  distances: Float32Array;
}

export interface Medoids {
  kind: "medoids";
  request: RequestName;
  clusters: Int32Array;
  ids: BigInt64Array;
}

/** Some of the map's cells: those from `offset` on, of `rows`. `CellMap` says what the arrays hold. */
export interface MapPart {
  kind: "map";
  request: RequestName;
  /** Of the layout of the centroids. */
  method: string;
  /** Whether no better map follows. */
  final: boolean;
  aspect: number;
  rows: number;
  offset: number;
  points: Float32Array;
  offsets: Int32Array;
  centres: Float32Array;
  inradii: Float32Array;
}

/** Some of the candidates in the plane: those from `offset` on, of `rows`. */
export interface Projection {
  kind: "projection";
  request: RequestName;
  serial: number;
  /** The nprobe of the picture, and ranks of clusters that are switched by hand. */
  ranks: number;
  flips: number[];
  method: string;
  final: boolean;
  sampled: boolean;
  total: number;
  drawn_in: number;
  rows: number;
  offset: number;
  ids: BigInt64Array;
  /** Rank of each one's cluster. */
  rankOf: Int32Array;
  distances: Float32Array;
  positions: Float32Array;
  query: Float32Array;
}

export interface Failure {
  kind: "error";
  request: RequestName | null;
  code: string;
  message: string;
}

export type Message =
  | Coarse
  | Candidates
  | Outcome
  | Bounds
  | Neighbours
  | Done
  | Verdict
  | Progress
  | Workload
  | Thumbnails
  | Members
  | Medoids
  | MapPart
  | Projection
  | Failure;

export class MalformedMessage extends Error {}

/**
 * What a message of each kind holds besides its kind and the name of its request: fields of its JSON, each followed by
 * a letter of `FIELDS`, and after the bar its buffers, each followed by a letter of `BUFFERS`. Buffers that are joined
 * by `=` have as many elements as each other.
 */
const LAYOUTS: Readonly<Record<string, string>> = {
  coarse:
    "serial:n id:i label:t nprobe:n k:n k_max:n complete:b exhaustive:b|clusters:i=distances:f vector:f",
  fine: "first_rank:n|counts:i ids:l=distances:f",
  nearest: "first_rank:n|counts:i ids:l=distances:f",
  results: "serial:n nprobe:n k:n first_k:n compared:n|ids:l=distances:f=rankOf:i handed:l=first:f=second:f",
  bounds: "serial:n findings:a|bounds:f",
  truth: "serial:n k:n nprobe:n count:n|ids:l=distances:f=rankOf:i=compared:i=handed:i=from:i=until:i",
  done: "seconds:o bytes:n findings:a",
  progress: "done:n asked:n",
  verdict: "serial:n id:i cluster:n rank:n distance:n position:m",
  workload:
    "k:n seed:m source:s computed:n asked:n final:b include_self:b reason:t labels:a|nprobes:i curves:f rows:i ids:l found:i",
  thumbnails: "size:n items:a|data:u",
  members: "cluster:n offset:n total:n serial:n|ids:l=distances:f",
  medoids: "|clusters:i=ids:l",
  map: "method:s final:b aspect:n rows:n offset:n|points:p offsets:i centres:p=inradii:f",
  projection:
    "serial:n ranks:n flips:a method:s final:b sampled:b total:n drawn_in:n rows:n offset:n|ids:l=rankOf:i=distances:f=positions:p query:p",
  error: "code:s message:s",
};

const ITEM = "id:s label:t mime:t offset:n length:n url:t reason:t";

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === "string";
const isObject: Check = (value) => typeof value === "object" && value !== null;

const FIELDS: Readonly<Record<string, Check>> = {
  n: Number.isFinite,
  m: (value) => value === null || Number.isFinite(value),
  b: (value) => typeof value === "boolean",
  s: isString,
  t: (value) => value === null || isString(value),
  i: (value) => value === null || (isString(value) && /^-?\d{1,19}$/.test(value as string)),
  a: Array.isArray,
  o: isObject,
};

const BUFFERS = {
  u: [Uint8Array, 1],
  i: [Int32Array, 4],
  f: [Float32Array, 4],
  l: [BigInt64Array, 8],
  p: [Float32Array, 8],
} as const;

type Entry = Record<string, unknown>;

/** Turn what came over the wire into a message; throws MalformedMessage on anything else. */
export function decode(content: unknown, buffers: readonly DataView[]): Message {
  if (!isObject(content)) throw new MalformedMessage("a message is an object");
  const { kind, request } = content as Entry;
  if (!isString(kind) || !Object.hasOwn(LAYOUTS, kind as string)) {
    throw new MalformedMessage(`unknown message kind: ${shown(kind)}`);
  }
  if (!isString(request) && !Number.isFinite(request) && (kind !== "error" || request !== null)) {
    throw wrong("request", request);
  }
  const [fields, parts = ""] = LAYOUTS[kind as string].split("|");
  const message: Entry = { kind, request, ...read(content, fields) };
  let place = 0;
  for (const group of parts.split(" ").filter(Boolean)) {
    let length: number | null = null;
    for (const part of group.split("=")) {
      const [name, letter] = part.split(":");
      const [Values, unit] = BUFFERS[letter as keyof typeof BUFFERS];
      const view = buffers[place++];
      if (view === undefined) throw new MalformedMessage(`buffer ${name} is missing`);
      if (view.byteLength % unit !== 0) throw new MalformedMessage(`buffer ${name} is cut short`);
      length ??= view.byteLength / unit;
      same(length, view.byteLength / unit);
      // A copy: what arrives is a view at an arbitrary offset, which typed arrays refuse.
      message[name] = new Values(
        view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer,
      );
    }
  }
  const decoded = message as unknown as Message;
  examine(decoded);
  return decoded;
}

/** What the layout cannot say. */
function examine(message: Message): void {
  switch (message.kind) {
    case "fine":
    case "nearest":
      if (message.counts.some((count) => count < 0)) throw new MalformedMessage("a count is below 0");
      same(
        message.ids.length,
        message.counts.reduce((sum, count) => sum + count, 0),
      );
      break;
    case "done":
      texts(message.findings);
      for (const step of ["coarse", "fine", "nearest"]) {
        if (!Number.isFinite(message.seconds[step])) throw wrong(step, message.seconds[step]);
      }
      break;
    case "bounds":
      texts(message.findings);
      break;
    case "truth":
    case "results":
      if (message.rankOf.some((rank) => rank < 1)) throw new MalformedMessage("a rank is below 1");
      break;
    case "workload":
      same(message.curves.length, message.nprobes.length * CURVES);
      same(message.found.length, message.rows.length * message.k);
      same(message.labels.length, message.rows.length);
      if (message.ids.length > 0) same(message.ids.length, message.rows.length);
      break;
    case "thumbnails":
      message.items = message.items.map((item) => read(item, ITEM) as unknown as ThumbnailItem);
      break;
    case "map": {
      const { offsets, points, inradii } = message;
      same(offsets.length, inradii.length + 1);
      if (offsets.some((offset, i) => (i === 0 ? offset !== 0 : offset < offsets[i - 1]))) {
        throw new MalformedMessage("offsets do not ascend from 0");
      }
      same(offsets[inradii.length], points.length / 2);
      fits(message, inradii.length);
      break;
    }
    case "projection":
      same(message.query.length, 2);
      fits(message, message.ids.length);
      break;
  }
}

function fits({ offset, rows }: MapPart | Projection, length: number): void {
  if (offset < 0 || offset + length > rows) {
    throw new MalformedMessage(`rows from ${offset} on do not fit in ${rows}`);
  }
}

function texts(values: unknown[]): void {
  if (!values.every(isString)) throw wrong("findings", values);
}

function read(content: unknown, layout: string): Entry {
  if (!isObject(content)) throw wrong("item", content);
  const fields: Entry = {};
  for (const part of layout.split(" ").filter(Boolean)) {
    const [name, letter] = part.split(":");
    const value = (content as Entry)[name];
    if (!FIELDS[letter](value)) throw wrong(name, value);
    fields[name] = letter === "i" && value !== null ? BigInt(value as string) : value;
  }
  return fields;
}

function same(left: number, right: number): void {
  if (left !== right) throw new MalformedMessage(`buffers disagree in length: ${left} and ${right}`);
}

function wrong(name: string, value: unknown): MalformedMessage {
  return new MalformedMessage(`field ${name} is wrong: ${shown(value)}`);
}

function shown(value: unknown): string {
  return String(value).slice(0, 80);
}
