import { describe, expect, it } from "vitest";
import { type CellMap, partition } from "../src/cells/cells";

const ASPECT = 1.4;

/** Numbers in [0, 1), the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function drive(positions: ArrayLike<number>, sizes: ArrayLike<number>, aspect = ASPECT): CellMap {
  const work = partition(Float32Array.from(positions), sizes, aspect);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function scattered(n: number, seed = 1) {
  const next = random(seed);
  const positions = Float32Array.from({ length: 2 * n }, next);
  const sizes = Array.from({ length: n }, () => 1 + Math.floor(100 * next() * next()));
  return { positions, sizes };
}

function polygon(map: CellMap, cell: number): [number, number][] {
  const corners: [number, number][] = [];
  for (let k = map.offsets[cell]; k < map.offsets[cell + 1]; k++) {
    corners.push([map.points[2 * k], map.points[2 * k + 1]]);
  }
  return corners;
}

function area(corners: [number, number][]): number {
  let twice = 0;
  corners.forEach(([bx, by], k) => {
    const [ax, ay] = corners[(k + corners.length - 1) % corners.length];
    twice += ax * by - bx * ay;
  });
  return twice / 2;
}

/** How far the point lies inside the polygon, at its nearest edge; negative outside. */
function depth(corners: [number, number][], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  corners.forEach(([bx, by], k) => {
    const [ax, ay] = corners[(k + corners.length - 1) % corners.length];
    const length = Math.hypot(bx - ax, by - ay);
    if (length > 0) least = Math.min(least, ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length);
  });
  return least;
}

function expectTiling(map: CellMap, sizes: readonly number[], aspect = ASPECT) {
  const total = sizes.reduce((a, b) => a + b, 0);
  let sum = 0;
  sizes.forEach((size, i) => {
    const corners = polygon(map, i);
    const share = area(corners) / aspect;
    sum += share;
    expect(Math.abs(share - size / total)).toBeLessThan(1e-6);
    for (const [x, y] of corners) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(Math.fround(aspect));
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(1);
    }
  });
  expect(sum).toBeCloseTo(1, 6);
}

describe("cells", () => {
  it.each([1, 2, 3, 5, 10, 40, 333, 1024])("of %i clusters have the clusters' shares of the area", (n) => {
    const { positions, sizes } = scattered(n);
    expectTiling(drive(positions, sizes), sizes);
  });

  it.each([0.2, 1, 5])("fill a rectangle of aspect %f", (aspect) => {
    const { positions, sizes } = scattered(60);
    const map = drive(positions, sizes, aspect);
    expect(map.aspect).toBe(aspect);
    expectTiling(map, sizes, aspect);
  });

  it("are convex", () => {
    const { positions, sizes } = scattered(500);
    const map = drive(positions, sizes);
    for (let i = 0; i < 500; i++) {
      const corners = polygon(map, i);
      for (const [x, y] of corners) expect(depth(corners, x, y)).toBeGreaterThan(-1e-6);
    }
  });

  it("do not overlap: a point lies in the cell that find names and deep in no other", () => {
    const { positions, sizes } = scattered(200);
    const map = drive(positions, sizes);
    const cells = sizes.map((_, i) => polygon(map, i));
    const next = random(7);
    for (let trial = 0; trial < 2000; trial++) {
      const x = next() * ASPECT;
      const y = next();
      const found = map.find(x, y);
      expect(depth(cells[found], x, y)).toBeGreaterThan(-1e-6);
      const others = cells.filter((_, i) => i !== found);
      expect(Math.max(...others.map((corners) => depth(corners, x, y)))).toBeLessThan(1e-6);
    }
  });

  it("are found at their own centre", () => {
    const { positions, sizes } = scattered(1024);
    const map = drive(positions, sizes);
    for (let i = 0; i < 1024; i++) expect(map.find(map.centres[2 * i], map.centres[2 * i + 1])).toBe(i);
  });

  it("are not found outside the rectangle", () => {
    const { positions, sizes } = scattered(20);
    const map = drive(positions, sizes);
    const outside = [
      [-0.01, 0.5],
      [ASPECT + 0.01, 0.5],
      [0.5, -0.01],
      [0.5, 1.01],
      [Number.NaN, 0.5],
    ];
    for (const [x, y] of outside) expect(map.find(x, y)).toBe(-1);
    expect(map.find(0, 0)).toBeGreaterThanOrEqual(0);
    expect(map.find(ASPECT, 1)).toBeGreaterThanOrEqual(0);
  });

  it("hold the circle of their inner radius around their centre", () => {
    const { positions, sizes } = scattered(300);
    const map = drive(positions, sizes);
    for (let i = 0; i < 300; i++) {
      const inside = depth(polygon(map, i), map.centres[2 * i], map.centres[2 * i + 1]);
      expect(map.inradii[i]).toBeGreaterThan(0);
      expect(map.inradii[i]).toBeLessThanOrEqual(inside + 1e-6);
    }
  });

  it("are seldom slivers", () => {
    const { positions, sizes } = scattered(1000);
    const map = drive(positions, sizes);
    // 1 for a disc, 0.785 for a square, 0.39 for a rectangle of 1 : 2.
    const fullness = sizes
      .map((_, i) => (Math.PI * map.inradii[i] ** 2) / area(polygon(map, i)))
      .sort((a, b) => a - b);
    expect(fullness[500]).toBeGreaterThan(0.4);
    expect(fullness[50]).toBeGreaterThan(0.15);
  });

  it("keep clusters together that lie together", () => {
    const side = 16;
    const positions = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)]).flat();
    const map = drive(positions, new Array(side * side).fill(7), 1);
    for (let i = 0; i < side * side; i++) {
      expect(Math.abs(map.centres[2 * i] - ((i % side) + 0.5) / side)).toBeLessThan(0.15);
      expect(Math.abs(map.centres[2 * i + 1] - (Math.floor(i / side) + 0.5) / side)).toBeLessThan(0.15);
    }
  });

  it("are the same every time", () => {
    const { positions, sizes } = scattered(400);
    const first = drive(positions, sizes);
    const second = drive(positions, sizes);
    expect(second.points).toEqual(first.points);
    expect(second.offsets).toEqual(first.offsets);
  });
});

