import type { CandidateSet } from "../../model/candidates";
import { type Box, BoxPlacer, boxAround } from "../placer";
import { type Found, type Mark, MOST_PICTURES } from "../points/marks";
import type { Circle, Layout } from "./layout";
import type { Sectors } from "./sectors";

/** Sides of the pictures in CSS pixels; the largest that finds room is taken. */
const SIDES = [46, 41, 37, 33, 30, 27, 24, 22, 20, 18];
/** Share of the circle's radius that a picture may take. */
const LARGEST = 0.19;
/** Share of the smaller picture's side by which two may overlap. */
const LAP = 0.22;
const MOST_ANGLES = 72;
/** Side of the box that the query takes in the middle. */
const QUERY = 22;

interface PlacedPictures {
  readonly positions: Float64Array;
  readonly marks: readonly Mark[];
}

/** Where a picture stands: null where it finds no room. */
interface Spot {
  readonly angle: number | null;
  /** Points of the pictures that it would cover. */
  readonly covers: readonly number[];
}

/**
 * Results and missed neighbours as pictures at their exact radius: each moves along it, within its sector, until it
 * covers no other. The pictures of a sector are as large as finds room, and those of results no larger than those of
 * missed neighbours; one that finds none at the least size is a dot.
 *
 * @param found  the most important point first
 */
export function placePictures(
  found: readonly Found[],
  { places }: CandidateSet,
  { positions, radii }: Layout,
  sectors: Sectors,
  circle: Circle,
): PlacedPictures {
  const markOf = (one: Found, side: number): Mark => ({ ...one, side, dx: 0, dy: 0 });
  if (found.length === 0 || found.length > MOST_PICTURES) {
    return { positions, marks: found.map((one) => markOf(one, 0)) };
  }
  const points = found.map(({ point }) => point);
  const smallest = SIDES.length - 1;
  const largest = SIDES.findIndex((side) => side <= LARGEST * circle.radius);
  const levels = new Map(points.map((point) => [places[point], largest < 0 ? smallest : largest]));
  const withMissed = new Set(found.filter(({ isMissed }) => isMissed).map(({ point }) => places[point]));
  const sideOf = (point: number) => SIDES[levels.get(places[point]) as number];
  let spots: readonly Spot[];
  for (;;) {
    spots = spotsOf(points, places, radii, sectors, sideOf);
    const crowded = new Set(spots.flatMap(({ covers }) => covers.map((point) => places[point])));
    const shrinkable = [...crowded].filter((sector) => (levels.get(sector) as number) < smallest);
    if (shrinkable.length === 0) break;
    for (const sector of shrinkable) levels.set(sector, (levels.get(sector) as number) + 1);
    const most = Math.max(0, ...[...withMissed].map((sector) => levels.get(sector) as number));
    for (const [sector, level] of levels) levels.set(sector, Math.max(level, most));
  }
  const moved = positions.slice();
  points.forEach((point, i) => {
    const { angle } = spots[i];
    if (angle === null) return;
    moved[2 * point] = circle.x + radii[point] * Math.sin(angle);
    moved[2 * point + 1] = circle.y - radii[point] * Math.cos(angle);
  });
  return {
    positions: moved,
    marks: found.map((one, i) => markOf(one, spots[i].angle === null ? 0 : sideOf(one.point))),
  };
}

/** A spot for each point's picture, the first point's first. */
function spotsOf(
  points: readonly number[],
  places: Uint32Array,
  radii: Float64Array,
  sectors: Sectors,
  sideOf: (point: number) => number,
): Spot[] {
  const placer = new BoxPlacer({ taken: [boxAround(0, 0, QUERY, QUERY)], lap: LAP });
  /** The point of each box that is taken; the query's first. */
  const owners = [-1];
  return points.map((point) => {
    const side = sideOf(point);
    const radius = radii[point];
    const sector = places[point] - 1;
    const angles = anglesIn(sectors.from[sector], sectors.to[sector], radius);
    const boxes = angles.map(
      (angle): Box => boxAround(radius * Math.sin(angle), -radius * Math.cos(angle), side, side),
    );
    const choice = placer.choose(boxes);
    if (choice === null) return { angle: null, covers: [] };
    if (choice.covered > 0) {
      const covered = placer.coveredBy(choice.place).map((i) => owners[i]);
      return { angle: null, covers: [point, ...covered.filter((other) => other >= 0)] };
    }
    placer.take(choice.place);
    owners.push(point);
    return { angle: angles[boxes.indexOf(choice.place)], covers: [] };
  });
}

/** Angles of a sector from its middle to its sides. A picture that is wider than the sector stands out of it. */
function anglesIn(from: number, to: number, radius: number): number[] {
  const middle = (from + to) / 2;
  const reach = (to - from) / 2;
  const steps = Math.min(MOST_ANGLES / 2, Math.ceil((reach * radius) / 2));
  const angles = [middle];
  for (let i = 1; i <= steps; i++) {
    angles.push(middle - (reach * i) / steps, middle + (reach * i) / steps);
  }
  return angles;
}
