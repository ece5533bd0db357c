import { describe, expect, it } from "vitest";
import { readGraphFacts } from "../src/graph/model/summary";
import { polarSpots } from "../src/graph/views/distances/polarSpots";
import { polarTrace } from "../src/graph/views/distances/polarTrace";
import { APART, treeAngles } from "../src/graph/views/distances/treeAngles";
import { nodeScene } from "../src/graph/views/nodes/nodeScene";
import { camera, toScreen } from "../src/views/clusters/camera";
import { UNZOOMED } from "../src/views/viewport";
import { GRAPHS, type Recorded, recorded, truthsOf, walkOf } from "./graphRecorded";

const SIZE = { width: 830, height: 590, ratio: 2 };
const TURN = 2 * Math.PI;

describe.each(GRAPHS)("the distances of %s", (name) => {
  const graph = recorded[name] as Recorded;
  const walk = walkOf(graph);
  const { similarity } = readGraphFacts(graph.summary);
  const truth = truthsOf(graph).get(9);
  const absent = (truth?.near ?? []).filter(({ id }) => walk.placeOf(id) === null);
  const spots = polarSpots(walk, absent, similarity, SIZE);
  const view = camera(SIZE, spots.aspect, UNZOOMED);
  const polar = ({ x, y }: { x: number; y: number }) => {
    const [left, top] = toScreen(view, x, y);
    const [across, down] = [left - spots.circle.x, top - spots.circle.y];
    return { radius: Math.hypot(across, down), angle: Math.atan2(across, -down) };
  };

  it("puts the query in the middle of the canvas", () => {
    expect(spots.query && toScreen(view, spots.query.x, spots.query.y)).toEqual([
      expect.closeTo(SIZE.width / 2, 9),
      expect.closeTo(SIZE.height / 2, 9),
    ]);
  });

  it("puts every visited node as far from the query as its distance", () => {
    spots.ofVisits.forEach((spot, place) => {
      expect(spot).toBeDefined();
      const wanted = spots.scale.radius(walk.distances[place]);
      expect(polar(spot as { x: number; y: number }).radius).toBeCloseTo(wanted, 6);
    });
    expect(spots.places).toHaveLength(2 * walk.ids.length);
  });

  it("never puts a nearer node farther out", () => {
    const sign = similarity ? -1 : 1;
    const order = Array.from(walk.distances.keys()).sort(
      (a, b) => sign * (walk.distances[a] - walk.distances[b]),
    );
    const radii = order.map((place) => spots.scale.radius(walk.distances[place]));
    for (let i = 1; i < radii.length; i++) expect(radii[i]).toBeGreaterThanOrEqual(radii[i - 1]);
    expect(radii.at(-1)).toBeLessThanOrEqual(spots.circle.radius + 1e-6);
  });

  it("lets the descent come down at 12 o'clock to where the walk begins", () => {
    const stops = [walk.entry, ...walk.hops.map(({ to }) => to)];
    expect(spots.stops).toHaveLength(stops.length);
    for (const id of stops) {
      const spot = spots.ofRows.get(id);
      expect(spot && polar(spot).angle).toBeCloseTo(0, 6);
    }
    expect(spots.ofVisits[0] && polar(spots.ofVisits[0]).angle).toBeCloseTo(0, 6);
  });

  it("gives all that are visited through a node one part of the circle", () => {
    const angles = treeAngles(walk);
    const above = Array.from(walk.ledBy, (led) => (led < 0 ? -1 : walk.expanded[led]));
    const unit = (TURN * (1 - APART)) / walk.ids.length;
    const members: number[][] = above.map((_, place) => [place]);
    for (let place = above.length - 1; place > 0; place--) members[above[place]].push(...members[place]);
    const spanOf = (places: readonly number[]) => {
      const own = places.map((place) => angles[place]);
      return [Math.min(...own), Math.max(...own)] as const;
    };
    members.forEach((places) => {
      const [first, last] = spanOf(places);
      expect(last - first).toBeLessThanOrEqual(unit * places.length + 1e-9);
    });
    // Parts of nodes that the same one has visited do not overlap.
    const children = new Map<number, number[]>();
    above.forEach((from, place) => {
      if (from >= 0) children.set(from, [...(children.get(from) ?? []), place]);
    });
    for (const places of children.values()) {
      const spans = places.map((place) => spanOf(members[place]));
      for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBeGreaterThan(spans[i - 1][1]);
    }
    expect(Math.max(...angles) - Math.min(...angles)).toBeLessThanOrEqual(TURN * (1 - APART) + 1e-9);
  });

  it("draws a missed neighbour where a larger efSearch visits it", () => {
    if (truth === undefined) throw new Error("no truth was recorded");
    const missed = truth.neighbours.filter(({ id }) => (walk.placeOf(id) ?? -1) > 0);
    const scene = nodeScene({ walk, spots, truth, results: [], missed, ef: 1, step: null });
    for (const { id } of missed) {
      const node = scene.nodes.find((one) => one.id === id);
      expect(node?.kind).toBe("missed");
      expect(node && polar(node).radius).toBeCloseTo(
        spots.scale.radius(walk.distances[walk.placeOf(id) as number]),
        3,
      );
    }
    expect(missed.length).toBeGreaterThan(0);
  });
});

