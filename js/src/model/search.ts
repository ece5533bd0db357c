import { MalformedMessage } from "../protocol/decode";
import type { Candidates, Coarse, RankedClusters } from "../protocol/messages";
import type { Summary } from "./summary";

/** The candidates of one cluster: the entries from `start` to `end` of these arrays. */
export interface ClusterCandidates {
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  readonly start: number;
  readonly end: number;
}

/** The candidates of one cluster so far, which go on in the next message of this request. */
type Part = Pick<Candidates, "request" | "kind" | "ids" | "distances">;

/**
 * One search as far as it has been streamed. Ranks count from 1.
 *
 * Of very many clusters the ranking comes in part: the nearest `ranked` of them, and each other one where something is
 * said of it. The arrays by rank are as long as the whole ranking.
 *
 * Of each cluster the page holds either its kept candidates (`nearest`), which suffice for the results at any k up to
 * `kMax`, or every candidate (`fine`). Both kinds arrive in the order of the ranking, without a gap.
 */
export class Search {
  readonly serial: number;
  readonly id: bigint | null;
  /** Vectors stored under `id`: 1, or more where the id was added more than once; 0 for a vector. */
  readonly copies: number;
  readonly label: string | null;
  /** What a query from elsewhere stands for: words, or the name of a picture. */
  readonly title: string | null;
  /** The address of its picture. */
  readonly picture: string | null;
  readonly vector: Float32Array;
  /** The nprobe that the ranking was made for. */
  readonly nprobe: number;
  /** No search probes a cluster behind this rank: an approximate coarse search may not come to all. */
  readonly reach: number;
  readonly kMax: number;
  /** Whether the kept candidates suffice for any set of clusters, or only for a prefix of the ranking. */
  readonly complete: boolean;
  /** Whether all clusters are compared without being asked for. */
  readonly exhaustive: boolean;
  /** Bytes of original vectors that the true neighbours take to read, and about how many seconds; 0 for none. */
  readonly truthBytes: number;
  readonly truthSeconds: number;
  /** Of the index when it was searched. */
  readonly indexVersion: number;
  /** Clusters, from rank 1 on, whose ranks came with the search. */
  readonly ranked: number;
  /** Clusters by rank: `order[rank - 1]`; -1 where that is unknown. */
  readonly order: Int32Array;
  /** Query to centroid, by rank; NaN where that is unknown. */
  readonly distances: Float32Array;
  /** The rank of each cluster; 0 where that is unknown. */
  readonly rankOf: Int32Array;
  /** `upTo[n]`: vectors in the n nearest clusters; beyond `ranked`, as many as there are on average. */
  readonly upTo: Float64Array;
  /** Whether two centroids that a coarse search comes to are at one distance. */
  readonly hasTies: boolean;
  /** By rank, the number of centroids that are as near or nearer, where only the kernel can count them. */
  readonly #nearest: Map<number, number>;
  readonly #candidates: (ClusterCandidates | null)[];
  readonly #whole: Uint8Array;
  readonly #unpruned: Uint8Array;
  #parts: Part[] = [];
  #received = 0;
  #fine = 0;
  #version = 0;

  constructor(
    coarse: Coarse,
    readonly sizes: Int32Array,
  ) {
    const nlist = sizes.length;
    const ranked = coarse.clusters.length;
    if (ranked > nlist) throw new MalformedMessage("the ranking has another nlist");
    this.serial = coarse.serial;
    this.id = coarse.id;
    this.copies = coarse.copies;
    this.label = coarse.label;
    this.title = coarse.title;
    this.picture = coarse.picture.length === 0 ? null : addressOf(coarse.picture);
    this.vector = coarse.vector;
    this.nprobe = coarse.nprobe;
    if (!(coarse.reach >= 0 && coarse.reach <= nlist))
      throw new MalformedMessage(`no reach: ${coarse.reach}`);
    this.reach = coarse.reach;
    this.kMax = coarse.k_max;
    this.complete = coarse.complete;
    this.exhaustive = coarse.exhaustive;
    this.truthBytes = coarse.truth_bytes;
    this.truthSeconds = coarse.truth_seconds;
    this.indexVersion = coarse.index_version;
    this.ranked = ranked;
    this.hasTies = coarse.tied;
    this.order = filledUp(coarse.clusters, new Int32Array(nlist), -1);
    this.distances = filledUp(coarse.distances, new Float32Array(nlist), Number.NaN);
    this.rankOf = new Int32Array(nlist);
    this.upTo = new Float64Array(nlist + 1);
    for (let rank = 1; rank <= ranked; rank++) {
      const cluster = this.order[rank - 1];
      if (cluster < 0 || cluster >= nlist) throw new MalformedMessage(`no cluster ${cluster}`);
      this.rankOf[cluster] = rank;
      this.upTo[rank] = this.upTo[rank - 1] + sizes[cluster];
    }
    let others = -this.upTo[ranked];
    if (ranked < nlist) for (let cluster = 0; cluster < nlist; cluster++) others += sizes[cluster];
    for (let rank = ranked + 1; rank <= nlist; rank++) {
      this.upTo[rank] = this.upTo[ranked] + (others * (rank - ranked)) / (nlist - ranked);
    }
    this.#nearest = new Map(Array.from(coarse.nearest, (nearest, i) => [i + 1, nearest]));
    if (!(Number.isInteger(this.copies) && this.copies >= 0 && this.copies <= Math.max(1, this.upTo[nlist])))
      throw new MalformedMessage(`no number of copies: ${this.copies}`);
    this.#candidates = new Array(nlist).fill(null);
    this.#whole = new Uint8Array(nlist);
    this.#unpruned = new Uint8Array(nlist);
  }

