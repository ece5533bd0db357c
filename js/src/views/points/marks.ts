import { ordinal } from "../../model/format";
import type { Result } from "../../model/results";
import type { Missed } from "../../model/truth";

/** More found points than this are dots with a ring; fewer are pictures. */
export const MOST_PICTURES = 40;

/** A point that is a result, or a true neighbour that is none. */
export interface Found {
  readonly point: number;
  /** Place among all vectors once the true neighbours are known, else among the results, from 1; Infinity if unknown. */
  readonly place: number;
  /** Whether it is the place among all vectors. */
  readonly isOfAll?: boolean;
  readonly isMissed: boolean;
}

/** A found point, drawn as its picture. */
export interface Mark extends Found {
  /** Side of the picture in CSS pixels; 0 draws a dot with a ring. */
  readonly side: number;
  /** Where the picture's middle is drawn, in CSS pixels from the point; a line leads to it. */
  readonly dx: number;
  readonly dy: number;
}

/**
 * The points that are results or missed neighbours, in this order. Of rows that share an id each is found once; a row
 * that has no point is left out.
 *
 * @param pointOf  finds the `copy`-th point, from 0, with this rank of its cluster and this id; -1 for none
 */
export function foundPoints(
  results: readonly Result[],
  missed: readonly Missed[],
  pointOf: (rank: number, id: bigint, copy: number) => number,
): Found[] {
  const found = new Map<number, Found>();
  const add = (place: number, { id, clusterRank }: Result, isMissed: boolean, isOfAll: boolean) => {
    let copy = 0;
    let point = pointOf(clusterRank, id, copy);
    while (point >= 0 && found.has(point)) point = pointOf(clusterRank, id, ++copy);
    if (point >= 0) found.set(point, { point, place, isMissed, isOfAll });
  };
  results.forEach((result, i) => {
    add(result.place ?? i + 1, result, false, result.place !== undefined);
  });
  for (const one of missed) add(one.place, one, true, true);
  return [...found.values()];
}

/** What a mark is, in words. */
export function markText({ place, isMissed, isOfAll }: Found): string {
  if (isMissed) return `missed, ${ordinal(place)} nearest of all`;
  if (isOfAll !== true) return `result ${place}`;
  return Number.isFinite(place)
    ? `a result, ${ordinal(place)} nearest of all`
    : "a result, no true neighbour";
}

/** The mark at a point, in words after a comma; empty where there is none. */
export function markSuffix(marks: readonly Mark[], point: number): string {
  const mark = marks.find((one) => one.point === point);
  return mark === undefined ? "" : `, ${markText(mark)}`;
}
