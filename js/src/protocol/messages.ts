/** What the kernel says; `wire.py` is the reference, and `wire.ts` reads it. */

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
  /** and the nprobe at which each of their k true neighbours is found, ascending: 0 for none, nlist + 1 for never. */
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
