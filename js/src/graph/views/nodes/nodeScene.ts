import type { Spot } from "../../model/districts";
import type { GraphResult } from "../../model/results";
import type { GraphTruth, Neighbour } from "../../model/truth";
import type { GraphWalk } from "../../model/walk";

export type NodeKind = "visited" | "expanded" | "result" | "missed";

/** A visited or missed node, in the coordinates of its picture. */
export interface SceneNode {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  /** -1 where the picture has none. */
  readonly district: number;
  readonly kind: NodeKind;
  readonly isExpanded: boolean;
  /** Whether it is marked as deleted: walked through, never returned. */
  readonly isDeleted: boolean;
  /** Whether it is what the search must not stop at, to find a missed neighbour. */
  readonly isGate: boolean;
  /** The place among the true neighbours, 1 = nearest. */
  readonly rank: number | null;
  readonly distance: number;
}

/** A line between two nodes of the scene, by their places in `nodes`. */
export interface SceneEdge {
  readonly from: number;
  readonly to: number;
  /** Whether its end was expanded or is a result. */
  readonly isStrong: boolean;
  /** Whether the node that the player shows visits its end. */
  readonly isNew: boolean;
}

/** A node that the descent came to. */
export interface DescentStop {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  readonly level: number;
}

/** A search as plain data, in the coordinates of its picture. */
export interface NodeScene {
  /** In the order of the visits; the missed ones that were not visited follow. */
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
  /** Where the query stands. */
  readonly query: { readonly x: number; readonly y: number } | null;
  /** From the entry point down. */
  readonly descent: readonly DescentStop[];
  /** From a gate to the missed neighbour that it leads to. */
  readonly gates: readonly { readonly from: number; readonly to: number }[];
  /** The node that the player shows as expanded. */
  readonly current: number | null;
  /** Nodes that are results or missed, the missed first, then by rank. */
  readonly pictured: readonly number[];
  readonly counts: { readonly visited: number; readonly expanded: number; readonly districts: number };
}

/** Where the nodes of a search are drawn. */
export interface Spots {
  /** By place among the visits; undefined where that is not known. */
  readonly ofVisits: readonly (Spot | undefined)[];
  /** Of the nodes of the descent, and of rows that were not visited. */
  readonly ofRows: ReadonlyMap<bigint, Spot>;
  readonly query: { readonly x: number; readonly y: number } | null;
}

export interface NodeState {
  readonly walk: GraphWalk;
  readonly spots: Spots;
  readonly truth: GraphTruth | null;
  readonly results: readonly GraphResult[];
  readonly missed: readonly Neighbour[];
  readonly ef: number;
  /** Hops and expansions that the player shows; null for all. */
  readonly step: number | null;
}

