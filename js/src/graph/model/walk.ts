import type { Walk } from "../../protocol/messages";

/** A node that was visited before the search begins: the links of one hop of the descent. */
export interface Hop {
  readonly level: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly distance: number;
  /** The entries of `linkIds` and `linkDistances` that it compared. */
  readonly start: number;
  readonly end: number;
}

/**
 * One search of a graph. A place is a position among the visits on level 0, in their order.
 *
 * The walk of a smaller efSearch is the beginning of this one, up to `holdsUntil`.
 */
export class GraphWalk {
  readonly serial: number;
  readonly id: bigint | null;
  readonly label: string | null;
  readonly title: string | null;
  readonly indexVersion: number;
  readonly vector: Float32Array;
  readonly efMax: number;
  readonly holdsUntil: number;
  /** Whether no larger efSearch visits another node. */
  readonly exhausted: boolean;
  readonly entry: bigint;
  readonly entryDistance: number;
  readonly hops: readonly Hop[];
  readonly linkIds: BigInt64Array;
  readonly linkDistances: Float32Array;
  readonly ids: BigInt64Array;
  readonly nodes: Int32Array;
  readonly levels: Uint8Array;
  readonly distances: Float32Array;
  /** 1 for nodes that are walked through and never returned. */
  readonly deleted: Uint8Array;
  /** Places of the expanded nodes, in the order of expansion. */
  readonly expanded: Int32Array;
  /** Expansion i has visited the places from `first[i]` to before `first[i + 1]`. */
  readonly first: Int32Array;
  /** Visited nodes that are nearer than each expanded one when its turn comes. */
  readonly nearer: Int32Array;
  /** The smallest efSearch that makes each expansion, ascending. */
  readonly gates: Int32Array;
  /** The smallest efSearch that visits each node, ascending. */
  readonly need: Int32Array;
  /** The expansion that has visited each node; -1 for the first node. */
  readonly ledBy: Int32Array;
  readonly #stoppedAt: number;
  #places: Map<bigint, number> | null = null;

  constructor(message: Walk) {
    this.serial = message.serial;
    this.id = message.id;
    this.label = message.label;
    this.title = message.title;
    this.indexVersion = message.index_version;
    this.vector = message.vector;
    this.efMax = message.ef_max;
    this.holdsUntil = message.holds_until;
    this.exhausted = message.exhausted;
    this.entry = message.entry;
    this.entryDistance = message.entry_distance[0];
    this.hops = Array.from(message.hop_levels, (level, i) => ({
      level,
      from: message.hop_from[i],
      to: message.hop_to[i],
      distance: message.hop_distances[i],
      start: message.hop_offsets[i],
      end: message.hop_offsets[i + 1],
    }));
    this.linkIds = message.link_ids;
    this.linkDistances = message.link_distances;
    this.ids = message.ids;
    this.nodes = message.nodes;
    this.levels = message.levels;
    this.distances = message.distances;
    this.deleted = message.deleted;
    this.expanded = message.expanded;
    this.first = message.first;
    this.nearer = message.nearer;
    this.#stoppedAt = message.stopped_at;
    const expansions = message.expanded.length;
    this.gates = new Int32Array(expansions);
    this.need = new Int32Array(message.ids.length).fill(1);
    this.ledBy = new Int32Array(message.ids.length).fill(-1);
    let gate = 1;
    for (let i = 0; i < expansions; i++) {
      gate = Math.max(gate, message.nearer[i] + 1);
      this.gates[i] = gate;
      this.need.fill(gate, message.first[i], message.first[i + 1]);
      this.ledBy.fill(i, message.first[i], message.first[i + 1]);
    }
  }

  /** Distances computed by the descent, that of the entry point aside. */
  get descentDistances(): number {
    return this.linkDistances.length;
  }

  /** Whether a walk at this efSearch is the beginning of this one, or this one itself. */
  tells(ef: number): boolean {
    return this.isSure(ef) || ef === this.efMax;
  }

  /** Whether the nearest of the visits are the results of the engine: equal distances leave that open. */
  isSure(ef: number): boolean {
    return ef <= this.holdsUntil && (ef <= this.efMax || this.exhausted);
  }

  /** How many nodes a search visits on level 0. */
  visitedBy(ef: number): number {
    return upTo(this.need, ef);
  }

  /** How many nodes a search expands on level 0. */
  expandedBy(ef: number): number {
    return upTo(this.gates, ef);
  }

  /** Distances that a search computes, as Faiss counts them. */
  distancesAt(ef: number): number {
    return this.descentDistances + Math.max(0, this.visitedBy(ef) - 1);
  }

  /** The place of the node that a search would expand next; null where none waits. */
  stopOf(ef: number): number | null {
    const expanded = this.expandedBy(ef);
    const place = expanded < this.expanded.length ? this.expanded[expanded] : this.#stoppedAt;
    return place < 0 ? null : place;
  }

  /** The largest efSearch that computes at most so many distances; 1 at least. */
  efWithin(distances: number): number {
    const visits = distances - this.descentDistances + 1;
    if (visits >= this.need.length) return Math.min(this.efMax, this.holdsUntil);
    return Math.max(1, this.need[Math.max(0, Math.floor(visits))] - 1);
  }

  /** The place of a row among the visits; null where it was not visited. */
  placeOf(id: bigint): number | null {
    if (this.#places === null) {
      this.#places = new Map();
      for (let place = this.ids.length - 1; place >= 0; place--) this.#places.set(this.ids[place], place);
    }
    return this.#places.get(id) ?? null;
  }

  /** The expansion of the node at a place; null where it is not expanded. */
  expansionOf(place: number): number | null {
    const at = this.expanded.indexOf(place);
    return at < 0 ? null : at;
  }
}

/** How many of some ascending values are at most a limit. */
function upTo(values: Int32Array, limit: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
