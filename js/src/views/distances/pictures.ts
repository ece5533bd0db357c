import type { CandidateSet } from "../../model/candidates";
import type { Found, Mark } from "../points/points";
import type { Circle, Layout } from "./layout";
import type { Sectors } from "./sectors";

/** More than this are dots with a ring. */
export const MOST_PICTURES = 40;
/** Sides of the pictures in CSS pixels, the largest that finds room is taken. */
const SIDES = [46, 41, 37, 33, 30, 27, 24, 22, 20, 18];
/** Share of the circle's radius that a picture may take. */
const LARGEST = 0.19;
/** Share of the smaller picture's side by which two may overlap. */
const LAP = 0.22;
const MOST_ANGLES = 72;

/** What the query takes in the middle. */
const QUERY: Square = { point: -1, angle: 0, x: 0, y: 0, half: 11, isFree: true };

export interface Placed {
  readonly positions: Float64Array;
  readonly marks: readonly Mark[];
}

interface Square {
  readonly point: number;
  readonly angle: number;
  readonly x: number;
  readonly y: number;
  readonly half: number;
  /** Whether it covers none before. */
  readonly isFree: boolean;
}

/**
 * Results and missed neighbours as pictures at their exact radius: each moves along it, within its sector, until it
 * covers no other. Those of a sector are as large as finds room; those that find none even at the smallest are dots.
 *
 * @param found  which points, the most important first
 */
export function placePictures(
  found: readonly Found[],
  { places }: CandidateSet,
  { positions, radii }: Layout,
  sectors: Sectors,
  circle: Circle,
): Placed {
  const markOf = (one: Found, side: number): Mark => ({ ...one, side, dx: 0, dy: 0 });
  if (found.length === 0 || found.length > MOST_PICTURES) {
    return { positions, marks: found.map((one) => markOf(one, 0)) };
  }
  const points = found.map(({ point }) => point);
  const largest = SIDES.findIndex((side) => side <= LARGEST * circle.radius);
  const smallest = SIDES.length - 1;
  const levelOf = new Map(points.map((point) => [places[point], largest < 0 ? smallest : largest]));
  const level = (point: number) => levelOf.get(places[point]) as number;
  let squares: readonly Square[];
  for (;;) {
    const attempt = arrange(points, places, radii, sectors, (point) => SIDES[level(point)]);
    squares = attempt.squares;
    const crowded = new Set([...attempt.crowded].map((point) => places[point]));
    let shrunk = false;
    for (const sector of crowded) {
      const now = levelOf.get(sector) as number;
      if (now === smallest) continue;
      levelOf.set(sector, now + 1);
      shrunk = true;
    }
    if (!shrunk) break;
  }
  const moved = positions.slice();
  points.forEach((point, i) => {
    const { angle, isFree } = squares[i];
    if (!isFree) return;
    moved[2 * point] = circle.x + radii[point] * Math.sin(angle);
    moved[2 * point + 1] = circle.y - radii[point] * Math.cos(angle);
  });
  const marks = found.map((one, i) => markOf(one, squares[i].isFree ? SIDES[level(one.point)] : 0));
  return { positions: moved, marks };
}

/** Give each point, the first one first, the angle at which it covers the least of those before. */
function arrange(
  points: readonly number[],
  places: Uint32Array,
  radii: Float64Array,
  sectors: Sectors,
  sideOf: (point: number) => number,
): { squares: Square[]; crowded: Set<number> } {
  const squares: Square[] = [];
  const crowded = new Set<number>();
  for (const point of points) {
    const half = sideOf(point) / 2;
    const radius = radii[point];
    const sector = places[point];
    let best: Square | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const angle of anglesIn(sectors.from[sector - 1], sectors.to[sector - 1], radius)) {
      const x = radius * Math.sin(angle);
      const y = -radius * Math.cos(angle);
      const square = { point, angle, half, x, y, isFree: true };
      let covered = overlap(square, QUERY);
      for (const other of squares) if (other.isFree) covered += overlap(square, other);
      if (covered < least) {
        least = covered;
        best = { ...square, isFree: covered === 0 };
      }
      if (covered === 0) break;
    }
    if (best === null) continue;
    if (least > 0) {
      crowded.add(point);
      for (const other of squares) if (overlap(best, other) > 0) crowded.add(other.point);
    }
    squares.push(best);
  }
  return { squares, crowded };
}

function overlap(square: Square, other: Square): number {
  const reach = square.half + other.half - 2 * LAP * Math.min(square.half, other.half);
  const wide = reach - Math.abs(other.x - square.x);
  const high = reach - Math.abs(other.y - square.y);
  return wide > 0 && high > 0 ? wide * high : 0;
}

/** Angles of a sector from its middle to its sides. What is wider than the sector stands out of it. */
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
