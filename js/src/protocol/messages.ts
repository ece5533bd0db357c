/** Written by `python -m scripts.page_messages` from `feder_widget/session/messages`: edit these. */

import type { Layout } from "./layout";

export type RequestName = string | number;

/** A remark with its evidence. */
export interface Finding {
  code: string;
  severity: "info" | "warning" | "error";
  sentence: string;
  evidence: Record<string, number | number[]>;
  remedy: string | null;
}

/**
 * Names and numbers that the kernel checks requests and traits by.
 *
 * `thumbnail_sizes` are sides in device pixels, ascending; `snapshot_limit` counts characters of a saved
 * picture, `sample_limit` queries of a workload, `batch_limit` rows or clusters in one request,
 * `query_bytes` those of a picture that is a query, `words_limit` characters of one that is words,
 * `values_limit` rows whose values are asked for at once.
 */
export interface Constants {
  views: string[];
  thumbnail_sizes: number[];
  snapshot_limit: number;
  sample_limit: number;
  batch_limit: number;
  query_bytes: number;
  words_limit: number;
  values_limit: number;
}

/** Seconds of work in the kernel, by step. */
export interface Seconds {
  coarse: number;
  fine: number;
  nearest: number;
}

/**
 * One picture: `length` bytes of the buffer, or a `url` for the browser, or a `reason` for none.
 *
 * Of a row without a picture that has a `label`, none of these: the label is shown. A `note` says that the
 * picture is one of several: the first frame of an animation.
 */
export interface ThumbnailItem {
  id: bigint;
  label: string | null;
  mime: string | null;
  offset: number;
  length: number;
  url: string | null;
  reason: string | null;
  note: string | null;
}

/** A query that is a row of the index; `cluster` is a hint where the row is stored. */
export interface ById {
  id: string;
  cluster: number | null;
}

/** A query that is the vector in the request's buffer. */
export interface ByVector {
  vector: true;
}

/** A query that is the encoded picture in the request's buffer; its name is the title of the query. */
export interface ByPicture {
  picture: string;
}

/** A query that is words. */
export interface ByWords {
  words: string;
}

/** A query that is any row. */
export interface ByChance {
  random: true;
}

/** The query at this place of the workload last evaluated. */
export interface ByWorkload {
  workload: number;
}

/** The query that the kernel has already. */
export interface BySearch {
  resume: true;
}

/**
 * The facts of an index that the page shows and computes by.
 *
 * `distance`, `coarse_distance` and `refined_distance` name the distances in the lists, in the coarse
 * search and in a second pass (null without one). `coarse_exact`: a coarse search looks at every centroid;
 * `coarse_measured`: its distances are those to the centroids. `replayable`: results are the best of the
 * candidates. `renamed`: of candidates at one distance, others than their ids tell can be results.
 * `steady`: another nprobe probes the same clusters and more, or fewer, at the same distances. `given`:
 * true neighbours are by the original vectors. `unexplained` says why there are no true neighbours, or
 * null. `no_curve` says why recall takes a search at each nprobe, or null; a workload is then evaluated at
 * the values of nprobe in `evaluated_at`, which is empty where it is at all. `nprobe` is the index's own;
 * `images` and `labels` say whether rows have them, `asks_pictures` and `asks_words` whether pictures and
 * words can be queries, `columns` names their metadata, `categories` the places of the columns of
 * categories, `scales` the places of those of numbers and dates; `findings` are about the index.
 * `index_version` counts the changes of the index that the kernel has noticed. `sizes` counts the vectors
 * of each cluster.
 */
export interface IndexSummary {
  kind: "index";
  index_version: number;
  nlist: number;
  ntotal: number;
  dim: number;
  family: string;
  metric: string;
  distance: string;
  refined_distance: string | null;
  similarity: boolean;
  coarse_distance: string;
  coarse_similarity: boolean;
  coarse_exact: boolean;
  coarse_measured: boolean;
  exact: boolean;
  replayable: boolean;
  renamed: boolean;
  steady: boolean;
  given: boolean;
  unexplained: string | null;
  no_curve: string | null;
  evaluated_at: number[];
  k_max: number;
  nprobe: number;
  images: boolean;
  labels: boolean;
  asks_pictures: boolean;
  asks_words: boolean;
  columns: string[];
  categories: number[];
  scales: number[];
  findings: Finding[];
  constants: Constants;
  sizes: Int32Array<ArrayBuffer>;
}

/**
 * The facts of a graph index that the page shows and computes by.
 *
 * `distance` names the distances of a walk, `result_distance` those of results, `true_distance` those of
 * true neighbours, `basis` what these are by. `k_factor` is the number of nodes handed to a second pass for
 * each result, 0 where there is none; with one, results come in `walk_results` only. `level_sizes` counts
 * the nodes of each level from 0 up, `width` the links that a node has on level 0 at most. `ef_search` is
 * the index's own; `ef_limit` the largest that the page can show. `least_is_k`: a search for k results uses
 * k where efSearch is less. The rest is as in `IndexSummary`.
 */
export interface GraphSummary {
  kind: "graph";
  index_version: number;
  ntotal: number;
  dim: number;
  family: string;
  metric: string;
  distance: string;
  result_distance: string;
  true_distance: string;
  similarity: boolean;
  basis: "vectors" | "lists" | "codes";
  k_factor: number;
  level_sizes: number[];
  width: number;
  ef_search: number;
  ef_limit: number;
  least_is_k: boolean;
  k_max: number;
  images: boolean;
  labels: boolean;
  asks_pictures: boolean;
  asks_words: boolean;
  columns: string[];
  findings: Finding[];
  constants: Constants;
}

/**
 * The coarse search: the clusters by rank, all of them or, of very many, the nearest.
 *
 * `serial` grows with every search of a widget: the page adopts a coarse message only when its serial is
 * the largest so far. `complete` says whether `nearest` messages hold enough for any set of clusters, or
 * (nlist in the thousands) only for prefixes of the ranking. `exhaustive` says whether `nearest` covers all
 * clusters unasked, or ends with the probed ones until the page asks for the rest. `index_version` counts
 * the changes of the index that this widget has noticed. `copies` is the number of vectors stored under
 * `id`, mostly 1, and 0 without an `id`: a search without that row is one for k + `copies`. No search
 * probes a cluster behind rank `reach`, however large nprobe is. `title` names a query from elsewhere, null
 * for none, and `picture` is a small encoded picture of it, empty for none. `tied` says whether two
 * centroids that some search comes to are at one distance. Where the search ends with the probed clusters
 * and true neighbours are by the original vectors, a pass over these has a price: `truth_bytes` to read, in
 * about `truth_seconds`; else both are 0.
 *
 * Where clusters are left out, every message that is about rows in one of them comes after a `ranked` one
 * that names it. `nearest` is then, where the coarse search is approximate, the rank of each cluster by the
 * distance to its centroid: the number of centroids that are as near or nearer. Else it is empty.
 */
export interface Coarse {
  kind: "coarse";
  request: RequestName;
  serial: number;
  index_version: number;
  id: bigint | null;
  copies: number;
  label: string | null;
  title: string | null;
  nprobe: number;
  reach: number;
  k: number;
  k_max: number;
  complete: boolean;
  exhaustive: boolean;
  tied: boolean;
  truth_bytes: number;
  truth_seconds: number;
  clusters: Int32Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  vector: Float32Array<ArrayBuffer>;
  nearest: Int32Array<ArrayBuffer>;
  picture: Uint8Array<ArrayBuffer>;
}

/**
 * Ranks of some clusters that the `coarse` message of search `serial` leaves out.
 *
 * Answers a `ranks` request, and comes before messages about rows in these clusters. `nearest` as in a
 * `coarse` message, for every coarse search.
 */
