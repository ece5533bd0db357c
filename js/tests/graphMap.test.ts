import { describe, expect, it } from "vitest";
import { byNearness, type Spot } from "../src/graph/model/districts";
import type { Neighbour } from "../src/graph/model/truth";
import { GraphWalk } from "../src/graph/model/walk";
import { districtRows } from "../src/graph/views/map/districtRows";
import { freestCorner, overviewBox } from "../src/graph/views/map/overview";
import { districtShares } from "../src/graph/views/map/shades";
import { mapSpots } from "../src/graph/views/map/useMapScene";
import { inSight } from "../src/graph/views/nodes/descentPainter";
import { gateNames } from "../src/graph/views/nodes/gateNames";
import { walkBox } from "../src/graph/views/nodes/nodeFit";
import { type NodeState, nodeScene } from "../src/graph/views/nodes/nodeScene";
import { ringPlaces } from "../src/graph/views/nodes/pictureRing";
import { nodeAt } from "../src/graph/views/nodes/under";
import type { Walk } from "../src/protocol/messages";
import type { Box } from "../src/views/placer";

/** Expansions of rows 100, 102 and 101; the last one needs efSearch 3. Rows 90 and 91 are of the descent. */
const MESSAGE: Walk = {
  kind: "walk",
  request: "walk",
  serial: 1,
  index_version: 0,
  id: 102n,
  label: null,
  title: null,
  ef_search: 2,
  ef_max: 8,
  holds_until: 100,
  exhausted: true,
  entry: 90n,
  entry_distance: Float32Array.of(9),
  stopped_at: -1,
  hop_levels: Int32Array.of(2, 1, 1),
  hop_from: BigInt64Array.of(90n, 91n, 100n),
  hop_to: BigInt64Array.of(91n, 100n, 100n),
  hop_distances: Float32Array.of(6, 4, 4),
  hop_offsets: Int32Array.of(0, 1, 2, 3),
  link_ids: BigInt64Array.of(91n, 100n, 91n),
  link_distances: Float32Array.of(6, 4, 6),
  ids: BigInt64Array.of(100n, 101n, 102n, 103n, 104n, 105n),
  nodes: Int32Array.of(0, 1, 2, 3, 4, 5),
  levels: Uint8Array.of(1, 0, 0, 0, 0, 0),
  deleted: new Uint8Array(6),
  distances: Float32Array.of(4, 3, 0, 2.5, 5, 1),
  expanded: Int32Array.of(0, 2, 1),
  first: Int32Array.of(1, 3, 5, 6),
  nearer: Int32Array.of(0, 0, 2),
  vector: Float32Array.of(0, 0),
  picture: new Uint8Array(0),
};

const SPOTS = new Map<bigint, Spot>(
  [90n, 91n, 100n, 101n, 102n, 103n, 104n, 105n].map((id, i) => [
    id,
    { x: i / 10, y: (i * i) / 100, district: i % 3 },
  ]),
);

function neighbour(id: bigint, rank: number, more: Partial<Neighbour> = {}): Neighbour {
  const known = {
    visitedFrom: 1,
    isTold: true,
    from: 1,
    until: null,
    handedFrom: 1,
    handedUntil: null,
    ledBy: null,
    gate: null,
    inLinks: new BigInt64Array(0),
  };
  return { id, rank, distance: rank, ...known, ...more };
}

const MISSED = neighbour(105n, 1, { visitedFrom: 3, from: 3, ledBy: 101n, gate: 101n });
const TRUTH: NodeState["truth"] = {
  k: 2,
  includeSelf: false,
  neighbours: [MISSED, neighbour(103n, 2)],
  near: [MISSED, neighbour(103n, 2)],
  holdsUntil: 100,
  levels: [],
};

function sceneAt(more: Partial<NodeState> & { rows?: typeof SPOTS } = {}) {
  const walk = new GraphWalk(MESSAGE);
  const results = [103n, 101n].map((id) => ({ id, distance: 2, place: walk.placeOf(id) }));
  return nodeScene({
    walk,
    spots: mapSpots(more.walk ?? walk, more.rows ?? SPOTS, { x: 3, y: 3 }),
    truth: TRUTH,
    results,
    missed: [MISSED],
    ef: 2,
    step: null,
    ...more,
  });
}

const ALL_AT_2 = [100n, 101n, 102n, 103n, 104n];

