import { count, distance, ordinal } from "../../../model/format";
import type { Hop } from "../../model/walk";
import type { DistanceScale } from "./distanceScale";
import type { LayersState, Progress } from "./layersState";

export interface Dot {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
}

/** A hop from a node to a nearer one. */
export interface HopArc {
  readonly from: Dot;
  readonly to: Dot;
  /** How high it rises above the line; 0 where it is too short for an arrow. */
  readonly rise: number;
}

/** One upper level. */
export interface Band {
  readonly level: number;
  readonly top: number;
  readonly bottom: number;
  /** The height of its line. */
  readonly base: number;
  readonly nodes: number;
  /** Distances computed so far. */
  readonly compared: number;
  readonly state: "ahead" | "here" | "left";
  /** The nodes compared, each once, without those that the descent came to. */
  readonly dots: readonly Dot[];
  /** The nodes that the descent came to, in order; the first is where it enters. */
  readonly stays: readonly Dot[];
  readonly arcs: readonly HopArc[];
  /** The level's nearest node; null where it is not known, or the level has not been left. */
  readonly nearest: (Dot & { readonly place: number }) | null;
  /** What happened here, and whether the level's nearest node was not reached. */
  readonly sentence: string;
  /** The same where there is one line; empty before the level has been left. */
  readonly brief: string;
  readonly isOff: boolean;
}

/** Radius of a compared node, and the pitch of rows of them. */
export const DOT = 3.25;
const PITCH = 7;
const MOST_RISE = 20;
/** CSS pixels of the shortest hop that is an arrow: a shorter one has no room for the head. */
const SHORTEST = 36;
/** A band this high has its line below its middle: pictures stand above it. */
const PICTURE_BAND = 44;

/** The level's hops, and how many of them are shown. */
interface Part {
  readonly hops: readonly Hop[];
  readonly shown: number;
}

export function bandOf(
  state: LayersState,
  progress: Progress,
  scale: DistanceScale,
  level: number,
  top: number,
  bottom: number,
): Band {
  const { walk, similarity } = state;
  const sign = similarity ? -1 : 1;
  const first = walk.hops.findIndex((hop) => hop.level === level);
  const hops = walk.hops.filter((hop) => hop.level === level);
  const part: Part = { hops, shown: Math.max(0, Math.min(hops.length, progress.hops - first)) };
  const base = top + (bottom - top) * (bottom - top >= PICTURE_BAND ? 0.68 : 0.55);
  const isReached = progress.hops >= first;
  const isLeft = part.shown === hops.length;
  const entered = first === 0 ? walk.entryDistance : walk.hops[first - 1].distance;
  const at = (id: bigint, value: number): Dot => ({ id, x: scale.x(sign * value), y: base });
  const stays: Dot[] = isReached ? [at(hops[0].from, entered)] : [];
  const arcs: HopArc[] = [];
  let now = entered;
  let compared = 0;
  for (const hop of hops.slice(0, part.shown)) {
    compared += hop.end - hop.start;
    if (hop.to === hop.from) continue;
    const from = stays[stays.length - 1];
    const to = at(hop.to, hop.distance);
    const far = Math.abs(from.x - to.x);
    const rise = far < SHORTEST ? 0 : Math.min(MOST_RISE, 0.4 * (base - top), 5 + 0.12 * far);
    arcs.push({ from, to, rise });
    stays.push(to);
    now = hop.distance;
  }
  const nodes = state.levelSizes[level] ?? 0;
  const place = state.truth?.levels[level - 1] ?? null;
  const nearest =
    place !== null && isLeft ? { ...at(place.nearest, place.distance), place: place.place } : null;
  return {
    level,
    top,
    bottom,
    base,
    nodes,
    compared,
    state: isLeft ? "left" : isReached ? "here" : "ahead",
    dots: swarm(comparedOn(state, part, stays), stays, scale, sign, base, bottom),
    stays,
    arcs,
    nearest,
    sentence: isReached ? sentenceOf(entered, now, isLeft, place?.place ?? null) : "",
    brief: nearest === null ? "" : briefOf(nearest.place, nodes),
    isOff: nearest !== null && nearest.place > 1,
  };
}

/** "15.16 → 4.468, the level’s nearest". */
export function sentenceOf(entered: number, now: number, isLeft: boolean, place: number | null): string {
  const moves = entered === now ? distance(now) : `${distance(entered)} → ${distance(now)}`;
  if (!isLeft) return `${moves} so far`;
  if (place === null) return entered === now ? `stays at ${moves}` : moves;
  if (place > 1) return `stays at ${distance(now)}, the level’s ${ordinal(place)} nearest`;
  return `${entered === now ? "stays at " : ""}${moves}, the level’s nearest`;
}

/** "9th nearest of 1,256". */
function briefOf(place: number, nodes: number): string {
  return `${place === 1 ? "nearest" : `${ordinal(place)} nearest`} of ${count(nodes)}`;
}

/** The nodes compared by the hops shown, each once, without those of `stays`. */
function comparedOn(
  { walk }: LayersState,
  { hops, shown }: Part,
  stays: readonly Dot[],
): Map<bigint, number> {
  const found = new Map<bigint, number>();
  for (const { start, end } of hops.slice(0, shown)) {
    for (let i = start; i < end; i++) found.set(walk.linkIds[i], walk.linkDistances[i]);
  }
  for (const { id } of stays) found.delete(id);
  return found;
}

/** Gives nodes of like distances rows of their own, as near to the line as there is room. */
function swarm(
  nodes: ReadonlyMap<bigint, number>,
  stays: readonly Dot[],
  scale: DistanceScale,
  sign: number,
  base: number,
  bottom: number,
): Dot[] {
  const rows = Math.max(0, Math.floor((bottom - base - DOT - 2) / PITCH));
  const offsets = [0];
  for (let row = 1; row <= rows; row++) offsets.push(row * PITCH);
  offsets.push(-PITCH);
  const taken: { x: number; y: number; room: number }[] = stays.map(({ x }) => ({ x, y: base, room: 10 }));
  const dots: Dot[] = [];
  const sorted = [...nodes].sort((a, b) => sign * (a[1] - b[1]));
  for (const [id, value] of sorted) {
    const x = scale.x(sign * value);
    const isFree = (y: number) =>
      taken.every((other) => (other.x - x) ** 2 + (other.y - y) ** 2 >= other.room ** 2 - 0.01);
    const offset = offsets.find((each) => isFree(base + each)) ?? 0;
    taken.push({ x, y: base + offset, room: PITCH });
    dots.push({ id, x, y: base + offset });
  }
  return dots;
}