export interface RankedClusters {
  kind: "ranked";
  request: RequestName;
  serial: number;
  ranks: Int32Array<ArrayBuffer>;
  clusters: Int32Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  nearest: Int32Array<ArrayBuffer>;
}

/**
 * One search of a graph: the descent, and the walk on level 0 up to `ef_max`.
 *
 * Hop i of the descent compares the query with the links `hop_offsets[i]` to `hop_offsets[i + 1]` of
 * `hop_from[i]` on level `hop_levels[i]`; `hop_to[i]` is the nearest node so far. `ids` are the visited
 * rows in order, and `nodes` their numbers in the graph, by which ties are broken; `levels` is the highest
 * level of each, and `deleted` is 1 for those that are walked through and never returned. `expanded` are
 * places among them, in the order of expansion: expansion i has visited the rows `first[i]` to `first[i +
 * 1]`, and `nearer[i]` visited rows were strictly nearer than it. `stopped_at` is the place of the row that
 * would have been expanded next, -1 for none.
 *
 * The walk of a smaller efSearch is the beginning of this one, up to `holds_until`: the number of all rows
 * where no distances tie. Beyond it, rows of one distance were expanded, and only a search tells
 * (`walk_results`); `ef_max` is `ef_search` then, so that the walk itself is right. `exhausted`: no larger
 * efSearch visits another row. `title` names a query from elsewhere, and `picture` is a small encoded
 * picture of it. `serial` and `index_version` as in `Coarse`.
 */
export interface Walk {
  kind: "walk";
  request: RequestName;
  serial: number;
  index_version: number;
  id: bigint | null;
  label: string | null;
  title: string | null;
  ef_search: number;
  ef_max: number;
  holds_until: number;
  exhausted: boolean;
  entry: bigint;
  stopped_at: number;
  entry_distance: Float32Array<ArrayBuffer>;
  hop_levels: Int32Array<ArrayBuffer>;
  hop_from: BigInt64Array<ArrayBuffer>;
  hop_to: BigInt64Array<ArrayBuffer>;
  hop_distances: Float32Array<ArrayBuffer>;
  hop_offsets: Int32Array<ArrayBuffer>;
  link_ids: BigInt64Array<ArrayBuffer>;
  link_distances: Float32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  nodes: Int32Array<ArrayBuffer>;
  levels: Uint8Array<ArrayBuffer>;
  deleted: Uint8Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  expanded: Int32Array<ArrayBuffer>;
  first: Int32Array<ArrayBuffer>;
  nearer: Int32Array<ArrayBuffer>;
  vector: Float32Array<ArrayBuffer>;
  picture: Uint8Array<ArrayBuffer>;
}

/**
 * The `count` true neighbours of search `serial`, and the rows that tie with the last of them.
 *
 * Nearest first. Each is visited from efSearch `visited_from` on, handed to a second pass where
 * `handed_from` <= efSearch < `handed_until`, and returned where `returned_from` <= efSearch <
 * `returned_until`; 0 stands for none. Without a second pass, those handed over are those returned.
 * `led_by` is the row whose links lead to it, and `gate` the row that a search must not stop at; -2^63 for
 * none. The rows that link to row i are `in_offsets[i]` to `in_offsets[i + 1]` of `in_ids`. All this holds
 * up to `holds_until`, as in `Walk`. `level_nearest` and `level_distances` are the node of each upper
 * level, from 1 up, that is nearest to the query; `level_places` is the place among the level's nodes at
 * which the descent left it, 1 = nearest. Nodes of one distance share a place, and are all the nearest.
 */
export interface WalkTruth {
  kind: "walk_truth";
  request: RequestName;
  serial: number;
  k: number;
  include_self: boolean;
  count: number;
  holds_until: number;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  visited_from: Int32Array<ArrayBuffer>;
  handed_from: Int32Array<ArrayBuffer>;
  handed_until: Int32Array<ArrayBuffer>;
  returned_from: Int32Array<ArrayBuffer>;
  returned_until: Int32Array<ArrayBuffer>;
  led_by: BigInt64Array<ArrayBuffer>;
  gate: BigInt64Array<ArrayBuffer>;
  in_offsets: Int32Array<ArrayBuffer>;
  in_ids: BigInt64Array<ArrayBuffer>;
  level_nearest: BigInt64Array<ArrayBuffer>;
  level_distances: Float32Array<ArrayBuffer>;
  level_places: Int32Array<ArrayBuffer>;
}

/**
 * The results of the engine's own search, where the visits of the walk do not tell them.
 *
 * The results `offsets[i]` to `offsets[i + 1]` of `ids` are those at efSearch `ef_from[i]` up to before
 * `ef_from[i + 1]`; the last ones up to `ef_until`. `ef_search`, the one asked for, is among these. Unless
 * `include_self`, a row that is the query is left out, and the search was one for more.
 */
export interface WalkResults {
  kind: "walk_results";
  request: RequestName;
  serial: number;
  ef_search: number;
  ef_until: number;
  k: number;
  include_self: boolean;
  ef_from: Int32Array<ArrayBuffer>;
  offsets: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
}

/**
 * Where one row stands for search `serial`: how near it is, and how a walk comes to it.
 *
 * `position` is one more than the number of vectors that are strictly nearer. `need` is the smallest
 * efSearch that visits the row, 0 where no path leads to it; `led_by` is the row whose links lead to it,
 * `gate` the row that a search must not stop at, null for none. Both hold up to `holds_until`. `in_ids` are
 * the rows that link to it.
 */
export interface WalkVerdict {
  kind: "walk_verdict";
  request: RequestName;
  serial: number;
  id: bigint;
  position: number;
  need: number;
  led_by: bigint | null;
  gate: bigint | null;
  holds_until: number;
  distance: Float32Array<ArrayBuffer>;
  in_ids: BigInt64Array<ArrayBuffer>;
}

/**
 * Where the nodes of search `serial` stand on the map, in its coordinates.
 *
 * `places` and `districts` are of the visited nodes in order, `link_places` of the nodes that the descent
 * compared, `entry_place` of the entry point, `extra_places` and `extra_districts` of the rows asked for
 * that are in the index. A place does not depend on the query; `query_place` is where the query itself
 * would stand. `district_distances` are those from the query to the middles of all districts: squared L2
 * distances; products for a similarity, or what they leave to one where the engine's distance is that.
 */
export interface WalkPlaces {
  kind: "walk_places";
  request: RequestName;
  serial: number;
  index_version: number;
  places: Float32Array<ArrayBuffer>;
  districts: Int32Array<ArrayBuffer>;
  link_places: Float32Array<ArrayBuffer>;
  entry_place: Float32Array<ArrayBuffer>;
  query_place: Float32Array<ArrayBuffer>;
  extra_ids: BigInt64Array<ArrayBuffer>;
  extra_places: Float32Array<ArrayBuffer>;
  extra_districts: Int32Array<ArrayBuffer>;
  district_distances: Float32Array<ArrayBuffer>;
}

/**
 * Nodes of search `serial` in the plane, in the unit square, first by `method` "PCA".
 *
 * `places` are of the first visited nodes, in their order: of all at first, of fewer in the better picture.
 * `stop_places` are of the entry point and of the node that each hop of the descent came to, `extra_places`
 * of the rows asked for that are in the index. `drawn_in` counts far points that are drawn nearer. After
 * `final` nothing follows.
 */
export interface WalkProjection {
  kind: "walk_projection";
  request: RequestName;
  serial: number;
  method: string;
  final: boolean;
  drawn_in: number;
  places: Float32Array<ArrayBuffer>;
  stop_places: Float32Array<ArrayBuffer>;
  extra_ids: BigInt64Array<ArrayBuffer>;
  extra_places: Float32Array<ArrayBuffer>;
  query_place: Float32Array<ArrayBuffer>;
}

