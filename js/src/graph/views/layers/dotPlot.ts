import type { DistanceScale } from "./distanceScale";
import { type Cuts, DotGrid } from "./dotGrid";
import type { LayersState, Progress } from "./layersState";

export type NodeKind = "visited" | "expanded" | "result" | "missed";

/** A node on level 0. */
export interface FloorDot {
  readonly id: bigint;
  /** Its place among the visits; null for a missed row to which no path leads. */
  readonly place: number | null;
  readonly x: number;
  readonly y: number;
  readonly kind: NodeKind;
  /** Whether it is marked as deleted: walked through, never returned. */
  readonly isDeleted: boolean;
}

/**
 * A bar of a floor with too many nodes for dots: heights of the results, with the expanded ones, and of all. On top of it
 * those that are marked as deleted.
 */
export interface FloorBar {
  readonly left: number;
  readonly right: number;
  readonly results: number;
  readonly expanded: number;
  readonly all: number;
  readonly deleted: number;
  /** Nodes in it. */
  readonly nodes: number;
}

/** The nodes of level 0 over the axis, in columns of like distance. */
export interface DotPlot {
  readonly dots: readonly FloorDot[];
  /** CSS pixels from a dot to the next. */
  readonly pitch: number;
  /** Empty where every node is a dot of its own. */
  readonly bars: readonly FloorBar[];
  /** The lines of the cuts, between columns. */
  readonly lastX: number | null;
  readonly barX: number | null;
}

/** More nodes than this are bars. */
export const MOST_DOTS = 600;
/** The largest dot: so many are as high as the room, within limits. */
const DOTS_HIGH = 14;
const LARGEST: readonly [least: number, most: number] = [9, 20];
const SMALLEST = 4.5;
const BAR = 6;
/** The column of what stands beyond the break of the axis. */
const BEYOND = Number.NEGATIVE_INFINITY;
/** Share of the room that the tallest column of the whole search takes at most: with cuts it may be taller. */
const FILLED = 0.92;
const ORDER: Readonly<Record<NodeKind, number>> = { result: 0, missed: 1, expanded: 2, visited: 3 };

interface Node extends Omit<FloorDot, "y"> {
  readonly key: number;
}

/** @param room  CSS pixels above the axis */
export function dotPlot(
  state: LayersState,
  progress: Progress,
  scale: DistanceScale,
  cuts: Cuts,
  axis: number,
  room: number,
): DotPlot {
  const { walk, ef, similarity } = state;
  const sign = similarity ? -1 : 1;
  const visits = walk.visitedBy(ef);
  const xs = Float64Array.from({ length: visits }, (_, place) => scale.x(sign * walk.distances[place]));
  const nodes = [...nodesShown(state, progress, xs, sign), ...missedNodes(state, scale, sign)];
  // The size is that of the whole search, so that it does not change while the player shows more and more of it.
  let pitch = Math.round(Math.max(LARGEST[0], Math.min(LARGEST[1], room / DOTS_HIGH)));
  const isMany = visits > MOST_DOTS;
  while (!isMany && pitch > SMALLEST && tallest(xs, pitch) * pitch > FILLED * room) pitch -= 0.5;
  const isBars = isMany || tallest(xs, pitch) * pitch > room;
  if (isBars) pitch = BAR;
  const isBetween = ({ key }: Node) =>
    cuts.last !== null && cuts.bar !== null && key <= cuts.last !== key <= cuts.bar;
  const grid = new DotGrid(pitch, cuts, scale.x, xs[0] ?? 0, nodes.some(isBetween));
  const columns = new Map<number, Node[]>();
  for (const node of nodes) {
    const column = node.x === scale.beyondX ? BEYOND : grid.columnOf(node.key, node.x);
    const held = columns.get(column);
    if (held === undefined) columns.set(column, [node]);
    else held.push(node);
  }
  const lines = { lastX: grid.lastX, barX: grid.barX };
  if (isBars)
    return { ...barsOf(columns, grid, axis, (FILLED * room) / Math.max(1, tallest(xs, BAR))), ...lines };
  return { dots: dotsOf(columns, grid, axis, pitch, walk.ids[0]), pitch, bars: [], ...lines };
}

