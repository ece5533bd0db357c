import type { Size } from "../../../views/viewport";
import type { Spot } from "../../model/districts";
import type { ProjectedWalk } from "../../state/walkProjection";
import type { Spots } from "../nodes/nodeScene";

/** The share of the shorter side that is left empty at each edge: marks and their names stand there. */
const EDGE = 0.05;

/** Nodes in the plane, in the middle of a canvas and with one scale for both axes. */
export interface PlaneSpots extends Spots {
  readonly aspect: number;
  /** Of the visits, x y x y … in the scene's coordinates. */
  readonly places: Float32Array;
}

export function planeSpots(
  drawn: ProjectedWalk,
  { width, height }: Pick<Size, "width" | "height">,
): PlaneSpots {
  const aspect = width / height;
  const side = (1 - 2 * EDGE) * Math.min(1, aspect);
  const at = (x: number, y: number): Spot => ({
    x: aspect / 2 + side * (x - 0.5),
    y: 0.5 + side * (y - 0.5),
    district: -1,
  });
  const { places, others, query } = drawn;
  const ofVisits = Array.from({ length: drawn.visits }, (_, i) => at(places[2 * i], places[2 * i + 1]));
  return {
    ofVisits,
    ofRows: new Map(Array.from(others, ([id, { x, y }]) => [id, at(x, y)])),
    query: at(query.x, query.y),
    aspect,
    places: Float32Array.from(ofVisits.flatMap(({ x, y }) => [x, y])),
  };
}