describe("the search on the map", () => {
  it("has the visited nodes of an efSearch, and the missed ones beyond", () => {
    const { nodes, counts } = sceneAt();
    expect(nodes.map(({ id }) => id)).toEqual([...ALL_AT_2, 105n]);
    expect(nodes.map(({ kind }) => kind)).toEqual([
      "expanded",
      "result",
      "expanded",
      "result",
      "visited",
      "missed",
    ]);
    expect(counts).toEqual({ visited: 5, expanded: 2, districts: 3 });
    expect(nodes.map(({ rank }) => rank)).toEqual([null, null, null, 2, null, 1]);
  });

  it("joins each node with the one that visits it first", () => {
    const { nodes, edges } = sceneAt();
    const named = edges.map(({ from, to, isStrong }) => [nodes[from].id, nodes[to].id, isStrong]);
    expect(named).toEqual([
      [100n, 101n, true],
      [100n, 102n, true],
      [102n, 103n, true],
      [102n, 104n, false],
    ]);
  });

  it("shows the row that leads to a missed one", () => {
    const { nodes, gates } = sceneAt();
    expect(gates.map(({ from, to }) => [nodes[from].id, nodes[to].id])).toEqual([[101n, 105n]]);
    expect(nodes.filter(({ isGate }) => isGate).map(({ id }) => id)).toEqual([101n]);
  });

  it("has no gate to a node that was visited and lost", () => {
    const lost = neighbour(104n, 1, { visitedFrom: 2, from: 1, ledBy: 102n, gate: 102n });
    const { nodes, gates } = sceneAt({ missed: [lost] });
    expect(gates).toEqual([]);
    expect(nodes.filter(({ isGate }) => isGate)).toEqual([]);
    expect(nodes.find(({ id }) => id === 104n)?.kind).toBe("missed");
  });

  it("has no gate where none was visited", () => {
    const missed = [{ ...MISSED, ledBy: 104n, gate: 103n }];
    const { nodes, gates } = sceneAt({ missed, ef: 2, step: 4 });
    expect(gates).toEqual([]);
    expect(nodes.map(({ id }) => id)).toEqual([100n, 101n, 102n, 105n]);
  });

  it("follows a larger efSearch", () => {
    const { nodes, counts } = sceneAt({ ef: 3, missed: [] });
    expect(counts).toEqual({ visited: 6, expanded: 3, districts: 3 });
    expect(nodes[1].isExpanded).toBe(true);
  });

  it("names the levels on which the descent came to its nodes", () => {
    expect(sceneAt().descent.map(({ id, level }) => [id, level])).toEqual([
      [90n, 2],
      [91n, 2],
      [100n, 1],
    ]);
  });

  it("follows the player through the descent and the expansions", () => {
    const seen = [0, 1, 2, 3, 4, 5].map((step) => {
      const { descent, counts, current, nodes, edges } = sceneAt({ step, missed: [], truth: null });
      const expanded = current === null ? null : nodes[current].id;
      return [descent.length, counts.visited, expanded, edges.filter(({ isNew }) => isNew).length];
    });
    expect(seen).toEqual([
      [1, 0, null, 0],
      [2, 0, null, 0],
      [3, 0, null, 0],
      [3, 1, null, 0],
      [3, 3, 100n, 2],
      [3, 5, 102n, 2],
    ]);
  });

  it("leaves out nodes whose places are not known", () => {
    const rows = new Map([...SPOTS].filter(([id]) => id !== 102n));
    const { nodes, edges, counts } = sceneAt({ rows });
    expect(nodes.map(({ id }) => id)).not.toContain(102n);
    expect(edges.map(({ to }) => nodes[to].id)).toEqual([101n]);
    expect(counts.visited).toBe(5);
    expect(sceneAt({ rows: new Map() })).toMatchObject({ nodes: [], edges: [], descent: [], gates: [] });
  });

  it("marks the query, whether it is a row or not", () => {
    expect(sceneAt().query).toEqual(SPOTS.get(102n));
    expect(sceneAt({ walk: new GraphWalk({ ...MESSAGE, id: null }) }).query).toEqual({ x: 3, y: 3 });
  });

  it("puts the missed first among what has pictures", () => {
    const { nodes, pictured } = sceneAt();
    expect(pictured.map((i) => nodes[i].id)).toEqual([105n, 103n, 101n]);
  });
});

describe("districts", () => {
  it("are in the order of their distances, or similarities", () => {
    const distances = Float32Array.of(3, 1, 2, 1);
    expect([...byNearness(distances, false)]).toEqual([1, 3, 2, 0]);
    expect([...byNearness(distances, true)]).toEqual([0, 2, 1, 3]);
  });

  it("are the stronger the nearer they are", () => {
    const shares = districtShares(Float32Array.of(3, 1, 2), false);
    expect(shares[1]).toBe(1);
    expect(shares[2]).toBeGreaterThan(shares[0]);
    expect(districtShares(Float32Array.of(3, 1, 2), true)[0]).toBe(1);
    expect([...districtShares(Float32Array.of(2, 2), false)]).toEqual([1, 1]);
  });

  it("are counted for the table, the missed apart", () => {
    const rows = districtRows(sceneAt(), Int32Array.of(2, 0, 1));
    expect(rows.reduce((sum, { visited }) => sum + visited, 0)).toBe(5);
    expect(rows.map(({ district, rank }) => [district, rank])).toEqual([
      [2, 1],
      [0, 2],
      [1, 3],
    ]);
    expect(rows.flatMap(({ results }) => results).sort()).toEqual([101n, 103n]);
    expect(rows.flatMap(({ missed }) => missed)).toEqual([105n]);
  });
});

