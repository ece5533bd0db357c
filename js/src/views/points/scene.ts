import type { Size } from "../viewport";
import type { Mark } from "./marks";
import type { PointLabels } from "./pointColours";
import { NO_POINTS, type Place, type Points, type Positions } from "./points";

/** Points of a picture, and which of them are marked. */
export interface PointContent {
  readonly points: Points;
  readonly positions: Positions;
  /** The results and missed neighbours. */
  readonly marks: readonly Mark[];
  readonly query: Place | null;
}

/** What a person has pointed at or selected. */
interface Highlights {
  /** 1 for each selected point; null when none is. */
  readonly selected: Uint8Array | null;
  /** Rank of the cluster that stands out; null when none does. */
  readonly emphasised: number | null;
  /** Null where colours mean ranks. */
  readonly labels?: PointLabels | null;
}

export type PointScene<Content extends PointContent = PointContent> = Content & Highlights;

/** What moves with the pointer, on a canvas of its own. */
export interface Overlay {
  /** Points with a halo: several where rows share an id. */
  readonly points: readonly number[];
  /** An outline being drawn, x y x y … in CSS pixels of the canvas. */
  readonly outline: readonly number[] | null;
}

export interface RowImage {
  readonly naturalWidth: number;
  readonly naturalHeight: number;
}

/**
 * Images of rows that have been loaded, and labels of rows without one, by id and rank of the cluster: rows of several
 * clusters can share an id.
 */
export interface RowImages {
  get(id: bigint, rank: number): RowImage | null;
  label?(id: bigint, rank: number): string | null;
}

export const NO_CONTENT: PointContent = {
  points: NO_POINTS,
  positions: new Float32Array(0),
  marks: [],
  query: null,
};

const LARGEST = 3.6;
const SMALLEST = 1.1;
/** Share of the picture that dots may cover. */
const COVERAGE = 0.06;

/** Radius of a dot in CSS pixels: smaller where there are many. */
export function dotRadius(count: number, { width, height }: Omit<Size, "ratio">, zoom: number): number {
  const room = (width * height * COVERAGE * zoom) / Math.max(1, count);
  return Math.min(LARGEST, Math.max(SMALLEST, Math.sqrt(room / Math.PI)));
}

/** Opacity of a dot: lower where many overlap, so that density shows. */
export function dotOpacity(count: number): number {
  return Math.min(0.82, Math.max(0.32, 0.82 - 0.125 * Math.log10(Math.max(1, count / 200))));
}