/**
 * What stands on the map of a graph, after the parts of the map.
 *
 * Districts are groups of near vectors, found by k-means: `sizes` counts the vectors of each, and `medoids`
 * are the rows nearest to their middles, -2^63 for none. `ids` are the nodes of the upper levels that have
 * at most 2,000 nodes, `levels` the highest level of each, `places` where they stand.
 */
export interface Districts {
  kind: "districts";
  request: RequestName;
  index_version: number;
  sizes: Int32Array<ArrayBuffer>;
  medoids: BigInt64Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  levels: Uint8Array<ArrayBuffer>;
  places: Float32Array<ArrayBuffer>;
}

/**
 * Candidates of consecutive clusters, from `first_rank` on (1 = nearest), in list order.
 *
 * `fine` holds every candidate of its clusters, `nearest` all that can be a result at any k <= k_max, with
 * or without the row that is the query. Where `continues` is true, the last cluster goes on in the next
 * message, whose `first_rank` is that cluster's.
 */
export interface Candidates {
  kind: "fine" | "nearest";
  request: RequestName;
  first_rank: number;
  continues: boolean;
  counts: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
}

/**
 * The results of Faiss for search `serial`, where the candidates do not tell them.
 *
 * Follows the `fine` messages of such a search, and answers a `results` request. `rank_of` is the rank of
 * each result's cluster. An index that re-ranks hands `handed_over` rows, nearest first, to its second
 * pass, which was asked for `first_k` of them (0 without a second pass). `compared` counts the vectors
 * compared in the lists. Unless `include_self`, a row that is the query is left out of all of these, and
 * the search was one for more.
 */
export interface FaissResults {
  kind: "results";
  request: RequestName;
  serial: number;
  nprobe: number;
  k: number;
  include_self: boolean;
  first_k: number;
  compared: number;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  rank_of: Int32Array<ArrayBuffer>;
  handed_over: BigInt64Array<ArrayBuffer>;
  first_pass: Float32Array<ArrayBuffer>;
  second_pass: Float32Array<ArrayBuffer>;
}

/**
 * The `count` true neighbours by the original vectors, and the rows that tie with the last of them.
 *
 * Nearest first. `distances` are to the original vectors, `rank_of` the ranks of their clusters.
 * `compared_from`, `handed_from` and `returned_from` are the least nprobe at which a search compares each
 * row with the query, hands it to a second pass, and returns it; from `returned_until` on it returns it no
 * more. nlist + 1 is never. `nprobe` is the only one that this holds for, or 0 where it holds for all.
 * `include_self` says whether a row that is the query counts.
 */
export interface TrueNeighbours {
  kind: "truth";
  request: RequestName;
  serial: number;
  k: number;
  include_self: boolean;
  nprobe: number;
  count: number;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  rank_of: Int32Array<ArrayBuffer>;
  compared_from: Int32Array<ArrayBuffer>;
  handed_from: Int32Array<ArrayBuffer>;
  returned_from: Int32Array<ArrayBuffer>;
  returned_until: Int32Array<ArrayBuffer>;
}

/**
 * Of the original vectors, `done` of `asked` were compared with the query of search `serial`.
 *
 * `dashboard` is the address of the page on which the workers' cluster shows its work; null without one.
 */
export interface TruthProgress {
  kind: "truth_progress";
  request: RequestName;
  serial: number;
  done: number;
  asked: number;
  dashboard: string | null;
}

/**
 * The best distance that any vector of each cluster can have, by geometry alone, by rank.
 *
 * `bounds` are of the clusters in the `coarse` message; `beyond` are the best bounds of the others, best
 * first, of which there may be more. Sent as soon as the survey of the index tells, at any time in a
 * search, and again when it tells more.
 */
export interface Bounds {
  kind: "bounds";
  request: RequestName;
  serial: number;
  findings: Finding[];
  bounds: Float32Array<ArrayBuffer>;
  beyond: Float32Array<ArrayBuffer>;
}

/** Findings about the query of search `serial` that came after its answer. */
export interface Remarks {
  kind: "remarks";
  request: RequestName;
  serial: number;
  findings: Finding[];
}

/**
 * Where one row stands: its distance, its cluster and that cluster's rank.
 *
 * `position` is one more than the number of vectors that are strictly nearer, null where they were not
 * counted; of these, a row that is the query counts as the request says.
 */
export interface Verdict {
  kind: "verdict";
  request: RequestName;
  serial: number;
  id: bigint;
  cluster: number;
  rank: number;
  distance: number;
  position: number | null;
}

/** The search is complete; `bytes` counts its buffers. */
export interface Done {
  kind: "done";
  request: RequestName;
  seconds: Seconds;
  bytes: number;
  findings: Finding[];
}

/**
 * An evaluation has finished `done` of `asked` queries, the last of them perhaps in part.
 *
 * `cancellable` is false while a cell evaluates: the kernel hears no cancel until the cell ends.
 * `dashboard` is the address of the page on which the workers' cluster shows its work; null without one.
 */
export interface Progress {
  kind: "progress";
  request: RequestName;
  done: number;
  asked: number;
  cancellable: boolean;
  dashboard: string | null;
}

/**
 * A workload as far as it is evaluated: `computed` of `asked` queries.
 *
 * At each of `nprobes`, ascending: the mean `recall`, the recall that each of `shares` of the queries
 * `reached`, the share `without_any` of the queries that find no true neighbour, and the share of the
 * vectors `compared`. Where recall takes a search at each nprobe, these are `apart`: the only ones that
 * anything is known of. `reason` says why the evaluation ended early.
 */
export interface Workload {
  kind: "workload";
  request: RequestName;
  k: number;
  seed: number | null;
  source: "sample" | "ids" | "vectors";
  computed: number;
  asked: number;
  final: boolean;
  include_self: boolean;
  reason: string | null;
  apart: boolean;
  shares: number[];
  nprobes: Int32Array<ArrayBuffer>;
  recall: Float32Array<ArrayBuffer>;
  reached: Float32Array<ArrayBuffer>;
  compared: Float32Array<ArrayBuffer>;
  without_any: Float32Array<ArrayBuffer>;
}

/**
 * The recall of a workload's queries from `offset` on, of `rows` queries, at every nprobe.
 *
 * Of each query the cluster at rank 1 (-1 for none), the number of its true neighbours, and how many of
 * them it finds: query i of these finds `changes[j]` more, or fewer, from `nprobes[j]` on, for j from
 * `offsets[i]` to before `offsets[i + 1]`. Of a very large workload, `rows` is less than its queries.
 */
export interface QueryRecalls {
  kind: "query_recalls";
  request: RequestName;
  rows: number;
  offset: number;
  clusters: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  offsets: Int32Array<ArrayBuffer>;
  nprobes: Int32Array<ArrayBuffer>;
  changes: Int32Array<ArrayBuffer>;
}

/**
 * The hardest queries of a workload, the hardest first, as a `HardestRequest` orders them.
 *
 * Their places in the workload, their row ids (none for vectors), how many of the `counts` true neighbours
 * of each are `found` at `nprobe`, and the least nprobe that finds all; nlist + 1 for never. `nprobe` is
 * the one asked for, or the next smaller one that the workload was evaluated at; there `missing` queries of
 * the whole workload miss a true neighbour.
 */
export interface Hardest {
  kind: "hardest";
  request: RequestName;
  order: string;
  nprobe: number;
  missing: number;
  labels: (string | null)[];
  places: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  found: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  needed: Int32Array<ArrayBuffer>;
}