  get nlist(): number {
    return this.order.length;
  }

  /** Whether the ranks of some clusters are unknown. */
  get isPartial(): boolean {
    return this.ranked < this.nlist;
  }

  /** The rank of a cluster; null where it is unknown. */
  rankIn(cluster: number): number | null {
    return this.rankOf[cluster] || null;
  }

  /** Take in the ranks of clusters that the search came without. */
  learn({ ranks, clusters, distances, nearest }: RankedClusters): void {
    ranks.forEach((rank, i) => {
      const isRight = rank > 0 && rank <= this.nlist && clusters[i] >= 0 && clusters[i] < this.nlist;
      if (!isRight) throw new MalformedMessage(`no cluster ${clusters[i]} at rank ${rank}`);
      this.order[rank - 1] = clusters[i];
      this.distances[rank - 1] = distances[i];
      this.rankOf[clusters[i]] = rank;
      this.#nearest.set(rank, nearest[i]);
    });
  }

  /** Clusters received, in rank order without a gap. */
  get received(): number {
    return this.#received;
  }

  /** Clusters of which every candidate was received, in rank order without a gap. */
  get fine(): number {
    return this.#fine;
  }

  /** Grows whenever there are more candidates, or others. */
  get version(): number {
    return this.#version;
  }

  /** Take in the candidates of the next clusters. `fine` ones take the place of kept ones. */
  add(message: Candidates): void {
    const isFine = message.kind === "fine";
    this.#check(message, (isFine ? this.#fine : this.#received) + 1);
    const whole = this.#join(message);
    this.#store(whole);
    const last = whole.first_rank + whole.counts.length - 1;
    this.#received = Math.max(this.#received, last);
    if (isFine) this.#fine = last;
  }

  /** Take in kept candidates that hold for any set of clusters, of clusters of which some were received before. */
  addUnpruned(message: Candidates): void {
    const { first_rank: first, counts } = message;
    this.#check(message, first);
    if (first < 1 || first + counts.length - 1 > this.#received) {
      throw new MalformedMessage(`candidates from rank ${first}, of ${this.#received} clusters received`);
    }
    const whole = this.#join(message);
    this.#store(whole);
    this.#unpruned.fill(1, first - 1, first - 1 + whole.counts.length);
  }

  /** The candidates received of the cluster at this rank. */
  at(rank: number): ClusterCandidates | null {
    return this.#candidates[rank - 1] ?? null;
  }

  /** The distance of a row among the candidates received of the cluster at this rank, or null. */
  distanceOf(id: bigint, rank: number): number | null {
    const list = this.at(rank);
    if (list === null) return null;
    const place = list.ids.indexOf(id, list.start);
    return place < 0 || place >= list.end ? null : list.distances[place];
  }

  /** How often the row that is the query is among the candidates received of the clusters at these ranks. */
  ownIn(ranks: Iterable<number>): number {
    let found = 0;
    if (this.id === null) return found;
    for (const rank of ranks) {
      const list = this.at(rank);
      let at = list?.ids.indexOf(this.id, list.start) ?? -1;
      for (; list !== null && at >= 0 && at < list.end; at = list.ids.indexOf(this.id, at + 1)) found++;
    }
    return found;
  }

