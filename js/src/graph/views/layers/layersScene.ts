import { nthNearest } from "../../model/results";
import { type Band, bandOf } from "./bands";
import { type DistanceScale, distanceScale } from "./distanceScale";
import type { Cuts } from "./dotGrid";
import { type DotPlot, dotPlot } from "./dotPlot";
import { type LayersState, type Progress, progressOf } from "./layersState";

/** A dotted line: the same node on the next level. */
export interface Fall {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
  /** Where it ends: on level 0 in the column of its node. */
  readonly endX: number;
}

/** Level 0. */
export interface Floor {
  readonly top: number;
  /** The height of the axis. */
  readonly bottom: number;
  readonly nodes: number;
  readonly compared: number;
  readonly expanded: number;
  readonly state: "ahead" | "here" | "left";
  readonly plot: DotPlot;
  /** The node at which the walk begins, once it has begun. */
  readonly start: { readonly x: number; readonly y: number } | null;
  /** Nodes beyond the break of the axis. */
  readonly beyond: number;
}

/** What the Layers view draws, as plain data in CSS pixels. */
export interface LayersScene {
  readonly frame: {
    /** Where the words begin, and the plot. */
    readonly left: number;
    readonly plotLeft: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
  readonly scale: DistanceScale;
  /** From the top level down to level 1. */
  readonly bands: readonly Band[];
  readonly floor: Floor;
  readonly falls: readonly Fall[];
  readonly progress: Progress;
}

const TOP = 4;
const EDGE = 10;
/** Room for the values of the axis. */
const AXIS = 24;
/** Share of the height that level 0 has at least, and the most that a band above it has. */
const FLOOR = 0.42;
const HIGHEST = 76;
/** Room above the dots of level 0 for the names of its lines. */
export const NAMES = 40;
/** Words are a column of this width, or of this share of a narrow picture. */
const WORDS = 250;
const WORDS_SHARE = 0.36;

export function layersScene(state: LayersState, width: number, height: number): LayersScene {
  const { walk, similarity, results, areResultsOfWalk, k, ef } = state;
  const sign = similarity ? -1 : 1;
  const progress = progressOf(state);
  const plotLeft = EDGE + Math.min(WORDS, WORDS_SHARE * width);
  const frame = { left: EDGE, plotLeft, right: width - EDGE, top: TOP, bottom: height - AXIS };
  const scale = distanceScale(keysOf(state, sign), referenceOf(state, sign), plotLeft, frame.right, sign);
  const levels = [...new Set(walk.hops.map(({ level }) => level))];
  const whole = frame.bottom - frame.top;
  const each = levels.length === 0 ? 0 : Math.min(HIGHEST, ((1 - FLOOR) * whole) / levels.length);
  const bands = levels.map((level, i) =>
    bandOf(state, progress, scale, level, frame.top + i * each, frame.top + (i + 1) * each),
  );
  const floorTop = frame.top + levels.length * each;
  const axis = frame.bottom - 6;
  const { visits, expansions } = progress;
  const bar = visits >= ef ? nthNearest(walk, visits, ef, similarity)[visits - 1] : Number.POSITIVE_INFINITY;
  const cuts: Cuts = {
    last: areResultsOfWalk && results.length === k && visits > 0 ? sign * results[k - 1].distance : null,
    bar: Number.isFinite(bar) ? bar : null,
  };
  const plot = dotPlot(state, progress, scale, cuts, axis, axis - floorTop - NAMES);
  const floor: Floor = {
    top: floorTop,
    bottom: axis,
    nodes: state.levelSizes[0] ?? walk.ids.length,
    compared: Math.max(0, visits - 1),
    expanded: expansions,
    state: visits === 0 ? "ahead" : state.step === null ? "left" : "here",
    plot,
    start: visits === 0 ? null : (plot.dots.find(({ id }) => id === walk.ids[0]) ?? null),
    beyond: plot.dots.filter(({ place }) => place !== null && sign * walk.distances[place] < scale.low)
      .length,
  };
  return { frame, scale, bands, floor, falls: fallsOf(bands, floor), progress };
}

/** All distances that any efSearch of this walk shows, so that the scale rests while efSearch moves. */
function keysOf({ walk, truth, missed, isOneMeasure }: LayersState, sign: number): Float32Array {
  const others = [walk.entryDistance, ...(truth?.levels ?? []).map(({ distance }) => distance)];
  if (isOneMeasure) others.push(...missed.map(({ distance }) => distance));
  const keys = new Float32Array(walk.distances.length + walk.linkDistances.length + others.length);
  keys.set(walk.distances);
  keys.set(walk.linkDistances, walk.distances.length);
  keys.set(others, walk.distances.length + walk.linkDistances.length);
  for (let i = 0; i < keys.length; i++) keys[i] *= sign;
  return keys.sort();
}

/** A key in the middle of what a search at some efSearch looks through; the same for all. */
function referenceOf({ walk, k }: LayersState, sign: number): number {
  const keys = walk.distances.map((value) => sign * value).sort();
  return keys[Math.min(Math.floor(keys.length / 3), Math.max(16, 2 * k))] ?? 1;
}

function fallsOf(bands: readonly Band[], { start }: Floor): Fall[] {
  const falls: Fall[] = [];
  for (const [i, band] of bands.entries()) {
    const end = band.stays[band.stays.length - 1];
    const next = bands[i + 1];
    if (band.state !== "left" || end === undefined) break;
    if (next !== undefined) falls.push({ x: end.x, top: band.base, bottom: next.base, endX: end.x });
    else if (start !== null) falls.push({ x: end.x, top: band.base, bottom: start.y, endX: start.x });
  }
  return falls;
}