describe("rows that a walk does not come to", () => {
  it("stand at 6 o'clock, apart from the others, at their distances", () => {
    const walk = walkOf(recorded.apart);
    const far = walk.distances[walk.distances.length - 1];
    const absent = [1n, 2n, 3n].map((id) => ({ id: -id, distance: far }));
    const spots = polarSpots(walk, absent, false, SIZE);
    const view = camera(SIZE, spots.aspect, UNZOOMED);
    const angles = treeAngles(walk);
    const farthest = Math.max(...Array.from(angles, Math.abs));
    for (const { id } of absent) {
      const spot = spots.ofRows.get(id);
      if (spot === undefined) throw new Error("it has no place");
      const [x, y] = toScreen(view, spot.x, spot.y);
      const [across, down] = [x - spots.circle.x, y - spots.circle.y];
      expect(Math.abs(Math.atan2(across, -down))).toBeGreaterThan(farthest);
      expect(Math.hypot(across, down)).toBeCloseTo(spots.scale.radius(far), 6);
    }
  });
});

describe("lines that turn about the query", () => {
  const drawn = (from: readonly [number, number], to: readonly [number, number]) => {
    const points: [number, number][] = [];
    const add = (x: number, y: number) => points.push([x, y]);
    const context = { moveTo: add, lineTo: add } as unknown as CanvasRenderingContext2D;
    polarTrace(100, 100)(context, from, to);
    return points;
  };

  it("go from one end to the other and keep away from the middle", () => {
    for (let turn = 0; turn < 16; turn++) {
      const angle = (TURN * turn) / 16;
      const to = [100 + 60 * Math.cos(angle), 100 + 60 * Math.sin(angle)] as const;
      const points = drawn([140, 100], to);
      expect(points[0]).toEqual([140, 100]);
      expect(points.at(-1)).toEqual([...to]);
      for (const [x, y] of points) {
        const radius = Math.hypot(x - 100, y - 100);
        expect(radius).toBeGreaterThan(39.9);
        expect(radius).toBeLessThan(60.1);
      }
      for (let i = 1; i < points.length; i++) {
        const [[x, y], [ax, ay]] = [points[i - 1], points[i]];
        expect(Math.hypot(ax - x, ay - y)).toBeLessThan(20.1);
      }
    }
  });

  it("are straight between nodes in one direction", () => {
    expect(drawn([120, 100], [180, 100])).toEqual([
      [120, 100],
      [180, 100],
    ]);
  });
});
