import { count } from "../../../model/format";
import { type GraphResult, nthNearest } from "../../model/results";
import type { GraphTruth, Neighbour } from "../../model/truth";
import type { GraphWalk } from "../../model/walk";
import { type HeightScale, heightScale } from "./walkScale";

export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Room around the plot: the ruler above, the tray of pictures below. */
export const MARGINS: Margins = { left: 60, right: 14, top: 46, bottom: 88 };

/** At most this many times as wide as the walk itself is what a larger efSearch visits. */
const WIDEST = 3;
/** A larger efSearch is shown up to this many times the present one. */
const AHEAD = 2.5;
/** CSS pixels that a digit of a value on the ruler takes, and that a value takes at least. */
const RULER_DIGIT = 7.5;
const RULER_ROOM = 26;

export type PointKind = "visited" | "expanded" | "result" | "missed" | "beyond";

export interface WalkPoint {
  /** The place among the visits; null for a node of the descent. */
  readonly place: number | null;
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  /** Where its stem begins: the height of the node whose links lead to it. */
  readonly stem: number;
  readonly kind: PointKind;
  /** Whether it is marked as deleted: walked through, never returned. */
  readonly isDeleted: boolean;
}

export interface RulerMark {
  readonly ef: number;
  readonly x: number;
  /** Whether a missed neighbour is found from here on. */
  readonly isNeeded: boolean;
}

/** A wait: from where a node is visited to where its turn would come. */
export interface Wait {
  readonly gateX: number;
  readonly gateY: number;
  readonly turnX: number;
  readonly missed: WalkPoint;
}

export interface TrayItem {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  readonly rank: number | null;
  readonly isMissed: boolean;
  /** The efSearch that finds a missed one; null for none, or where that is not told. */
  readonly needs: number | null;
  readonly isTold: boolean;
}

/** What the Walk view draws, as plain data in CSS pixels. */
export interface WalkScene {
  readonly frame: { left: number; right: number; top: number; bottom: number };
  readonly scale: HeightScale;
  readonly points: readonly WalkPoint[];
  /** Heights of the node expanded, as a line of steps, for the walk and for what is beyond. */
  readonly expandedLine: readonly (readonly [x: number, y: number])[];
  readonly beyondLine: readonly (readonly [x: number, y: number])[];
  readonly barLine: readonly (readonly [x: number, y: number])[];
  readonly kthLine: readonly (readonly [x: number, y: number])[];
  readonly levels: readonly { readonly level: number; readonly x: number; readonly end: number }[];
  readonly stopX: number;
  readonly stop: { readonly x: number; readonly y: number; readonly key: number } | null;
  readonly ruler: readonly RulerMark[];
  readonly waits: readonly Wait[];
  readonly tray: readonly TrayItem[];
  readonly distanceTicks: readonly { readonly x: number; readonly count: number }[];
  /** Distances computed by the search, and by the largest efSearch shown. */
  readonly total: number;
  readonly shownEf: number;
  readonly shownTotal: number;
  /** How many visits of the walk are drawn. */
  readonly visits: number;
  xOf(distances: number): number;
}

export interface WalkState {
  readonly walk: GraphWalk;
  readonly truth: GraphTruth | null;
  readonly results: readonly GraphResult[];
  readonly missed: readonly Neighbour[];
  readonly ef: number;
  readonly k: number;
  readonly similarity: boolean;
  /** Visits on level 0 and hops that the player shows; null for all. */
  readonly step: number | null;
}

