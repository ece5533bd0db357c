import type { WalkTruth } from "../../protocol/messages";
import type { GraphResult } from "./results";

/** A vector that can count as a true neighbour. */
export interface Neighbour {
  readonly id: bigint;
  readonly distance: number;
  /** Its place among the true neighbours, 1 = nearest. */
  readonly rank: number;
  /** The smallest efSearch that visits it; null where no path leads to it. */
  readonly visitedFrom: number | null;
  /** Whether it is known from which efSearch on it is found: not beyond where distances tie. */
  readonly isTold: boolean;
  /** It is a result from here to before `until`; null for never, or where it is not told. */
  readonly from: number | null;
  readonly until: number | null;
  /** It is handed to the second pass from here to before `handedUntil`; null for never. */
  readonly handedFrom: number | null;
  readonly handedUntil: number | null;
  /** The row whose links lead to it, and the one at which a search must not stop; null for none. */
  readonly ledBy: bigint | null;
  readonly gate: bigint | null;
  /** The rows that link to it. */
  readonly inLinks: BigInt64Array;
}

/** The k nearest of all vectors. */
export interface GraphTruth {
  readonly k: number;
  readonly includeSelf: boolean;
  readonly neighbours: readonly Neighbour[];
  /** Those and all others at the distance of the last. */
  readonly near: readonly Neighbour[];
  readonly holdsUntil: number;
  /** The upper levels, from 1 up. */
  readonly levels: readonly LevelPlace[];
}

/** How well the descent did on an upper level. */
export interface LevelPlace {
  readonly level: number;
  /** The place among the level's nodes of the one at which the descent left it, 1 = nearest. */
  readonly place: number;
  /** The level's nearest node; the one at which the descent left, where that is as near. */
  readonly nearest: bigint;
  readonly distance: number;
}

/** Stands where there is no row: an id may be any other. */
const NO_ROW = -(2n ** 63n);

/** @param ntotal  rows of the graph: as far as all of it holds where no distances tie */
export function truthOf(message: WalkTruth, ntotal: number): GraphTruth {
  const orNull = (value: number) => (value === 0 ? null : value);
  const rowOrNull = (value: bigint) => (value === NO_ROW ? null : value);
  // Where no two distances that matter are equal, all of it holds.
  const isTied = message.holds_until < ntotal;
  const isTold = (from: number) => !isTied || (from > 0 && from <= message.holds_until);
  const near = Array.from(message.ids, (id, i) => ({
    id,
    distance: message.distances[i],
    rank: i + 1,
    visitedFrom: orNull(message.visited_from[i]),
    isTold: isTold(message.returned_from[i]),
    from: isTold(message.returned_from[i]) ? orNull(message.returned_from[i]) : null,
    until: orNull(message.returned_until[i]),
    handedFrom: orNull(message.handed_from[i]),
    handedUntil: orNull(message.handed_until[i]),
    ledBy: rowOrNull(message.led_by[i]),
    gate: rowOrNull(message.gate[i]),
    inLinks: message.in_ids.subarray(message.in_offsets[i], message.in_offsets[i + 1]),
  }));
  return {
    k: message.k,
    includeSelf: message.include_self,
    neighbours: near.slice(0, message.count),
    near,
    holdsUntil: message.holds_until,
    levels: Array.from(message.level_places, (place, i) => ({
      level: i + 1,
      place,
      nearest: message.level_nearest[i],
      distance: message.level_distances[i],
    })),
  };
}

/** Whether a search at this efSearch returns a row, by the spans of the truth. */
export function isReturnedAt({ from, until }: Neighbour, ef: number): boolean {
  return from !== null && from <= ef && (until === null || ef < until);
}

/** Whether a search at this efSearch hands a row to the second pass. */
export function isHandedAt({ handedFrom, handedUntil }: Neighbour, ef: number): boolean {
  return handedFrom !== null && handedFrom <= ef && (handedUntil === null || ef < handedUntil);
}

/** The true neighbours that are not found: of those that tie for the last place, as many as lack. */
export function missedOf(truth: GraphTruth, finds: (row: Neighbour) => boolean): Neighbour[] {
  let lacking = truth.neighbours.length - foundOf(truth, finds);
  return truth.neighbours.filter((row) => !finds(row) && lacking-- > 0);
}

/** How many true neighbours are found; of those that tie for the last place any will do. */
export function foundOf({ neighbours, near }: GraphTruth, finds: (row: Neighbour) => boolean): number {
  const last = neighbours[neighbours.length - 1]?.distance;
  const better = neighbours.filter(({ distance }) => distance !== last);
  const tied = near.filter(({ distance }) => distance === last);
  return better.filter(finds).length + Math.min(neighbours.length - better.length, tied.filter(finds).length);
}

/** The values of efSearch at which the number found may change, from 1 to a limit, ascending. */
export function turnsOf(truth: GraphTruth, limit: number): number[] {
  const turns = new Set([1]);
  for (const { from, until } of truth.near) {
    if (from !== null && from <= limit) turns.add(from);
    if (until !== null && until <= limit) turns.add(until);
  }
  return [...turns].sort((a, b) => a - b);
}

/**
 * The smallest efSearch that finds 1, 2, … of them, ascending; fewer than there are true neighbours where none finds
 * more, or only a search would tell.
 */
export function foundAtOf(truth: GraphTruth): number[] {
  const foundAt: number[] = [];
  for (const ef of turnsOf(truth, truth.holdsUntil)) {
    const found = foundOf(truth, (row) => isReturnedAt(row, ef));
    while (foundAt.length < found) foundAt.push(ef);
    if (found === truth.neighbours.length) break;
  }
  return foundAt;
}

/** The smallest efSearch that finds them all; null where none does, or only a search would tell. */
export function efNeeded(truth: GraphTruth): number | null {
  const foundAt = foundAtOf(truth);
  if (foundAt.length < truth.neighbours.length) return null;
  return foundAt[foundAt.length - 1] ?? 1;
}

/** The results that are no true neighbours, with the last place's ties taken for true. */
export function intrudersOf(truth: GraphTruth, results: readonly GraphResult[]): GraphResult[] {
  const ids = new Set(truth.near.map(({ id }) => id));
  return results.filter(({ id }) => !ids.has(id));
}
