import type { Palette } from "../../look/palette";
import type { Size } from "../clusters/camera";
import type { Zoom } from "../gestures";

/** Candidates as they are drawn; a `CandidateSet` is one. */
export interface Points {
  readonly count: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  /** Rank of each one's cluster, 1 = nearest. */
  readonly ranks: Uint32Array;
}

/** A point that is a result, or a true neighbour that is none. */
export interface Found {
  readonly point: number;
  /** Place among the results, or among the true neighbours, from 1. */
  readonly place: number;
  readonly isMissed: boolean;
}

/** x y x y …, two per point, in CSS pixels before zooming. A point that is not finite is not drawn. */
export type Positions = Float32Array | Float64Array;

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Such a point, drawn as its picture. */
export interface Mark extends Found {
  /** Side of the picture in CSS pixels; 0 draws a dot with a ring. */
  readonly side: number;
  /** Where the picture's middle is drawn, in CSS pixels from the point; a line leads to it. */
  readonly dx: number;
  readonly dy: number;
}

/** Paints below or above the points, in CSS pixels of the canvas. */
export type Paint = (
  context: CanvasRenderingContext2D,
  size: Size,
  palette: Palette,
  /** Rank of the cluster that stands out, if one does. */
  emphasised: number | null,
  zoom: Zoom,
) => void;

const LARGEST = 3.6;
const SMALLEST = 1.1;
/** Share of the picture that dots may cover. */
const COVERAGE = 0.06;

/** Radius of a dot in CSS pixels: smaller where there are many. */
export function dotRadius(count: number, size: Size, zoom: number): number {
  const room = (size.width * size.height * COVERAGE * zoom) / Math.max(1, count);
  return Math.min(LARGEST, Math.max(SMALLEST, Math.sqrt(room / Math.PI)));
}

/** Opacity of a dot: lower where many overlap, so that density shows. */
export function dotOpacity(count: number): number {
  return Math.min(0.82, Math.max(0.32, 0.82 - 0.125 * Math.log10(Math.max(1, count / 200))));
}

/** The point with an id, -1 without one. */
export function pointOf({ ids, count }: Points, id: bigint): number {
  const at = ids.indexOf(id);
  return at < count ? at : -1;
}

/** Finds points by the rank of their cluster, whose points lie together, and their id; -1 for one that is not there. */
export function pointFinder({ ids, ranks, count }: Points): (rank: number, id: bigint) => number {
  const spans = new Map<number, readonly [start: number, end: number]>();
  for (let i = 0, end = 0; i < count; i = end) {
    while (end < count && ranks[end] === ranks[i]) end++;
    spans.set(ranks[i], [spans.get(ranks[i])?.[0] ?? i, end]);
  }
  return (rank, id) => {
    const [start, end] = spans.get(rank) ?? [0, 0];
    const at = ids.subarray(start, end).indexOf(id);
    return at < 0 ? at : start + at;
  };
}

/** What a mark is, in words. */
export function markText({ place, isMissed }: Found): string {
  return isMissed ? `missed, true neighbour ${place}` : `result ${place}`;
}

export const NO_POINTS: Points = {
  count: 0,
  ids: new BigInt64Array(0),
  distances: new Float32Array(0),
  ranks: new Uint32Array(0),
};
