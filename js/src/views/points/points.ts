import type { CandidateSet } from "../../model/candidates";
import type { Probe } from "../../model/probe";

/** Candidates as they are drawn; a `CandidateSet` is one. */
export interface Points {
  readonly count: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  /** Rank of each point's cluster, 1 = nearest. */
  readonly ranks: Uint32Array;
}

/** x y x y …, two per point, in CSS pixels before zooming. A point that is not finite is not drawn. */
export type Positions = Float32Array | Float64Array;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export const NO_POINTS: Points = {
  count: 0,
  ids: new BigInt64Array(0),
  distances: new Float32Array(0),
  ranks: new Uint32Array(0),
};

/** The points with an id: several where rows share it. */
export function pointsWith({ ids, count }: Points, id: bigint): number[] {
  const found: number[] = [];
  for (let at = ids.indexOf(id); at >= 0 && at < count; at = ids.indexOf(id, at + 1)) found.push(at);
  return found;
}

/** The `copy`-th point, from 0, that has an id, between two points; -1 where there is none. */
export function pointBetween(ids: BigInt64Array, start: number, end: number, id: bigint, copy = 0): number {
  const span = ids.subarray(start, end);
  let at = span.indexOf(id);
  for (let skipped = 0; at >= 0 && skipped < copy; skipped++) at = span.indexOf(id, at + 1);
  return at < 0 ? at : start + at;
}

/** Finds candidates by rank of their cluster, id, and copy from 0 where rows share the id; -1 for none. */
export function candidateFinder(
  { ids, starts }: Pick<CandidateSet, "ids" | "starts">,
  probe: Probe,
): (rank: number, id: bigint, copy: number) => number {
  return (rank, id, copy) => {
    const place = probe.placeOf(rank);
    return place === 0 ? -1 : pointBetween(ids, starts[place - 1], starts[place], id, copy);
  };
}

/**
 * Finds points by the rank of their cluster, whose points lie together, id, and copy from 0 where rows share the id;
 * -1 for none.
 */
export function pointFinder({
  ids,
  ranks,
  count,
}: Points): (rank: number, id: bigint, copy?: number) => number {
  const spans = new Map<number, readonly [start: number, end: number]>();
  for (let i = 0, end = 0; i < count; i = end) {
    while (end < count && ranks[end] === ranks[i]) end++;
    spans.set(ranks[i], [spans.get(ranks[i])?.[0] ?? i, end]);
  }
  return (rank, id, copy = 0) => {
    const [start, end] = spans.get(rank) ?? [0, 0];
    return pointBetween(ids, start, end, id, copy);
  };
}

/** `indexOf` finds a few ids faster than a lookup of every point's id does. */
const FEW = 16;

/** Which points have one of these ids, 1 for each; null where none has. */
export function pointsSelected(points: Points, ids: ReadonlySet<bigint>): Uint8Array | null {
  if (ids.size === 0) return null;
  const selected = new Uint8Array(points.count);
  if (ids.size < FEW) {
    for (const id of ids) for (const point of pointsWith(points, id)) selected[point] = 1;
  } else {
    for (let i = 0; i < points.count; i++) if (ids.has(points.ids[i])) selected[i] = 1;
  }
  return selected.includes(1) ? selected : null;
}
