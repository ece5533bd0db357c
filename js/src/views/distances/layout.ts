import type { CandidateSet } from "../../model/candidates";
import { DiscPlacer, GOLDEN } from "../placer";
import { dotRadius } from "../points/scene";
import type { RadialScale, Room } from "./radialScale";
import type { Sectors } from "./sectors";

export interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Up to this many points get angles that keep them apart; more show their density. */
const SPREAD = 4000;
const NARROW = 520;
const TURN = 2 * Math.PI;

/** Directions that many points are spread over: a fraction of a pixel apart. */
const DIRECTIONS = 16_384;
/** Sine and cosine of each, in turn. */
const compass = new Float64Array(2 * DIRECTIONS).map((_, i) => {
  const angle = ((i >> 1) / DIRECTIONS) * TURN;
  return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
});

/** The circle that the picture has room for, with labels around it. */
export function circleIn({ width, height }: Extent): Circle {
  const aside = width < NARROW ? 34 : 80;
  const radius = Math.max(10, Math.min(width / 2 - aside, height / 2 - 24));
  return { x: width / 2, y: height / 2, radius };
}

/** Radii for a scale: results, as pictures, need room around the query. */
export function roomIn({ radius }: Circle): Room {
  return {
    near: Math.min(Math.max(24, 0.16 * radius), 0.3 * radius),
    start: Math.min(Math.max(40, 0.33 * radius), 0.45 * radius),
    outer: radius,
  };
}

export interface Layout {
  /** x y x y … in CSS pixels. */
  readonly positions: Float64Array;
  /** The scale's radius of each point, exactly. */
  readonly radii: Float64Array;
}

/**
 * Places each candidate at the radius of its distance, in the sector of its cluster. Only the angle is free: it keeps
 * a few points apart, and spreads many evenly.
 *
 * Double precision keeps the order of any two distances when radii are computed back from positions.
 *
 * @param order  places from the nearest to the farthest
 */
export function layoutDistances(
  points: CandidateSet,
  order: Uint32Array,
  scale: RadialScale,
  sectors: Sectors,
  circle: Circle,
  size: Extent,
): Layout {
  const { places, distances, count } = points;
  const positions = new Float64Array(2 * count);
  const radii = new Float64Array(count);
  const dot = dotRadius(count, size, 1);
  const placers =
    count <= SPREAD ? Array.from({ length: sectors.count }, () => new DiscPlacer(circle.radius / 200)) : null;
  const placed = new Uint32Array(sectors.count + 1);
  for (let k = 0; k < count; k++) {
    // Points that keep apart are placed from the query outward; many are read in the order of memory.
    const i = placers === null ? k : order[k];
    const sector = places[i];
    const radius = scale.radius(distances[i]);
    const from = sectors.from[sector - 1];
    const to = sectors.to[sector - 1];
    const margin = Math.min(dot / Math.max(radius, 1), 0.25 * (to - from));
    radii[i] = radius;
    if (placers === null) {
      const turn = 0.5 + placed[sector]++ * GOLDEN;
      const angle = from + margin + (turn - Math.floor(turn)) * (to - from - 2 * margin);
      const at = 2 * (Math.round((angle / TURN) * DIRECTIONS) & (DIRECTIONS - 1));
      positions[2 * i] = circle.x + radius * compass[at];
      positions[2 * i + 1] = circle.y - radius * compass[at + 1];
    } else {
      const angle = placers[sector - 1].place(radius, dot, from + margin, to - margin);
      positions[2 * i] = circle.x + radius * Math.sin(angle);
      positions[2 * i + 1] = circle.y - radius * Math.cos(angle);
    }
  }
  return { positions, radii };
}
