import type { Mark } from "../points/marks";
import type { Place, Points } from "../points/points";
import type { RowImage } from "../points/scene";

/** A row of a search; the copy is 0 but where rows of one cluster share an id. */
export interface DrawnRow {
  readonly id: bigint;
  /** Of its cluster. */
  readonly rank: number;
  readonly copy: number;
}

/** The rows of a picture and their places, in CSS pixels from its corner. */
export interface Drawing {
  readonly canvas: HTMLCanvasElement;
  /** Changes identity as soon as anything lies elsewhere. */
  readonly scene: unknown;
  /** Rows drawn one by one; null where clusters are drawn as a whole. */
  readonly points: Points | null;
  /** The results and missed neighbours among them. */
  readonly marks: readonly Mark[];
  /** Radius and opacity of a dot. */
  readonly dot: readonly [number, number] | null;
  readonly query: Place | null;
  /** The place of a row, null for one that is not drawn. In a drawn cluster, `turn` picks a place. */
  placeOf(row: DrawnRow, turn: number): Place | null;
  imageOf(id: bigint, rank: number): RowImage | null;
}

/** Returns the current drawing, null while nothing is drawn. */
export type DrawingSource = () => Drawing | null;

/** Places in a disc that fill it evenly as `turn` counts up (Roberts's R2 sequence). */
export function placeIn(x: number, y: number, radius: number, turn: number): Place {
  const away = radius * Math.sqrt((turn * 0.7548776662466927) % 1);
  const angle = 2 * Math.PI * ((turn * 0.5698402909980532) % 1);
  return { x: x + away * Math.cos(angle), y: y + away * Math.sin(angle) };
}
