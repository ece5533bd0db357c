import type { DistanceScale } from "./distanceScale";
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
}

/** A bar of a floor with too many nodes for dots: heights of the expanded ones and of all. */
export interface FloorBar {
  readonly left: number;
  readonly right: number;
  readonly expanded: number;
  readonly all: number;
}

/** The nodes of level 0 over the axis, in columns of like distance. */
export interface DotPlot {
  readonly dots: readonly FloorDot[];
  /** CSS pixels from a dot to the next. */
  readonly pitch: number;
  /** Empty where every node is a dot of its own. */
  readonly bars: readonly FloorBar[];
  /** The greatest number of nodes in a bar. */
  readonly most: number;
  /** The height of the tallest column. */
  readonly height: number;
}

/** More nodes than this are bars. */
export const MOST_DOTS = 600;
const LARGEST = 13;
const SMALLEST = 4.5;
const BAR = 6;
const ORDER: Readonly<Record<NodeKind, number>> = { result: 0, missed: 1, expanded: 2, visited: 3 };

/**
 * @param middle  the middle of one column
 * @param room  CSS pixels above the axis
 */
export function dotPlot(
  state: LayersState,
  progress: Progress,
  scale: DistanceScale,
  middle: number,
  axis: number,
  room: number,
): DotPlot {
  const { walk, ef, similarity } = state;
  const sign = similarity ? -1 : 1;
  const visits = walk.visitedBy(ef);
  const keyOf = (place: number) => sign * walk.distances[place];
  const xs = Float64Array.from({ length: visits }, (_, place) => scale.x(keyOf(place)));
  const missed = missedNodes(state, scale, sign);
  const shown = nodesShown(state, progress, xs);
  // The size is that of the whole search, so that it does not change while the player shows more and more of it.
  let pitch = LARGEST;
  while (pitch > SMALLEST && tallest([...xs, ...missed.map(({ x }) => x)], middle, pitch) * pitch > room)
    pitch -= 0.5;
  const all = [...shown, ...missed];
  const isBars = visits > MOST_DOTS || tallest(xs, middle, pitch) * pitch > room;
  return isBars ? bars(all, xs, middle, axis, room) : columns(all, middle, axis, pitch, walk.ids[0]);
}

type Node = Omit<FloorDot, "y">;

function nodesShown(
  { walk, results }: LayersState,
  { visits, expansions }: Progress,
  xs: Float64Array,
): Node[] {
  const returned = new Set(visits > 0 ? results.map(({ id }) => id) : []);
  const isExpanded = new Uint8Array(walk.ids.length);
  for (let i = 0; i < expansions; i++) isExpanded[walk.expanded[i]] = 1;
  return Array.from({ length: visits }, (_, place) => {
    const id = walk.ids[place];
    const kind = returned.has(id) ? "result" : isExpanded[place] ? "expanded" : "visited";
    return { id, place, x: xs[place], kind };
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
    const value = place === null ? distance : walk.distances[place];
    found.push({ id, place, x: scale.x(sign * value), kind: "missed" });
  }
  return found;
}

function tallest(xs: ArrayLike<number>, middle: number, pitch: number): number {
  const counts = new Map<number, number>();
  let most = 0;
  for (let i = 0; i < xs.length; i++) {
    const column = Math.round((xs[i] - middle) / pitch);
    const now = (counts.get(column) ?? 0) + 1;
    counts.set(column, now);
    most = Math.max(most, now);
  }
  return most;
}

function columnsOf(nodes: readonly Node[], middle: number, pitch: number): Map<number, Node[]> {
  const found = new Map<number, Node[]>();
  for (const node of nodes) {
    const column = Math.round((node.x - middle) / pitch);
    const held = found.get(column);
    if (held === undefined) found.set(column, [node]);
    else held.push(node);
  }
  return found;
}

/** Results lowest, then missed, expanded and visited ones; the node at which the walk begins on top of its column. */
function columns(
  nodes: readonly Node[],
  middle: number,
  axis: number,
  pitch: number,
  start: bigint,
): DotPlot {
  const dots: FloorDot[] = [];
  let height = 0;
  const found = columnsOf(nodes, middle, pitch);
  for (const [column, members] of found) {
    const rank = ({ id, kind }: Node) => (id === start ? 4 : ORDER[kind]);
    members.sort((a, b) => rank(a) - rank(b) || a.x - b.x);
    // A column that touches no other stands where its nodes are.
    const isAlone = !found.has(column - 1) && !found.has(column + 1);
    const mean = members.reduce((sum, node) => sum + node.x, 0) / members.length;
    const x = isAlone ? mean : middle + column * pitch;
    members.forEach((node, i) => {
      dots.push({ ...node, x, y: axis - (i + 0.5) * pitch - 1 });
    });
    height = Math.max(height, members.length * pitch);
  }
  return { dots, pitch, bars: [], most: 0, height };
}

function bars(
  nodes: readonly Node[],
  xs: ArrayLike<number>,
  middle: number,
  axis: number,
  room: number,
): DotPlot {
  const most = tallest(xs, middle, BAR);
  const unit = room / Math.max(1, most);
  const dots: FloorDot[] = [];
  const found: FloorBar[] = [];
  for (const [column, members] of columnsOf(nodes, middle, BAR)) {
    const inBar = members.filter(({ kind }) => kind !== "missed");
    inBar.sort((a, b) => ORDER[a.kind] - ORDER[b.kind]);
    const expanded = inBar.filter(({ kind }) => kind !== "visited").length;
    inBar.forEach((node, i) => {
      dots.push({ ...node, y: axis - (i + 0.5) * unit });
    });
    for (const node of members) if (node.kind === "missed") dots.push({ ...node, y: axis - 6 });
    const edge = middle + (column - 0.5) * BAR;
    found.push({ left: edge, right: edge + BAR - 1, expanded: expanded * unit, all: inBar.length * unit });
  }
  return { dots, pitch: 8, bars: found, most, height: room };
}