export function walkScene(state: WalkState, width: number, height: number): WalkScene {
  const { walk, truth, results, missed, ef, k, similarity, step } = state;
  const sign = similarity ? -1 : 1;
  const { left, right, top, bottom } = MARGINS;
  const frame = { left, right: width - right, top, bottom: height - bottom };
  const visited = walk.visitedBy(ef);
  const before = walk.descentDistances;
  const shownEf = shownUpTo(state, visited);
  const shown = Math.max(visited, walk.visitedBy(shownEf));
  const total = walk.distancesAt(ef);
  const last = Math.max(1, before + shown - 1);
  const xOf = (distances: number) => frame.left + ((frame.right - frame.left) * distances) / last;
  const hops = step === null ? walk.hops.length : Math.min(step, walk.hops.length);
  const expansionsDone = walk.expandedBy(ef);
  const expansions =
    step === null ? expansionsDone : Math.max(0, Math.min(expansionsDone, step - walk.hops.length));
  const now = step === null ? visited : step < walk.hops.length ? 0 : walk.first[expansions];

  const keys = new Float32Array(shown + walk.linkDistances.length + 1).fill(walk.entryDistance);
  keys.set(walk.distances.subarray(0, shown));
  keys.set(walk.linkDistances, shown);
  if (similarity) for (let i = 0; i < keys.length; i++) keys[i] = -keys[i];
  keys.sort();
  const stopPlace = walk.stopOf(ef);
  const bars = nthNearest(walk, visited, ef, similarity);
  const kth = nthNearest(walk, visited, k, similarity);
  const lastBar = bars[visited - 1];
  const bar =
    lastBar !== undefined && Number.isFinite(lastBar)
      ? Math.max(lastBar, stopPlace === null ? lastBar : sign * walk.distances[stopPlace])
      : (keys[Math.min(keys.length - 1, Math.max(k, 2))] ?? 1);
  const scale = heightScale(keys, bar, frame.top, frame.bottom);

  const points: WalkPoint[] = [];
  // The descent: one column a distance, hop by hop.
  const expandedLine: [number, number][] = [];
  const levels: { level: number; x: number; end: number }[] = [];
  let stemKey = sign * walk.entryDistance;
  expandedLine.push([xOf(0), scale.y(stemKey)]);
  for (const [i, hop] of walk.hops.entries()) {
    const known = levels[levels.length - 1];
    if (known?.level === hop.level) levels[levels.length - 1] = { ...known, end: xOf(hop.end) };
    else levels.push({ level: hop.level, x: xOf(hop.start), end: xOf(hop.end) });
    if (i >= hops) continue;
    for (let at = hop.start; at < hop.end; at++) {
      points.push({
        place: null,
        id: walk.linkIds[at],
        x: xOf(at + 1),
        y: scale.y(sign * walk.linkDistances[at]),
        stem: scale.y(stemKey),
        kind: "visited",
        isDeleted: false,
      });
    }
    expandedLine.push([xOf(hop.end), scale.y(stemKey)]);
    stemKey = sign * hop.distance;
    expandedLine.push([xOf(hop.end), scale.y(stemKey)]);
  }
  // By place among the visits: thousands of look-ups by row would take longer than a frame has.
  const placesOf = (rows: readonly { readonly id: bigint }[]) =>
    new Set(rows.map(({ id }) => walk.placeOf(id) ?? -1));
  const returned = placesOf(results);
  const lacking = placesOf(missed);
  const isExpanded = new Uint8Array(walk.ids.length);
  for (let i = 0; i < expansions; i++) isExpanded[walk.expanded[i]] = 1;
  const stems = new Float32Array(shown);
  const heights = walk.expanded;
  for (let place = 0; place < shown; place++) {
    const led = walk.ledBy[place];
    stems[place] = scale.y(led < 0 ? sign * walk.distances[place] : sign * walk.distances[heights[led]]);
  }
  const missedPoints = new Map<bigint, WalkPoint>();
  for (let place = 0; place < shown; place++) {
    if (step !== null && place >= now) break;
    const id = walk.ids[place];
    const isBeyond = place >= visited;
    const isMissed = lacking.has(place);
    const point: WalkPoint = {
      place,
      id,
      x: xOf(before + place),
      y: scale.y(sign * walk.distances[place]),
      stem: stems[place],
      kind: isMissed
        ? "missed"
        : isBeyond
          ? "beyond"
          : returned.has(place)
            ? "result"
            : isExpanded[place]
              ? "expanded"
              : "visited",
      isDeleted: walk.deleted[place] === 1,
    };
    if (isMissed) missedPoints.set(id, point);
    points.push(point);
  }
  const lineOf = (from: number, to: number): [number, number][] => {
    const line: [number, number][] = [];
    for (let i = from; i < to; i++) {
      const y = scale.y(sign * walk.distances[walk.expanded[i]]);
      line.push([xOf(before + walk.first[i] - 1), y], [xOf(before + walk.first[i + 1] - 1), y]);
    }
    return line;
  };
  if (now > 0) {
    expandedLine.push([xOf(before), scale.y(sign * walk.distances[0])]);
    expandedLine.push(...lineOf(0, expansions));
  }
  const allExpansions = Math.min(walk.expanded.length, walk.expandedBy(shownEf));
  const beyondLine = step === null ? lineOf(expansionsDone, allExpansions) : [];
  const stepped = (values: Float32Array): [number, number][] => {
    const line: [number, number][] = [];
    let height: number | null = null;
    for (let place = 0; place < Math.min(now, visited); place++) {
      if (!Number.isFinite(values[place])) continue;
      const y = scale.y(values[place]);
      const x = xOf(before + place);
      if (height !== null && height !== y) line.push([x, height]);
      if (height !== y) line.push([x, y]);
      height = y;
    }
    if (height !== null) line.push([xOf(before + now - 1), height]);
    return line;
  };
  const waits: Wait[] = [];
  for (const row of missed) {
    const point = missedPoints.get(row.id);
    const gate = row.ledBy === null ? null : walk.placeOf(row.ledBy);
    if (point === undefined || gate === null || gate >= visited || row.from === null) continue;
    // Visited already: it is not a wait that it was lost to.
    if ((point.place as number) < visited) continue;
    const turn = walk.ledBy[point.place as number];
    waits.push({
      gateX: xOf(before + gate),
      gateY: scale.y(sign * walk.distances[gate]),
      turnX: xOf(before + walk.first[turn] - 1),
      missed: point,
    });
  }
  const ranks = new Map((truth?.near ?? []).map(({ id, rank }) => [id, rank]));
  const tray: TrayItem[] = [];
  for (const { id, place } of results) {
    if (place === null) continue;
    const y = scale.y(sign * walk.distances[place]);
    tray.push({
      id,
      x: xOf(before + place),
      y,
      rank: ranks.get(id) ?? null,
      isMissed: false,
      needs: null,
      isTold: true,
    });
  }
  for (const row of missed) {
    const point = missedPoints.get(row.id);
    const x = point?.x ?? frame.right;
    tray.push({
      id: row.id,
      x,
      y: point?.y ?? frame.bottom,
      rank: row.rank,
      isMissed: true,
      needs: row.from,
      isTold: row.isTold,
    });
  }
  const stop =
    step === null && stopPlace !== null
      ? { x: xOf(total), y: scale.y(sign * walk.distances[stopPlace]), key: sign * walk.distances[stopPlace] }
      : null;
  return {
    frame,
    scale,
    points,
    expandedLine,
    beyondLine,
    barLine: stepped(bars),
    kthLine: stepped(kth),
    levels,
    stopX: xOf(total),
    stop,
    ruler: rulerOf(state, shownEf, xOf),
    waits,
    tray,
    distanceTicks: ticksOf(last, xOf),
    total,
    shownEf,
    shownTotal: last,
    visits: now,
    xOf,
  };
}