/**
 * Pictures of some of the rows of a request, as they are ready, `size` device pixels at most.
 *
 * `places[i]` is the place of `items[i]` in the request. `data` holds the encoded images, back to back. The
 * last message of a request is `final`: all its rows have been sent.
 */
export interface Thumbnails {
  kind: "thumbnails";
  request: RequestName;
  size: number;
  final: boolean;
  places: number[];
  items: ThumbnailItem[];
  data: Uint8Array<ArrayBuffer>;
}

/**
 * The rows of some clusters from `offset` on: `counts[i]` of the `totals[i]` of `clusters[i]`.
 *
 * They come nearest to the query of search `serial` first. Before any search (`serial` 0) they come nearest
 * to the centroid first, and distances are NaN.
 */
export interface Members {
  kind: "members";
  request: RequestName;
  offset: number;
  serial: number;
  clusters: Int32Array<ArrayBuffer>;
  totals: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
}

/** The row nearest to each cluster's centroid; empty clusters are left out. */
export interface Medoids {
  kind: "medoids";
  request: RequestName;
  clusters: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
}

/**
 * The commonest labels, `names`, and how often each occurs in the clusters from `offset` on.
 *
 * `rows` is nlist. A first count comes from a few rows of each cluster, the final one from at most `limit`,
 * drawn at random: `counted` of the index's `total` rows. `distinct` counts the different labels among
 * these, `unlabelled` the rows without one, `failed` those whose label could not be read. `counts` of a
 * cluster are by name, then of all other labels together. `commonest` is the place of its commonest label
 * among the names: the number of names for a label that is not among them, one more for no label at all.
 * `most` is how often that occurs. With a `column`, its values are the labels.
 */
export interface Labels {
  kind: "labels";
  request: RequestName;
  column: number | null;
  index_version: number;
  final: boolean;
  names: string[];
  distinct: number;
  counted: number;
  total: number;
  limit: number;
  unlabelled: number;
  failed: number;
  rows: number;
  offset: number;
  counts: Int32Array<ArrayBuffer>;
  commonest: Uint8Array<ArrayBuffer>;
  most: Int32Array<ArrayBuffer>;
}

/**
 * The commonest labels of a cluster, `names`, and how often each occurs among `counted` of its rows.
 *
 * These are all of its `total` rows, or drawn at random. `distinct` counts their different labels,
 * `unlabelled` the rows without one, `failed` those whose label could not be read.
 */
export interface Composition {
  kind: "composition";
  request: RequestName;
  cluster: number;
  names: string[];
  counts: number[];
  distinct: number;
  counted: number;
  total: number;
  unlabelled: number;
  failed: number;
}

/**
 * The labels of rows, `counts[i]` of them in `clusters[i]`, as places among `names`.
 *
 * The number of names stands for another label, one more for none. Clusters that were asked for and are
 * left out can be asked for again; of one whose rows are too many, some are left out.
 */
export interface RowLabels {
  kind: "row_labels";
  request: RequestName;
  names: string[];
  clusters: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  codes: Uint8Array<ArrayBuffer>;
}

/**
 * The scale of a column, and its values in the clusters from `offset` on.
 *
 * `rows` is nlist. At most `limit` rows of each cluster are read, drawn at random: `counted` of the index's
 * `total` rows. The scale goes from `low` to `high`, the 2nd and the 98th percentile of all rows by these,
 * or from `least` to `greatest` where the percentiles are equal; these four are of finite values, and null
 * without one. `missing` counts the rows read without a value, `infinite` those whose value is infinite.
 * Dates and times are seconds since 1970. `means`, `least_values` and `greatest_values` are of the `valued`
 * finite values of a cluster, 0 without one.
 */
export interface Scale {
  kind: "scale";
  request: RequestName;
  column: number;
  index_version: number;
  unit: "number" | "date" | "time";
  low: number | null;
  high: number | null;
  least: number | null;
  greatest: number | null;
  counted: number;
  total: number;
  limit: number;
  missing: number;
  infinite: number;
  rows: number;
  offset: number;
  valued: Int32Array<ArrayBuffer>;
  means: Float64Array<ArrayBuffer>;
  least_values: Float64Array<ArrayBuffer>;
  greatest_values: Float64Array<ArrayBuffer>;
}

/**
 * The values of rows, `counts[i]` of them in `clusters[i]`, as levels of a column's scale.
 *
 * Levels go from 0 at `low` and below to 252 at `high` and above; 254 stands for no value. Clusters that
 * were asked for and are left out can be asked for again; of one whose rows are too many, some are left
 * out.
 */
export interface RowLevels {
  kind: "row_levels";
  request: RequestName;
  column: number;
  low: number | null;
  high: number | null;
  clusters: Int32Array<ArrayBuffer>;
  counts: Int32Array<ArrayBuffer>;
  ids: BigInt64Array<ArrayBuffer>;
  levels: Uint8Array<ArrayBuffer>;
}

/**
 * The values of some rows: `values[i]` of `ids[i]`, one for each column of the index summary.
 *
 * They are short texts, null for a missing value; a row without metadata has none at all. `numbers` are the
 * same values by row and column where the column has a scale, NaN elsewhere.
 */
export interface RowValues {
  kind: "row_values";
  request: RequestName;
  ids: bigint[];
  values: ((string | null)[])[];
  numbers: Float64Array<ArrayBuffer>;
}

/**
 * The map's cells from `offset` on, of `rows`, which is nlist: a first map, then the final one.
 *
 * Cells lie in the rectangle [0, `aspect`] by [0, 1], y up. Cell i of these has the corners `offsets[i]` to
 * `offsets[i + 1]` of `points`, counter-clockwise, none if it holds no vectors. `inradii` are of circles
 * around `centres` that fit in the cells. `method` names the layout of the centroids.
 */
export interface MapPart {
  kind: "map";
  request: RequestName;
  method: string;
  final: boolean;
  aspect: number;
  rows: number;
  offset: number;
  points: Float32Array<ArrayBuffer>;
  offsets: Int32Array<ArrayBuffer>;
  centres: Float32Array<ArrayBuffer>;
  inradii: Float32Array<ArrayBuffer>;
}

/**
 * The map of very many clusters without the shapes of its cells: those from `offset` on, of `rows`.
 *
 * Comes in place of a `map` message; fields as there. `centres` are x and y in 65,536ths of the rectangle's
 * width and height. `drawing` is the number of the map, for which shapes can be asked.
 */
export interface MapCentres {
  kind: "map_centres";
  request: RequestName;
  drawing: number;
  method: string;
  final: boolean;
  aspect: number;
  rows: number;
  offset: number;
  centres: Uint16Array<ArrayBuffer>;
}

/**
 * The cells of the map `drawing` that touch a box, from `offset` on, of `rows`.
 *
 * Answers a `map_shapes` request. `clusters` are their numbers; all else as in a `map` message.
 */
export interface MapShapes {
  kind: "map_shapes";
  request: RequestName;
  drawing: number;
  rows: number;
  offset: number;
  clusters: Int32Array<ArrayBuffer>;
  points: Float32Array<ArrayBuffer>;
  offsets: Int32Array<ArrayBuffer>;
  centres: Float32Array<ArrayBuffer>;
  inradii: Float32Array<ArrayBuffer>;
}

/**
 * Candidates in the plane, from `offset` on of `rows`, by rank and in list order.
 *
 * Positions are in the unit square. A linear picture comes first, then a better one (`final` when none
 * follows). `ranks` and `flips` repeat the request. `sampled` when these are not all `total` candidates;
 * the `drawn_in` farthest are shown nearer than they are. A picture that cannot be made is an `error`; the
 * one before it stays.
 */