function nodesShown(
  { walk, results }: LayersState,
  { visits, expansions }: Progress,
  xs: Float64Array,
  sign: number,
): Node[] {
  const returned = new Set(visits > 0 ? results.map(({ id }) => id) : []);
  const isExpanded = new Uint8Array(walk.ids.length);
  for (let i = 0; i < expansions; i++) isExpanded[walk.expanded[i]] = 1;
  return Array.from({ length: visits }, (_, place) => {
    const id = walk.ids[place];
    const kind = returned.has(id) ? "result" : isExpanded[place] ? "expanded" : "visited";
    const isDeleted = walk.deleted[place] === 1;
    return { id, place, key: sign * walk.distances[place], x: xs[place], kind, isDeleted };
  });
}

/** Missed rows stand where they would be visited; those whose distance the walk does not tell are left out. */
function missedNodes(
  { walk, missed, ef, isOneMeasure }: LayersState,
  scale: DistanceScale,
  sign: number,
): Node[] {
  const visits = walk.visitedBy(ef);
  const found: Node[] = [];
  for (const { id, distance } of missed) {
    const place = walk.placeOf(id);
    if (place === null ? !isOneMeasure : place < visits) continue;
    const key = sign * (place === null ? distance : walk.distances[place]);
    found.push({ id, place, key, x: scale.x(key), kind: "missed", isDeleted: false });
  }
  return found;
}

function tallest(xs: ArrayLike<number>, pitch: number): number {
  const counts = new Map<number, number>();
  let most = 0;
  for (let i = 0; i < xs.length; i++) {
    const column = Math.floor(xs[i] / pitch);
    const now = (counts.get(column) ?? 0) + 1;
    counts.set(column, now);
    most = Math.max(most, now);
  }
  return most;
}

/** Results lowest, then missed, expanded and visited ones; the node at which the walk begins on top of its column. */
function dotsOf(
  columns: ReadonlyMap<number, Node[]>,
  grid: DotGrid,
  axis: number,
  pitch: number,
  start: bigint,
): FloorDot[] {
  const dots: FloorDot[] = [];
  const rank = ({ id, kind }: Node) => (id === start ? 4 : ORDER[kind]);
  for (const [column, members] of columns) {
    members.sort((a, b) => rank(a) - rank(b) || a.key - b.key);
    // A column that touches no other, and no line, stands where its nodes are.
    const isAlone = !columns.has(column - 1) && !columns.has(column + 1);
    const x =
      column === BEYOND || (isAlone && grid.isBeforeLines(column)) ? meanOf(members) : grid.middleOf(column);
    members.forEach(({ id, place, kind, isDeleted }, i) => {
      dots.push({ id, place, kind, isDeleted, x, y: axis - (i + 0.5) * pitch - 1 });
    });
  }
  return dots;
}

function meanOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, { x }) => sum + x, 0) / nodes.length;
}

/** @param unit  CSS pixels of a node */
function barsOf(
  columns: ReadonlyMap<number, Node[]>,
  grid: DotGrid,
  axis: number,
  unit: number,
): { dots: FloorDot[]; bars: FloorBar[]; pitch: number } {
  const dots: FloorDot[] = [];
  const bars: FloorBar[] = [];
  for (const [column, members] of columns) {
    const x = column === BEYOND ? meanOf(members) : grid.middleOf(column);
    const visited = members.filter(({ kind }) => kind !== "missed");
    const order = ({ kind, isDeleted }: Node) => (isDeleted ? Object.keys(ORDER).length : ORDER[kind]);
    visited.sort((a, b) => order(a) - order(b));
    visited.forEach(({ id, place, kind, isDeleted }, i) => {
      dots.push({ id, place, kind, isDeleted, x, y: axis - (i + 0.5) * unit });
    });
    const missed = members.filter(({ kind }) => kind === "missed");
    missed.forEach(({ id, place, kind, isDeleted }, i) => {
      dots.push({ id, place, kind, isDeleted, x, y: axis - visited.length * unit - 7 - 9 * i });
    });
    const kept = visited.filter(({ isDeleted }) => !isDeleted);
    const expanded = kept.filter(({ kind }) => kind !== "visited").length;
    const results = kept.filter(({ kind }) => kind === "result").length;
    bars.push({
      left: x - BAR / 2,
      right: x + BAR / 2 - 1,
      results: results * unit,
      expanded: expanded * unit,
      all: kept.length * unit,
      deleted: (visited.length - kept.length) * unit,
      nodes: visited.length,
    });
  }
  return { dots, bars, pitch: 8 };
}