describe("odd input", () => {
  const sizes = Array.from({ length: 30 }, (_, i) => i + 1);
  const n = sizes.length;

  it.each([
    ["all equal", () => new Array(2 * n).fill(0.5)],
    ["on a level line", () => sizes.flatMap((_, i) => [i, 0.5])],
    ["on an upright line", () => sizes.flatMap((_, i) => [0.5, i])],
    ["on a slope", () => sizes.flatMap((_, i) => [i, i])],
    ["in two places", () => sizes.flatMap((_, i) => [i % 2, i % 2])],
    ["partly not finite", () => sizes.flatMap((_, i) => [i % 3 === 0 ? Number.NaN : i, i])],
    ["infinite", () => new Array(2 * n).fill(Number.POSITIVE_INFINITY)],
    ["huge", () => sizes.flatMap((_, i) => [i * 1e30, -i * 1e30])],
  ])("positions %s still make a map", (_, positions) => {
    const map = drive(positions(), sizes);
    expectTiling(map, sizes);
    for (let i = 0; i < n; i++) expect(map.find(map.centres[2 * i], map.centres[2 * i + 1])).toBe(i);
  });

  it("one giant cluster leaves the small ones their share", () => {
    const { positions } = scattered(100);
    const unequal = [100_000, ...new Array(99).fill(10)];
    const map = drive(positions, unequal);
    expectTiling(map, unequal);
    for (let i = 0; i < 100; i++) {
      const small = polygon(map, i);
      expect(area(small) / ASPECT).toBeGreaterThan((0.98 * unequal[i]) / 100_990);
    }
  });

  it("a cluster with no vectors has no cell, but a place within the map", () => {
    const { positions, sizes: some } = scattered(50);
    const empty = some.map((size, i) => (i % 4 === 0 ? 0 : size));
    const map = drive(positions, empty);
    expectTiling(map, empty);
    for (let i = 0; i < 50; i += 4) {
      expect(map.offsets[i + 1]).toBe(map.offsets[i]);
      expect(map.inradii[i]).toBe(0);
      expect(map.find(map.centres[2 * i], map.centres[2 * i + 1])).toBeGreaterThanOrEqual(0);
    }
  });

  it("a map without any vectors has no cells", () => {
    const map = drive([0, 0, 1, 1, 2, 0], [0, 0, 0]);
    expect(map.points).toHaveLength(0);
    expect(map.find(0.5, 0.5)).toBe(-1);
    expect([...map.centres].every(Number.isFinite)).toBe(true);
  });

  it("no clusters make an empty map", () => {
    const map = drive([], []);
    expect([...map.offsets]).toEqual([0]);
    expect(map.find(0.5, 0.5)).toBe(-1);
  });

  it("positions that do not match the sizes are refused", () => {
    expect(() => drive([1, 2, 3], [1, 1])).toThrow(
      "positions must hold 2 numbers for each of 2 sizes, got 3",
    );
  });
});

it("a large map is made in many short steps", () => {
  const { positions, sizes } = scattered(8000);
  const work = partition(positions, sizes, ASPECT);
  let steps = 0;
  while (!work.next().done) steps++;
  expect(steps).toBeGreaterThan(20);
});