/** The largest efSearch that is shown: beyond the present one, but not so far that the walk itself gets narrow. */
function shownUpTo({ walk, missed, ef }: WalkState, visited: number): number {
  const end = Math.min(walk.efMax, walk.holdsUntil);
  if (ef >= end) return ef;
  const needs = missed.map(({ from }) => from ?? 0).filter((from) => from <= end);
  const wanted = Math.min(end, Math.max(AHEAD * ef, ...needs));
  const most = WIDEST * (walk.descentDistances + visited);
  return Math.max(ef, Math.min(Math.floor(wanted), walk.efWithin(most)));
}

function rulerOf({ walk, missed, ef }: WalkState, shownEf: number, xOf: (n: number) => number): RulerMark[] {
  const xAt = (value: number) => xOf(walk.distancesAt(value));
  const taken: number[] = [xAt(ef)];
  const marks: RulerMark[] = [];
  const room = Math.max(RULER_ROOM, RULER_DIGIT * (count(shownEf).length + 1));
  const isFree = (x: number) => taken.every((other) => Math.abs(other - x) >= room);
  const needs = [...new Set(missed.map(({ from }) => from ?? 0))].filter(
    (value) => value > ef && value <= shownEf,
  );
  for (const value of needs.sort((a, b) => a - b)) {
    const x = xAt(value);
    if (!isFree(x)) continue;
    taken.push(x);
    marks.push({ ef: value, x, isNeeded: true });
  }
  for (const value of candidates(shownEf)) {
    if (value === ef) continue;
    const x = xAt(value);
    if (!isFree(x)) continue;
    taken.push(x);
    marks.push({ ef: value, x, isNeeded: false });
  }
  return marks.sort((a, b) => a.x - b.x);
}

/** Values for the ruler, the roundest first. */
function candidates(last: number): number[] {
  const found: number[] = [last, 1];
  for (let power = 2; power <= last; power *= 2) found.push(power);
  for (let step = 2 ** Math.floor(Math.log2(Math.max(2, last))); step >= 1 && found.length < 200; step /= 2) {
    for (let value = step; value < last && found.length < 200; value += step) found.push(value);
  }
  return [...new Set(found)];
}

function ticksOf(last: number, xOf: (n: number) => number): { x: number; count: number }[] {
  const rough = last / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((share) => share * power >= rough) ?? 10));
  const ticks: { x: number; count: number }[] = [];
  for (let count = step; count < last; count += step) ticks.push({ x: xOf(count), count });
  return ticks;
}