  /**
   * The rank that an exact coarse search gives the cluster at this rank: how many centroids are as near or nearer. An
   * approximate one may rank it behind others.
   */
  nearestRank(rank: number, similarity: boolean): number {
    const counted = this.#nearest.get(rank);
    if (counted !== undefined) return counted;
    const own = this.distances[rank - 1];
    return this.distances.reduce((sum, each) => sum + Number(similarity ? each >= own : each <= own), 0);
  }

  /** Whether every candidate of the cluster at this rank is here. */
  isWhole(rank: number): boolean {
    return this.#whole[rank - 1] === 1;
  }

  /** Whether the candidates of the cluster at this rank suffice only where every nearer cluster is probed too. */
  isPruned(rank: number): boolean {
    return !this.complete && this.#unpruned[rank - 1] === 0 && !this.isWhole(rank);
  }

  /** Vectors in the cluster at this rank; on average where it is unknown. */
  sizeAt(rank: number): number {
    const cluster = this.order[rank - 1];
    return cluster < 0 ? this.upTo[rank] - this.upTo[rank - 1] : this.sizes[cluster];
  }

  /** Vectors in some clusters. */
  scanned(ranks: Iterable<number>): number {
    let sum = 0;
    for (const rank of ranks) sum += this.sizeAt(rank);
    return sum;
  }

  #check({ first_rank: first, counts }: Candidates, expected: number): void {
    if (first !== expected || first + counts.length - 1 > this.nlist) {
      throw new MalformedMessage(`candidates from rank ${first}, expected ${expected}`);
    }
  }

  /** The clusters that end in this message, with the parts of the first of them that came before. */
  #join(message: Candidates): Candidates {
    const { request, kind, first_rank: first, continues } = message;
    const isNext = this.#parts[0]?.request === request && this.#parts[0].kind === kind;
    const before = isNext ? this.#parts : [];
    this.#parts = [];
    if ((before.length === 0 && !continues) || message.counts.length === 0) return message;
    const counts = message.counts.slice();
    const own = counts[counts.length - 1];
    counts[0] += before.reduce((sum, { ids }) => sum + ids.length, 0);
    if (counts[0] > this.sizeAt(first)) {
      throw new MalformedMessage(`${counts[0]} candidates of the ${this.sizeAt(first)} at rank ${first}`);
    }
    if (!continues) return { ...message, counts, ...concatenated([...before, message]) };
    const end = message.ids.length - own;
    const part = { request, kind, ids: message.ids.slice(end), distances: message.distances.slice(end) };
    this.#parts = counts.length === 1 ? [...before, part] : [part];
    const ended = { ids: message.ids.slice(0, end), distances: message.distances.slice(0, end) };
    return {
      ...message,
      counts: counts.slice(0, -1),
      ...concatenated(counts.length === 1 ? [ended] : [...before, ended]),
    };
  }

  #store({ kind, first_rank: first, counts, ids, distances }: Candidates): void {
    let start = 0;
    counts.forEach((count, i) => {
      const at = first - 1 + i;
      const isWhole = kind === "fine" || count === this.sizeAt(first + i);
      if (isWhole || this.#whole[at] === 0) {
        this.#candidates[at] = { ids, distances, start, end: start + count };
        this.#whole[at] = Number(isWhole);
      }
      start += count;
    });
    this.#version++;
  }
}

/** Whether the index has changed since a search. A search may arrive before the summary of the index that it is of. */
export function isOutdated(search: Search, summary: Summary): boolean {
  return search.indexVersion < summary.indexVersion;
}

/** Whether two searches are for the same query. */
export function isSameQuery(left: Search, right: Search): boolean {
  return left.id === right.id && left.vector.every((value, i) => value === right.vector[i]);
}

/** The values, followed by others up to the length of an array; the values themselves where they fill it. */
function filledUp<T extends Int32Array | Float32Array>(values: T, whole: T, other: number): T {
  if (values.length === whole.length) return values;
  whole.set(values);
  whole.fill(other, values.length);
  return whole;
}

function concatenated(parts: readonly Pick<Part, "ids" | "distances">[]): Pick<Part, "ids" | "distances"> {
  const count = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new BigInt64Array(count);
  const distances = new Float32Array(count);
  let start = 0;
  for (const part of parts) {
    ids.set(part.ids, start);
    distances.set(part.distances, start);
    start += part.ids.length;
  }
  return { ids, distances };
}

/** The address of a small encoded picture, which holds it. */
function addressOf(encoded: Uint8Array): string {
  return `data:image/jpeg;base64,${btoa(Array.from(encoded, (byte) => String.fromCharCode(byte)).join(""))}`;
}