export function nodeScene(state: NodeState): NodeScene {
  const { walk, spots, truth, results, missed, ef, step } = state;
  const { ofVisits, ofRows, query } = spots;
  const hops = step === null ? walk.hops.length : Math.min(step, walk.hops.length);
  const all = walk.expandedBy(ef);
  const expansions = step === null ? all : Math.max(0, Math.min(all, step - walk.hops.length));
  const visits = visitsOf(walk, ef, step, expansions);
  // By place among the visits: thousands of look-ups by row would take longer than a frame has.
  const placesOf = (rows: readonly { readonly id: bigint }[]) =>
    new Set(rows.map(({ id }) => walk.placeOf(id) ?? -1));
  const returned = placesOf(results);
  const lacking = placesOf(missed);
  const ranks = new Map((truth?.near ?? []).map(({ id, rank }) => [walk.placeOf(id) ?? -1, rank]));
  const expanded = new Set(walk.expanded.subarray(0, expansions));
  const gatePlaces = missed.map((row) => gateOf(row, walk, visits));
  const isGate = new Set(gatePlaces);

  const nodes: SceneNode[] = [];
  /** By place among the visits, -1 for a node without a place on the map. */
  const nodeOf = new Int32Array(visits).fill(-1);
  for (let place = 0; place < visits; place++) {
    const spot = ofVisits[place];
    if (spot === undefined) continue;
    nodeOf[place] = nodes.length;
    const isExpanded = expanded.has(place);
    const kind = lacking.has(place)
      ? "missed"
      : returned.has(place)
        ? "result"
        : isExpanded
          ? "expanded"
          : "visited";
    const distance = walk.distances[place];
    nodes.push({
      id: walk.ids[place],
      x: spot.x,
      y: spot.y,
      district: spot.district,
      kind,
      isExpanded,
      isDeleted: walk.deleted[place] === 1,
      isGate: isGate.has(place),
      rank: ranks.get(place) ?? null,
      distance,
    });
  }
  const edges: SceneEdge[] = [];
  for (let place = 0; place < visits; place++) {
    const led = walk.ledBy[place];
    if (led < 0 || nodeOf[place] < 0) continue;
    const from = nodeOf[walk.expanded[led]];
    if (from < 0) continue;
    const { isExpanded, kind } = nodes[nodeOf[place]];
    const isNew = step !== null && led === expansions - 1;
    edges.push({ from, to: nodeOf[place], isStrong: isExpanded || kind === "result", isNew });
  }
  const nodeAt = (place: number | null) => (place === null || place >= visits ? -1 : nodeOf[place]);
  const gates: { from: number; to: number }[] = [];
  missed.forEach(({ id, rank, distance }, i) => {
    const place = walk.placeOf(id);
    let to = nodeAt(place);
    const spot = ofRows.get(id) ?? (place === null ? undefined : ofVisits[place]);
    if (to < 0 && spot !== undefined) {
      to = nodes.length;
      const marks = { isExpanded: false, isDeleted: false, isGate: false };
      nodes.push({ id, ...spot, kind: "missed", ...marks, rank, distance });
    }
    const from = nodeAt(gatePlaces[i]);
    if (from >= 0 && to >= 0) gates.push({ from, to });
  });
  const last = step !== null && expansions > 0 ? nodeOf[walk.expanded[expansions - 1]] : -1;
  const importance = ({ kind, rank }: SceneNode) => (kind === "missed" ? 0 : 1e9) + (rank ?? 1e8);
  const pictured = nodes
    .map((_, i) => i)
    .filter((i) => nodes[i].kind === "missed" || nodes[i].kind === "result")
    .sort((a, b) => importance(nodes[a]) - importance(nodes[b]) || a - b);
  const districts = new Set(nodes.slice(0, visits).map(({ district }) => district));
  districts.delete(-1);
  return {
    nodes,
    edges,
    query,
    descent: descentOf(walk, hops, ofRows),
    gates,
    current: last < 0 ? null : last,
    pictured,
    counts: { visited: visits, expanded: expansions, districts: districts.size },
  };
}

function visitsOf(walk: GraphWalk, ef: number, step: number | null, expansions: number): number {
  if (step === null) return walk.visitedBy(ef);
  return step < walk.hops.length || step === 0 ? 0 : walk.first[expansions];
}

/**
 * The place of the visited row that leads to a missed one, else of the one that the search would go on from; null where
 * there is none, or the missed one was visited.
 */
export function gateOf({ id, ledBy, gate }: Neighbour, walk: GraphWalk, visits: number): number | null {
  const own = walk.placeOf(id);
  if (own !== null && own < visits) return null;
  for (const id of [ledBy, gate]) {
    const place = id === null ? null : walk.placeOf(id);
    if (place !== null && place < visits) return place;
  }
  return null;
}

function descentOf(walk: GraphWalk, hops: number, spots: ReadonlyMap<bigint, Spot>): DescentStop[] {
  const stops: DescentStop[] = [];
  const add = (id: bigint, level: number) => {
    const spot = spots.get(id);
    if (spot !== undefined) stops.push({ id, x: spot.x, y: spot.y, level });
  };
  add(walk.entry, walk.hops[0]?.level ?? 0);
  for (const { from, to, level } of walk.hops.slice(0, hops)) if (from !== to) add(to, level);
  return stops;
}
