import { MalformedMessage } from "../protocol/decode";
import type { Candidates, Coarse } from "../protocol/messages";

/** Where one cluster's received candidates stand. */
export interface Received {
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  readonly start: number;
  readonly end: number;
}

/** One search as far as it has been streamed. Ranks count from 1. */
export class Search {
  readonly serial: number;
  readonly id: bigint | null;
  readonly label: string | null;
  readonly vector: Float32Array;
  /** The nprobe that the ranking was made for. */
  readonly nprobe: number;
  readonly kMax: number;
  /** Whether all clusters are compared without being asked for. */
  readonly exhaustive: boolean;
  /** Clusters by rank: `order[rank - 1]`. */
  readonly order: Int32Array;
  /** Query to centroid, by rank. */
  readonly distances: Float32Array;
  /** The rank of each cluster. */
  readonly rankOf: Int32Array;
  /** `upTo[n]`: vectors in the n nearest clusters. */
  readonly upTo: Float64Array;
  readonly #chunks: { ids: BigInt64Array; distances: Float32Array }[] = [];
  readonly #chunkOf: Int32Array;
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  /** A cluster whose nearest are here, and of which all are coming: until then the nearest say more. */
  #filling: Received | null = null;
  #received = 0;
  #fine = 0;

  constructor(
    coarse: Coarse,
    readonly sizes: Int32Array,
  ) {
    const nlist = sizes.length;
    if (coarse.clusters.length !== nlist) throw new MalformedMessage("the ranking has another nlist");
    this.serial = coarse.serial;
    this.id = coarse.id;
    this.label = coarse.label;
    this.vector = coarse.vector;
    this.nprobe = coarse.nprobe;
    this.kMax = coarse.k_max;
    this.exhaustive = coarse.exhaustive;
    this.order = coarse.clusters;
    this.distances = coarse.distances;
    this.rankOf = new Int32Array(nlist);
    this.upTo = new Float64Array(nlist + 1);
    for (let rank = 1; rank <= nlist; rank++) {
      const cluster = this.order[rank - 1];
      if (cluster < 0 || cluster >= nlist) throw new MalformedMessage(`no cluster ${cluster}`);
      this.rankOf[cluster] = rank;
      this.upTo[rank] = this.upTo[rank - 1] + sizes[cluster];
    }
    this.#chunkOf = new Int32Array(nlist).fill(-1);
    this.#start = new Uint32Array(nlist);
    this.#end = new Uint32Array(nlist);
  }

  get nlist(): number {
    return this.order.length;
  }

  /** Clusters received, in rank order without a gap. */
  get received(): number {
    return this.#received;
  }

  /** Grows whenever there is more, or other, to be read. */
  get version(): number {
    return this.#chunks.length;
  }

  /** Clusters of which every candidate was received. */
  get fine(): number {
    return this.#fine;
  }

  /** Forget a part of a cluster, of which all will be asked for again. */
  restart(): void {
    if (this.#filling !== null) this.#fine--;
    this.#filling = null;
  }

  /**
   * Take in the next clusters. `fine` messages go on where the last one ended, and may replace what `nearest` held of
   * a cluster by all of it.
   */
  add(message: Candidates): void {
    const { first_rank: firstRank, counts } = message;
    const isFine = message.kind === "fine";
    const expected = (isFine ? this.#fine : this.#received) + 1;
    const continues =
      isFine && firstRank > 0 && firstRank === this.#fine && counts.length === 1 && !this.isWhole(firstRank);
    if ((firstRank !== expected && !continues) || firstRank + counts.length - 1 > this.nlist) {
      throw new MalformedMessage(`candidates from rank ${firstRank}, expected ${expected}`);
    }
    const refills = continues ? this.#filling !== null : isFine && firstRank <= this.#received;
    const chunk = continues ? joined(this.#filling ?? this.at(firstRank), message) : message;
    this.#filling = null;
    if (refills && counts.length === 1 && chunk.ids.length < this.sizeAt(firstRank)) {
      this.#filling = { ids: chunk.ids, distances: chunk.distances, start: 0, end: chunk.ids.length };
      this.#fine = firstRank;
      return;
    }
    const number = this.#chunks.push({ ids: chunk.ids, distances: chunk.distances }) - 1;
    let start = 0;
    for (let i = 0; i < counts.length; i++) {
      const rank = firstRank + i;
      this.#chunkOf[rank - 1] = number;
      this.#start[rank - 1] = start;
      start = continues ? chunk.ids.length : start + counts[i];
      this.#end[rank - 1] = start;
    }
    const last = firstRank + counts.length - 1;
    this.#received = Math.max(this.#received, last);
    if (isFine) this.#fine = last;
  }

  at(rank: number): Received | null {
    const chunk = this.#chunks[this.#chunkOf[rank - 1]];
    if (chunk === undefined) return null;
    return { ...chunk, start: this.#start[rank - 1], end: this.#end[rank - 1] };
  }

  /** Whether all vectors of the cluster at this rank are here. */
  isWhole(rank: number): boolean {
    return rank <= this.#received && this.#end[rank - 1] - this.#start[rank - 1] === this.sizeAt(rank);
  }

  sizeAt(rank: number): number {
    return this.sizes[this.order[rank - 1]];
  }

  /** Vectors in some clusters. */
  scanned(ranks: Iterable<number>): number {
    let sum = 0;
    for (const rank of ranks) sum += this.sizeAt(rank);
    return sum;
  }

  /** Distances computed where these clusters are probed: all centroids, and every vector in them. */
  cost(ranks: Iterable<number>): { coarse: number; fine: number; bruteForce: number } {
    return { coarse: this.nlist, fine: this.scanned(ranks), bruteForce: this.upTo[this.nlist] };
  }
}

function joined(
  before: Received | null,
  message: Candidates,
): { ids: BigInt64Array; distances: Float32Array } {
  if (before === null) return message;
  const kept = before.end - before.start;
  const ids = new BigInt64Array(kept + message.ids.length);
  const distances = new Float32Array(ids.length);
  ids.set(before.ids.subarray(before.start, before.end));
  ids.set(message.ids, kept);
  distances.set(before.distances.subarray(before.start, before.end));
  distances.set(message.distances, kept);
  return { ids, distances };
}
