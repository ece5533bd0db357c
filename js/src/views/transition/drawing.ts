import type { Mark } from "../points/marks";
import type { Place, Points } from "../points/points";
import type { RowImage } from "../points/scene";

/** What a picture shows, and where: in CSS pixels from its corner. */
export interface Drawing {
  readonly canvas: HTMLCanvasElement;
  /** Another one as soon as anything lies elsewhere. */
  readonly scene: unknown;
  /** What is drawn one by one; null where clusters are drawn as a whole. */
  readonly points: Points | null;
  /** Those of them that are results or missed. */
  readonly marks: readonly Mark[];
  /** Radius and opacity of a dot. */
  readonly dot: readonly [number, number] | null;
  readonly query: Place | null;
  /** Where a row is, null for one that is not drawn; where its cluster is drawn, a place in that, by `turn`. */
  placeOf(rank: number, id: bigint, turn: number): Place | null;
  imageOf(id: bigint): RowImage | null;
}

/** Says what is to be seen now, null while that is nothing. */
export type DrawingSource = () => Drawing | null;

/** Places in a disc that fill it evenly as `turn` counts up (Roberts's R2 sequence). */
export function placeIn(x: number, y: number, radius: number, turn: number): Place {
  const away = radius * Math.sqrt((turn * 0.7548776662466927) % 1);
  const angle = 2 * Math.PI * ((turn * 0.5698402909980532) % 1);
  return { x: x + away * Math.cos(angle), y: y + away * Math.sin(angle) };
}