describe("what is beside the search", () => {
  const room = { width: 600, height: 400, side: 44, taken: [] };
  const touch = (one: Box, other: Box) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

  it("gives pictures places that do not touch, inside the canvas", () => {
    const anchors = Array.from({ length: 20 }, (_, node) => ({
      node,
      x: 300 + 40 * Math.cos(node),
      y: 200 + 30 * Math.sin(3 * node),
    }));
    const places = ringPlaces(anchors, room);
    expect(places.length).toBe(20);
    places.forEach(({ box }, i) => {
      expect(Math.min(box.left, box.top, room.width - box.right, room.height - box.bottom)).toBeGreaterThan(
        0,
      );
      for (const other of places.slice(i + 1)) expect(touch(box, other.box)).toBe(false);
    });
  });

  it("leaves out pictures for which there is no room", () => {
    const anchors = [0, 1, 2].map((node) => ({ node, x: 30, y: 30 }));
    expect(ringPlaces(anchors, { ...room, width: 60, height: 60 })).toEqual([]);
    expect(ringPlaces([], room)).toEqual([]);
  });

  it("keeps the small map off the search", () => {
    const size = { width: 800, height: 500, ratio: 1 };
    expect(overviewBox(size, 1, "bottom left")).toBeNull();
    expect(freestCorner([[50, 450, 1]], size, 3)).toBe("bottom right");
    expect(
      freestCorner(
        [
          [50, 450, 1],
          [750, 450, 8],
        ],
        size,
        3,
      ),
    ).toBe("top left");
    expect(freestCorner([[400, 250, 1]], size, 3)).toBe("bottom left");
  });

  it("fits the map to what was returned, and to most of what was visited", () => {
    const unzoomed = { sx: 100, sy: 100, tx: 0, ty: 0 };
    const { nodes } = sceneAt();
    const far = Array.from({ length: 3 }, () => ({ ...nodes[4], x: 90, y: 90 }));
    const near = Array.from({ length: 200 }, (_, i) => ({ ...nodes[4], x: 0.2 + i / 1000, y: 0.2 }));
    const box = walkBox({ nodes: [...near, ...nodes, ...far] }, unzoomed);
    expect(box?.right).toBeLessThan(100);
    for (const { x, y, kind } of nodes) {
      if (kind !== "result" && kind !== "missed") continue;
      expect(100 * x).toBeGreaterThanOrEqual((box as Box).left);
      expect(100 * y).toBeLessThanOrEqual((box as Box).bottom + 1e-6);
    }
    expect(walkBox({ nodes: [] }, unzoomed)).toBeNull();
    const single = walkBox({ nodes: nodes.slice(0, 1) }, unzoomed) as Box;
    expect(single.right - single.left).toBeGreaterThan(0);
  });

  it("names gates beside them", () => {
    const scene = sceneAt();
    const places = scene.nodes.map(({ x, y }) => [1000 * x, 1000 * y] as const);
    expect(gateNames(scene, places).map(({ text }) => text)).toEqual(["101"]);
  });

  it("cuts the lines of the descent to the canvas", () => {
    const size = { width: 100, height: 50, ratio: 1 };
    expect(inSight([10, 10], [90, 40], size)).toEqual([
      [10, 10],
      [90, 40],
    ]);
    expect(inSight([-100, 25], [200, 25], size)).toEqual([
      [0, 25],
      [100, 25],
    ]);
    expect(inSight([-10, -10], [-10, 60], size)).toBeNull();
    expect(inSight([-50, 40], [40, -50], size)).toBeNull();
  });

  it("finds pictures and dots under the pointer", () => {
    const scene = sceneAt();
    const places = scene.nodes.map(({ x, y }) => [1000 * x, 1000 * y] as const);
    const ring = [{ node: 3, x: 0, y: 0, box: { left: 900, top: 900, right: 940, bottom: 940 } }];
    expect(nodeAt(scene, places, ring, 910, 910)).toBe(3);
    expect(nodeAt(scene, places, ring, places[2][0] + 5, places[2][1])).toBe(2);
    expect(nodeAt(scene, places, ring, places[2][0] + 50, places[2][1] + 50)).toBe(-1);
  });
});