export interface Projection {
  kind: "projection";
  request: RequestName;
  serial: number;
  ranks: number;
  flips: number[];
  method: string;
  final: boolean;
  sampled: boolean;
  total: number;
  drawn_in: number;
  rows: number;
  offset: number;
  ids: BigInt64Array<ArrayBuffer>;
  rank_of: Int32Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
  positions: Float32Array<ArrayBuffer>;
  query: Float32Array<ArrayBuffer>;
}

/**
 * The bytes of a page or a figure from `offset` on, UTF-8. The last message is `final`.
 *
 * A file that is made anew, because the index has changed, begins at 0 again.
 */
export interface FilePart {
  kind: "file_part";
  request: RequestName;
  offset: number;
  final: boolean;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * A request that failed; the answer before it stays valid.
 *
 * `code` is "invalid" (the request), "superseded" (it is about a search that is over), "changed" (it is
 * about a search older than the index), "cancelled", "interrupted" (from the keyboard) or "internal".
 */
export interface Failure {
  kind: "error";
  request: RequestName | null;
  code: string;
  message: string;
}

/**
 * A query to answer. The buffer holds the vector of a `ByVector` or the picture of a `ByPicture`.
 *
 * `include_self` says whether a row that is the query is among its own results and neighbours.
 */
export interface SearchRequest {
  kind: "search";
  request: RequestName;
  query: QueryChoice;
  nprobe: number;
  k: number;
  include_self: boolean;
}

/**
 * A query to answer by a graph, as a `walk` message; fields as in a `SearchRequest`.
 *
 * The walk goes on to `ef_max`, so that a larger efSearch can be shown without asking.
 */
export interface WalkRequest {
  kind: "walk";
  request: RequestName;
  query: QueryChoice;
  ef_search: number;
  ef_max: number;
  k: number;
  include_self: boolean;
}

/** The true neighbours of search `serial` of a graph, as a `walk_truth` message. */
export interface WalkTruthRequest {
  kind: "walk_truth";
  request: RequestName;
  serial: number;
  k: number;
  include_self: boolean;
}

/** The results of the graph's own search at this efSearch and k, as a `walk_results` message. */
export interface WalkResultsRequest {
  kind: "walk_results";
  request: RequestName;
  serial: number;
  ef_search: number;
  k: number;
  include_self: boolean;
}

/** Where a row stands for search `serial` of a graph, as a `walk_verdict` message. */
export interface WalkVerdictRequest {
  kind: "walk_verdict";
  request: RequestName;
  serial: number;
  id: string;
  include_self: boolean;
}

/**
 * Where the nodes of search `serial` of a graph stand on the map, as a `walk_places` message.
 *
 * The map must have been sent. `extra` are rows that the search did not visit.
 */
export interface WalkPlacesRequest {
  kind: "walk_places";
  request: RequestName;
  serial: number;
  extra: string[];
}

/**
 * The visited nodes of search `serial` of a graph in the plane; `walk_projection` messages answer it.
 *
 * `visits` counts those that are shown now: all of them have places in the better picture. `extra` are rows
 * that the search did not visit.
 */
export interface WalkProjectionRequest {
  kind: "walk_projection";
  request: RequestName;
  serial: number;
  visits: number;
  extra: string[];
}

/** Every candidate of the clusters at these ranks of search `serial`; `fine` messages answer it. */
export interface CandidatesRequest {
  kind: "candidates";
  request: RequestName;
  serial: number;
  first_rank: number;
  last_rank: number;
}

/**
 * All that can be a result of the clusters at these ranks of search `serial`, whatever else is probed.
 *
 * `nearest` messages, one for each rank in the order of `ranks`, and a `done` answer it.
 */
export interface ClustersRequest {
  kind: "clusters";
  request: RequestName;
  serial: number;
  ranks: number[];
}

/**
 * The clusters of search `serial` that its coarse message left out, up to `last_rank`.
 *
 * `nearest` messages from the first rank not sent, and a `done`, answer it.
 */
export interface RestRequest {
  kind: "rest";
  request: RequestName;
  serial: number;
  last_rank: number;
}

/**
 * The `results` of Faiss at this nprobe and k, or the `truth` by the original vectors.
 *
 * `include_self` as in a `SearchRequest`.
 */
export interface OutcomeRequest {
  kind: "results" | "truth";
  request: RequestName;
  serial: number;
  nprobe: number;
  k: number;
  include_self: boolean;
}

/** The ranks of some clusters in search `serial`, as a `ranked` message. */
export interface RanksRequest {
  kind: "ranks";
  request: RequestName;
  serial: number;
  clusters: number[];
}

/**
 * Where a row stands for search `serial`.
 *
 * `cluster` says which of the rows that share the id; `include_self` as in a `SearchRequest`.
 */
export interface VerdictRequest {
  kind: "verdict";
  request: RequestName;
  serial: number;
  id: string;
  cluster: number | null;
  include_self: boolean;
}

/** Pictures of rows; `clusters[i]` stores `ids[i]`, `size` is in device pixels. */
export interface ThumbnailsRequest {
  kind: "thumbnails";
  request: RequestName;
  ids: string[];
  clusters: number[] | null;
  size: number;
}

/**
 * The same window of the rows of each of these clusters, of at most `MAX_WINDOW` rows in all.
 *
 * A cluster's rows come nearest to the query first, without a query nearest to the centroid.
 */
export interface MembersRequest {
  kind: "members";
  request: RequestName;
  clusters: number[];
  offset: number;
  limit: number;
}

/** The row nearest to the centroid of each of these clusters. */
export interface MedoidsRequest {
  kind: "medoids";
  request: RequestName;
  clusters: number[];
}

/**
 * The commonest labels of the index, and their numbers in each cluster; `labels` messages answer it.
 *
 * With a `column`, its values are the labels.
 */
export interface LabelsRequest {
  kind: "labels";
  request: RequestName;
  column: number | null;
}

/** The commonest labels of one cluster; with a `column`, its values are the labels. */
export interface CompositionRequest {
  kind: "composition";
  request: RequestName;
  cluster: number;
  column: number | null;
}

/**
 * The label of each row of these clusters, as a place among the names of the last `labels` message.
 *
 * With a `column`, its values are the labels.
 */
export interface RowLabelsRequest {
  kind: "row_labels";
  request: RequestName;
  clusters: number[];
  column: number | null;
}

/** The scale of a column of numbers, and its values in each cluster; `scale` messages answer it. */
export interface ScaleRequest {
  kind: "scale";
  request: RequestName;
  column: number;
}

/** The value of each row of these clusters, as a level of the last `scale` of the column. */
export interface RowLevelsRequest {
  kind: "row_levels";
  request: RequestName;
  clusters: number[];
  column: number;
}

/** The values of rows in the columns that the index summary names. */
export interface RowValuesRequest {
  kind: "row_values";
  request: RequestName;
  ids: string[];
}

/**
 * The candidates of the `ranks` nearest clusters of search `serial` in the plane, for `k` results.
 *
 * A cluster whose rank is in `flips` is left out if it is among these, and added if not. `extra` are rows
 * of other clusters to show as well; `extra_clusters[i]` stores `extra[i]`. A newer request supersedes an
 * older one.
 */
export interface ProjectionRequest {
  kind: "projection";
  request: RequestName;
  serial: number;
  ranks: number;
  flips: number[];
  k: number;
  extra: string[];
  extra_clusters: number[];
}

/**
 * Evaluate `sample` queries drawn from the index with `seed`.
 *
 * `progress` and `workload` messages answer. A newer request ends an older one; `cancel` ends it. Both keep
 * what was computed. `include_self` says whether each query counts among its own neighbours.
 */
export interface EvaluateRequest {
  kind: "evaluate";
  request: RequestName;
  sample: number;
  seed: number;
  k: number;
  include_self: boolean;
}

/** The workload last evaluated, as far as it is, if there is one. */
export interface WorkloadRequest {
  kind: "workload";
  request: RequestName;
}

/** The recall of each query of the last workload, as `query_recalls` messages, if there is one. */
export interface QueryRecallsRequest {
  kind: "query_recalls";
  request: RequestName;
}

/**
 * The hardest queries of the workload last evaluated, as a `hardest` message, if there is a workload.
 *
 * By `order`: those of the lowest "recall" at `nprobe`, or those that need the largest "nprobe".
 */
export interface HardestRequest {
  kind: "hardest";
  request: RequestName;
  order: "recall" | "nprobe";
  nprobe: number;
}

/**
 * The map, now or as soon as it is drawn, and a better one when that is.
 *
 * That of a graph is drawn once, when it is first asked for, and a `districts` message follows it.
 */
export interface MapRequest {
  kind: "map";
  request: RequestName;
}

/**
 * The shapes of the cells of the map `drawing` that touch a box, as `map_shapes` messages.
 *
 * The box is in 65,536ths of the map's width and height, y up.
 */
export interface MapShapesRequest {
  kind: "map_shapes";
  request: RequestName;
  drawing: number;
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/**
 * The search on screen, and the hardest queries of the last workload, as a page of its own.
 *
 * `file_part` messages answer. `include_self` as in a `SearchRequest`.
 */
export interface PageRequest {
  kind: "page";
  request: RequestName;
  nprobe: number;
  k: number;
  include_self: boolean;
}

/**
 * A view of the search on screen as a figure, SVG, in the colours of a theme.
 *
 * `file_part` messages answer. `include_self` as in a `SearchRequest`.
 */
export interface FigureRequest {
  kind: "figure";
  request: RequestName;
  view: "clusters" | "distances" | "projection";
  nprobe: number;
  k: number;
  include_self: boolean;
  style: "light" | "dark";
}

/**
 * The walk of the search on screen of a graph as a figure, in the colours of a theme.
 *
 * `file_part` messages answer. `include_self` as in a `SearchRequest`.
 */
export interface WalkFigureRequest {
  kind: "walk_figure";
  request: RequestName;
  format: "png" | "svg";
  ef_search: number;
  k: number;
  include_self: boolean;
  style: "light" | "dark";
}

/**
 * The search on screen of a graph, and the hardest queries of the last workload, as a page of its own.
 *
 * `file_part` messages answer. `include_self` as in a `SearchRequest`.
 */
export interface WalkPageRequest {
  kind: "walk_page";
  request: RequestName;
  ef_search: number;
  k: number;
  include_self: boolean;
}

/** End the evaluation of this name at its next piece. */
export interface CancelRequest {
  kind: "cancel";
  request: RequestName;
}

export type QueryChoice =
  | ById
  | ByVector
  | ByPicture
  | ByWords
  | ByChance
  | ByWorkload
  | BySearch;

export type Message =
  | Coarse
  | RankedClusters
  | Walk
  | WalkTruth
  | WalkResults
  | WalkVerdict
  | WalkPlaces
  | WalkProjection
  | Districts
  | Candidates
  | FaissResults
  | TrueNeighbours
  | TruthProgress
  | Bounds
  | Remarks
  | Verdict
  | Done
  | Progress
  | Workload
  | QueryRecalls
  | Hardest
  | Thumbnails
  | Members
  | Medoids
  | Labels
  | Composition
  | RowLabels
  | Scale
  | RowLevels
  | RowValues
  | MapPart
  | MapCentres
  | MapShapes
  | Projection
  | FilePart
  | Failure;

export type Request =
  | SearchRequest
  | WalkRequest
  | WalkTruthRequest
  | WalkResultsRequest
  | WalkVerdictRequest
  | WalkPlacesRequest
  | WalkProjectionRequest
  | CandidatesRequest
  | ClustersRequest
  | RestRequest
  | OutcomeRequest
  | RanksRequest
  | VerdictRequest
  | ThumbnailsRequest
  | MembersRequest
  | MedoidsRequest
  | LabelsRequest
  | CompositionRequest
  | RowLabelsRequest
  | ScaleRequest
  | RowLevelsRequest
  | RowValuesRequest
  | ProjectionRequest
  | EvaluateRequest
  | WorkloadRequest
  | QueryRecallsRequest
  | HardestRequest
  | MapRequest
  | MapShapesRequest
  | PageRequest
  | FigureRequest
  | WalkFigureRequest
  | WalkPageRequest
  | CancelRequest;

/** The fields and buffers of each message, by which it is read and checked. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  index: {
    fields: {
      index_version: "number",
      nlist: "number",
      ntotal: "number",
      dim: "number",
      family: "string",
      metric: "string",
      distance: "string",
      refined_distance: { nullable: "string" },
      similarity: "boolean",
      coarse_distance: "string",
      coarse_similarity: "boolean",
      coarse_exact: "boolean",
      coarse_measured: "boolean",
      exact: "boolean",
      replayable: "boolean",
      renamed: "boolean",
      steady: "boolean",
      given: "boolean",
      unexplained: { nullable: "string" },
      no_curve: { nullable: "string" },
      evaluated_at: { each: "number" },
      k_max: "number",
      nprobe: "number",
      images: "boolean",
      labels: "boolean",
      asks_pictures: "boolean",
      asks_words: "boolean",
      columns: { each: "string" },
      categories: { each: "number" },
      scales: { each: "number" },
      findings: { each: { object: { code: "string", severity: { one: ["info", "warning", "error"] }, sentence: "string", evidence: "numbers", remedy: { nullable: "string" } } } },
      constants: { object: { views: { each: "string" }, thumbnail_sizes: { each: "number" }, snapshot_limit: "number", sample_limit: "number", batch_limit: "number", query_bytes: "number", words_limit: "number", values_limit: "number" } },
    },
    buffers: {
      sizes: { dtype: "int32", shape: ["nlist"] },
    },
  },
  graph: {
    fields: {
      index_version: "number",
      ntotal: "number",
      dim: "number",
      family: "string",
      metric: "string",
      distance: "string",
      result_distance: "string",
      true_distance: "string",
      similarity: "boolean",
      basis: { one: ["vectors", "lists", "codes"] },
      k_factor: "number",
      level_sizes: { each: "number" },
      width: "number",
      ef_search: "number",
      ef_limit: "number",
      least_is_k: "boolean",
      k_max: "number",
      images: "boolean",
      labels: "boolean",
      asks_pictures: "boolean",
      asks_words: "boolean",
      columns: { each: "string" },
      findings: { each: { object: { code: "string", severity: { one: ["info", "warning", "error"] }, sentence: "string", evidence: "numbers", remedy: { nullable: "string" } } } },
      constants: { object: { views: { each: "string" }, thumbnail_sizes: { each: "number" }, snapshot_limit: "number", sample_limit: "number", batch_limit: "number", query_bytes: "number", words_limit: "number", values_limit: "number" } },
    },
    buffers: {
    },
  },
  coarse: {
    fields: {
      request: "request",
      serial: "number",
      index_version: "number",
      id: { nullable: "row" },
      copies: "number",
      label: { nullable: "string" },
      title: { nullable: "string" },
      nprobe: "number",
      reach: "number",
      k: "number",
      k_max: "number",
      complete: "boolean",
      exhaustive: "boolean",
      tied: "boolean",
      truth_bytes: "number",
      truth_seconds: "number",
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["ranked"] },
      distances: { dtype: "float32", shape: ["ranked"] },
      vector: { dtype: "float32", shape: ["dim"] },
      nearest: { dtype: "int32", shape: ["by distance"] },
      picture: { dtype: "uint8", shape: ["bytes"] },
    },
  },
  ranked: {
    fields: {
      request: "request",
      serial: "number",
    },
    buffers: {
      ranks: { dtype: "int32", shape: ["clusters"] },
      clusters: { dtype: "int32", shape: ["clusters"] },
      distances: { dtype: "float32", shape: ["clusters"] },
      nearest: { dtype: "int32", shape: ["clusters"] },
    },
  },
  walk: {
    fields: {
      request: "request",
      serial: "number",
      index_version: "number",
      id: { nullable: "row" },
      label: { nullable: "string" },
      title: { nullable: "string" },
      ef_search: "number",
      ef_max: "number",
      holds_until: "number",
      exhausted: "boolean",
      entry: "row",
      stopped_at: "number",
    },
    buffers: {
      entry_distance: { dtype: "float32", shape: [1] },
      hop_levels: { dtype: "int32", shape: ["hops"] },
      hop_from: { dtype: "int64", shape: ["hops"] },
      hop_to: { dtype: "int64", shape: ["hops"] },
      hop_distances: { dtype: "float32", shape: ["hops"] },
      hop_offsets: { dtype: "int32", shape: ["hops + 1"] },
      link_ids: { dtype: "int64", shape: ["links"] },
      link_distances: { dtype: "float32", shape: ["links"] },
      ids: { dtype: "int64", shape: ["visits"] },
      nodes: { dtype: "int32", shape: ["visits"] },
      levels: { dtype: "uint8", shape: ["visits"] },
      deleted: { dtype: "uint8", shape: ["visits"] },
      distances: { dtype: "float32", shape: ["visits"] },
      expanded: { dtype: "int32", shape: ["expansions"] },
      first: { dtype: "int32", shape: ["expansions + 1"] },
      nearer: { dtype: "int32", shape: ["expansions"] },
      vector: { dtype: "float32", shape: ["dim"] },
      picture: { dtype: "uint8", shape: ["bytes"] },
    },
  },
  walk_truth: {
    fields: {
      request: "request",
      serial: "number",
      k: "number",
      include_self: "boolean",
      count: "number",
      holds_until: "number",
    },
    buffers: {
      ids: { dtype: "int64", shape: ["rows"] },
      distances: { dtype: "float32", shape: ["rows"] },
      visited_from: { dtype: "int32", shape: ["rows"] },
      handed_from: { dtype: "int32", shape: ["rows"] },
      handed_until: { dtype: "int32", shape: ["rows"] },
      returned_from: { dtype: "int32", shape: ["rows"] },
      returned_until: { dtype: "int32", shape: ["rows"] },
      led_by: { dtype: "int64", shape: ["rows"] },
      gate: { dtype: "int64", shape: ["rows"] },
      in_offsets: { dtype: "int32", shape: ["rows + 1"] },
      in_ids: { dtype: "int64", shape: ["links"] },
      level_nearest: { dtype: "int64", shape: ["levels"] },
      level_distances: { dtype: "float32", shape: ["levels"] },
      level_places: { dtype: "int32", shape: ["levels"] },
    },
  },
  walk_results: {
    fields: {
      request: "request",
      serial: "number",
      ef_search: "number",
      ef_until: "number",
      k: "number",
      include_self: "boolean",
    },
    buffers: {
      ef_from: { dtype: "int32", shape: ["states"] },
      offsets: { dtype: "int32", shape: ["states + 1"] },
      ids: { dtype: "int64", shape: ["results"] },
      distances: { dtype: "float32", shape: ["results"] },
    },
  },
  walk_verdict: {
    fields: {
      request: "request",
      serial: "number",
      id: "row",
      position: "number",
      need: "number",
      led_by: { nullable: "row" },
      gate: { nullable: "row" },
      holds_until: "number",
    },
    buffers: {
      distance: { dtype: "float32", shape: [1] },
      in_ids: { dtype: "int64", shape: ["links"] },
    },
  },
  walk_places: {
    fields: {
      request: "request",
      serial: "number",
      index_version: "number",
    },
    buffers: {
      places: { dtype: "float32", shape: ["visits", 2] },
      districts: { dtype: "int32", shape: ["visits"] },
      link_places: { dtype: "float32", shape: ["links", 2] },
      entry_place: { dtype: "float32", shape: [2] },
      query_place: { dtype: "float32", shape: [2] },
      extra_ids: { dtype: "int64", shape: ["extra"] },
      extra_places: { dtype: "float32", shape: ["extra", 2] },
      extra_districts: { dtype: "int32", shape: ["extra"] },
      district_distances: { dtype: "float32", shape: ["districts"] },
    },
  },
  walk_projection: {
    fields: {
      request: "request",
      serial: "number",
      method: "string",
      final: "boolean",
      drawn_in: "number",
    },
    buffers: {
      places: { dtype: "float32", shape: ["places", 2] },
      stop_places: { dtype: "float32", shape: ["stops", 2] },
      extra_ids: { dtype: "int64", shape: ["extra"] },
      extra_places: { dtype: "float32", shape: ["extra", 2] },
      query_place: { dtype: "float32", shape: [2] },
    },
  },
  districts: {
    fields: {
      request: "request",
      index_version: "number",
    },
    buffers: {
      sizes: { dtype: "int32", shape: ["districts"] },
      medoids: { dtype: "int64", shape: ["districts"] },
      ids: { dtype: "int64", shape: ["nodes"] },
      levels: { dtype: "uint8", shape: ["nodes"] },
      places: { dtype: "float32", shape: ["nodes", 2] },
    },
  },
  fine: {
    fields: {
      request: "request",
      first_rank: "number",
      continues: "boolean",
    },
    buffers: {
      counts: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["rows"] },
      distances: { dtype: "float32", shape: ["rows"] },
    },
  },
  nearest: {
    fields: {
      request: "request",
      first_rank: "number",
      continues: "boolean",
    },
    buffers: {
      counts: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["rows"] },
      distances: { dtype: "float32", shape: ["rows"] },
    },
  },
  results: {
    fields: {
      request: "request",
      serial: "number",
      nprobe: "number",
      k: "number",
      include_self: "boolean",
      first_k: "number",
      compared: "number",
    },
    buffers: {
      ids: { dtype: "int64", shape: ["results"] },
      distances: { dtype: "float32", shape: ["results"] },
      rank_of: { dtype: "int32", shape: ["results"] },
      handed_over: { dtype: "int64", shape: ["handed"] },
      first_pass: { dtype: "float32", shape: ["handed"] },
      second_pass: { dtype: "float32", shape: ["handed"] },
    },
  },
  truth: {
    fields: {
      request: "request",
      serial: "number",
      k: "number",
      include_self: "boolean",
      nprobe: "number",
      count: "number",
    },
    buffers: {
      ids: { dtype: "int64", shape: ["rows"] },
      distances: { dtype: "float32", shape: ["rows"] },
      rank_of: { dtype: "int32", shape: ["rows"] },
      compared_from: { dtype: "int32", shape: ["rows"] },
      handed_from: { dtype: "int32", shape: ["rows"] },
      returned_from: { dtype: "int32", shape: ["rows"] },
      returned_until: { dtype: "int32", shape: ["rows"] },
    },
  },
  truth_progress: {
    fields: {
      request: "request",
      serial: "number",
      done: "number",
      asked: "number",
      dashboard: { nullable: "string" },
    },
    buffers: {
    },
  },
  bounds: {
    fields: {
      request: "request",
      serial: "number",
      findings: { each: { object: { code: "string", severity: { one: ["info", "warning", "error"] }, sentence: "string", evidence: "numbers", remedy: { nullable: "string" } } } },
    },
    buffers: {
      bounds: { dtype: "float32", shape: ["ranked"] },
      beyond: { dtype: "float32", shape: ["best of the others"] },
    },
  },
  remarks: {
    fields: {
      request: "request",
      serial: "number",
      findings: { each: { object: { code: "string", severity: { one: ["info", "warning", "error"] }, sentence: "string", evidence: "numbers", remedy: { nullable: "string" } } } },
    },
    buffers: {
    },
  },
  verdict: {
    fields: {
      request: "request",
      serial: "number",
      id: "row",
      cluster: "number",
      rank: "number",
      distance: "number",
      position: { nullable: "number" },
    },
    buffers: {
    },
  },
  done: {
    fields: {
      request: "request",
      seconds: { object: { coarse: "number", fine: "number", nearest: "number" } },
      bytes: "number",
      findings: { each: { object: { code: "string", severity: { one: ["info", "warning", "error"] }, sentence: "string", evidence: "numbers", remedy: { nullable: "string" } } } },
    },
    buffers: {
    },
  },
  progress: {
    fields: {
      request: "request",
      done: "number",
      asked: "number",
      cancellable: "boolean",
      dashboard: { nullable: "string" },
    },
    buffers: {
    },
  },
  workload: {
    fields: {
      request: "request",
      k: "number",
      seed: { nullable: "number" },
      source: { one: ["sample", "ids", "vectors"] },
      computed: "number",
      asked: "number",
      final: "boolean",
      include_self: "boolean",
      reason: { nullable: "string" },
      apart: "boolean",
      shares: { each: "number" },
    },
    buffers: {
      nprobes: { dtype: "int32", shape: ["points"] },
      recall: { dtype: "float32", shape: ["points"] },
      reached: { dtype: "float32", shape: ["shares", "points"] },
      compared: { dtype: "float32", shape: ["points"] },
      without_any: { dtype: "float32", shape: ["points"] },
    },
  },
  query_recalls: {
    fields: {
      request: "request",
      rows: "number",
      offset: "number",
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["queries"] },
      counts: { dtype: "int32", shape: ["queries"] },
      offsets: { dtype: "int32", shape: ["queries + 1"] },
      nprobes: { dtype: "int32", shape: ["changes"] },
      changes: { dtype: "int32", shape: ["changes"] },
    },
  },
  hardest: {
    fields: {
      request: "request",
      order: "string",
      nprobe: "number",
      missing: "number",
      labels: { each: { nullable: "string" } },
    },
    buffers: {
      places: { dtype: "int32", shape: ["labels"] },
      ids: { dtype: "int64", shape: ["named"] },
      found: { dtype: "int32", shape: ["labels"] },
      counts: { dtype: "int32", shape: ["labels"] },
      needed: { dtype: "int32", shape: ["labels"] },
    },
  },
  thumbnails: {
    fields: {
      request: "request",
      size: "number",
      final: "boolean",
      places: { each: "number" },
      items: { each: { object: { id: "row", label: { nullable: "string" }, mime: { nullable: "string" }, offset: "number", length: "number", url: { nullable: "string" }, reason: { nullable: "string" }, note: { nullable: "string" } } } },
    },
    buffers: {
      data: { dtype: "uint8", shape: ["bytes"] },
    },
  },
  members: {
    fields: {
      request: "request",
      offset: "number",
      serial: "number",
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["clusters"] },
      totals: { dtype: "int32", shape: ["clusters"] },
      counts: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["rows"] },
      distances: { dtype: "float32", shape: ["rows"] },
    },
  },
  medoids: {
    fields: {
      request: "request",
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["clusters"] },
    },
  },
  labels: {
    fields: {
      request: "request",
      column: { nullable: "number" },
      index_version: "number",
      final: "boolean",
      names: { each: "string" },
      distinct: "number",
      counted: "number",
      total: "number",
      limit: "number",
      unlabelled: "number",
      failed: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      counts: { dtype: "int32", shape: ["clusters", "names + 1"] },
      commonest: { dtype: "uint8", shape: ["clusters"] },
      most: { dtype: "int32", shape: ["clusters"] },
    },
  },
  composition: {
    fields: {
      request: "request",
      cluster: "number",
      names: { each: "string" },
      counts: { each: "number" },
      distinct: "number",
      counted: "number",
      total: "number",
      unlabelled: "number",
      failed: "number",
    },
    buffers: {
    },
  },
  row_labels: {
    fields: {
      request: "request",
      names: { each: "string" },
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["clusters"] },
      counts: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["rows"] },
      codes: { dtype: "uint8", shape: ["rows"] },
    },
  },
  scale: {
    fields: {
      request: "request",
      column: "number",
      index_version: "number",
      unit: { one: ["number", "date", "time"] },
      low: { nullable: "number" },
      high: { nullable: "number" },
      least: { nullable: "number" },
      greatest: { nullable: "number" },
      counted: "number",
      total: "number",
      limit: "number",
      missing: "number",
      infinite: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      valued: { dtype: "int32", shape: ["clusters"] },
      means: { dtype: "float64", shape: ["clusters"] },
      least_values: { dtype: "float64", shape: ["clusters"] },
      greatest_values: { dtype: "float64", shape: ["clusters"] },
    },
  },
  row_levels: {
    fields: {
      request: "request",
      column: "number",
      low: { nullable: "number" },
      high: { nullable: "number" },
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["clusters"] },
      counts: { dtype: "int32", shape: ["clusters"] },
      ids: { dtype: "int64", shape: ["rows"] },
      levels: { dtype: "uint8", shape: ["rows"] },
    },
  },
  row_values: {
    fields: {
      request: "request",
      ids: { each: "row" },
      values: { each: { each: { nullable: "string" } } },
    },
    buffers: {
      numbers: { dtype: "float64", shape: ["ids", "columns"] },
    },
  },
  map: {
    fields: {
      request: "request",
      method: "string",
      final: "boolean",
      aspect: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      points: { dtype: "float32", shape: ["corners", 2] },
      offsets: { dtype: "int32", shape: ["cells + 1"] },
      centres: { dtype: "float32", shape: ["cells", 2] },
      inradii: { dtype: "float32", shape: ["cells"] },
    },
  },
  map_centres: {
    fields: {
      request: "request",
      drawing: "number",
      method: "string",
      final: "boolean",
      aspect: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      centres: { dtype: "uint16", shape: ["cells", 2] },
    },
  },
  map_shapes: {
    fields: {
      request: "request",
      drawing: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      clusters: { dtype: "int32", shape: ["cells"] },
      points: { dtype: "float32", shape: ["corners", 2] },
      offsets: { dtype: "int32", shape: ["cells + 1"] },
      centres: { dtype: "float32", shape: ["cells", 2] },
      inradii: { dtype: "float32", shape: ["cells"] },
    },
  },
  projection: {
    fields: {
      request: "request",
      serial: "number",
      ranks: "number",
      flips: { each: "number" },
      method: "string",
      final: "boolean",
      sampled: "boolean",
      total: "number",
      drawn_in: "number",
      rows: "number",
      offset: "number",
    },
    buffers: {
      ids: { dtype: "int64", shape: ["shown"] },
      rank_of: { dtype: "int32", shape: ["shown"] },
      distances: { dtype: "float32", shape: ["shown"] },
      positions: { dtype: "float32", shape: ["shown", 2] },
      query: { dtype: "float32", shape: [2] },
    },
  },
  file_part: {
    fields: {
      request: "request",
      offset: "number",
      final: "boolean",
    },
    buffers: {
      data: { dtype: "uint8", shape: ["bytes"] },
    },
  },
  error: {
    fields: {
      request: { nullable: "request" },
      code: "string",
      message: "string",
    },
    buffers: {
    },
  },
};
