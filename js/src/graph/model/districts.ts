import type { CellMap } from "../../model/mapCells";

/** Where a node stands on the map. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly district: number;
}

/** A node of an upper level on the map. */
export interface UpperNode {
  readonly id: bigint;
  /** The highest level that it is on. */
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

/** The map of a graph: districts of near vectors, as large as their share of all. */
export interface DrawnDistricts {
  readonly cells: CellMap;
  /** Vectors in each district. */
  readonly sizes: Int32Array;
  /** The row nearest to the middle of each district; -2^63 where there is none. */
  readonly medoids: BigInt64Array;
  /** Nodes of the upper levels, as far as these are small. */
  readonly upper: readonly UpperNode[];
}

/** Districts by their distance from the query, nearest first. */
export function byNearness(distances: Float32Array, similarity: boolean): Int32Array {
  const sign = similarity ? -1 : 1;
  return Int32Array.from(distances.keys()).sort((a, b) => sign * (distances[a] - distances[b]) || a - b);
}
