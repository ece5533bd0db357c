import { type Domain, domainOf, finite } from "../../../model/distanceDomain";
import { camera, toMap } from "../../../views/clusters/camera";
import { type Circle, circleIn, roomIn } from "../../../views/distances/layout";
import { type RadialScale, radialScale } from "../../../views/distances/radialScale";
import { type Size, UNZOOMED } from "../../../views/viewport";
import type { Spot } from "../../model/districts";
import type { Neighbour } from "../../model/truth";
import type { GraphWalk } from "../../model/walk";
import type { Spots } from "../nodes/nodeScene";
import { APART, treeAngles } from "./treeAngles";

/** Nodes at their distances from the query, which is in the middle. */
export interface PolarSpots extends Spots {
  /** In CSS pixels of the canvas before it is zoomed. */
  readonly circle: Circle;
  readonly scale: RadialScale;
  readonly aspect: number;
  /** The nodes of the descent, from the entry point down. */
  readonly stops: readonly Spot[];
  /** Of the visits, x y x y … in the scene's coordinates. */
  readonly places: Float32Array;
}

/** @param absent  rows whose distances are known and that the walk does not come to */
export function polarSpots(
  walk: GraphWalk,
  absent: readonly Pick<Neighbour, "id" | "distance">[],
  similarity: boolean,
  size: Size,
): PolarSpots {
  const distances = Float32Array.from([
    ...walk.distances,
    walk.entryDistance,
    ...walk.hops.map(({ distance }) => distance),
    ...absent.map(({ distance }) => distance),
  ]);
  const circle = circleIn(size);
  const scale = radialScale(domainFor(walk, distances, similarity), roomIn(circle));
  const view = camera(size, aspectOf(size), UNZOOMED);
  const at = (distance: number, angle: number): Spot => {
    const radius = scale.radius(distance);
    const [x, y] = toMap(view, circle.x + radius * Math.sin(angle), circle.y - radius * Math.cos(angle));
    return { x, y, district: -1 };
  };
  const angles = treeAngles(walk);
  const ofVisits = Array.from(walk.distances, (distance, place) => at(distance, angles[place]));
  const ofRows = new Map<bigint, Spot>();
  absent.forEach(({ id, distance }, i) => {
    const share = (i + 1) / (absent.length + 1) - 0.5;
    ofRows.set(id, at(distance, Math.PI * (1 + 2 * APART * share)));
  });
  // The descent comes down at 12 o'clock.
  const descent = [
    { id: walk.entry, distance: walk.entryDistance },
    ...walk.hops.map(({ to, distance }) => ({ id: to, distance })),
  ];
  const stops = descent.map(({ distance }) => at(distance, 0));
  descent.forEach(({ id }, i) => {
    ofRows.set(id, stops[i]);
  });
  const [x, y] = toMap(view, circle.x, circle.y);
  const places = Float32Array.from(ofVisits.flatMap((spot) => [spot.x, spot.y]));
  return { ofVisits, ofRows, query: { x, y }, circle, scale, aspect: aspectOf(size), stops, places };
}

/** Width by height of the coordinates, so that a circle stays one. */
function aspectOf({ width, height }: Size): number {
  return width / height;
}

function domainFor(walk: GraphWalk, distances: Float32Array, similarity: boolean): Domain {
  const sign = similarity ? -1 : 1;
  const order = Int32Array.from(distances.keys()).sort(
    (a, b) => finite(sign * distances[a]) - finite(sign * distances[b]) || a - b,
  );
  const own = walk.id === null ? null : walk.placeOf(walk.id);
  return domainOf(distances, order, similarity, own ?? -1);
}
