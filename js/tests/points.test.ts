import { describe, expect, it } from "vitest";
import { ascending, extendOrder, nearestFirst, Orders } from "../src/model/candidateOrder";
import { PointGrid } from "../src/views/points/pointGrid";
import { step } from "../src/views/points/pointKeys";
import { type Points, pointsSelected, pointsWith } from "../src/views/points/points";
import { dotOpacity, dotRadius } from "../src/views/points/scene";
import { splat, stamp } from "../src/views/points/splat";
import { randomOf } from "./random";

function pointsOf(ranks: readonly number[]): Points {
  return {
    count: ranks.length,
    ids: BigInt64Array.from(ranks, (_, i) => BigInt(i)),
    distances: Float32Array.from(ranks, (_, i) => i),
    ranks: Uint32Array.from(ranks),
  };
}

function scattered(n: number, seed: number): Float64Array {
  const random = randomOf(seed);
  return Float64Array.from({ length: 2 * n }, () => 400 * random() - 100);
}

describe("order", () => {
  it("puts values as comparing them does, equal ones in the order they came in", () => {
    const random = randomOf(1);
    const values = Float32Array.from({ length: 5000 }, () => Math.round((random() - 0.5) * 400) / 16);
    const expected = [...values.keys()].sort((a, b) => values[a] - values[b] || a - b);
    expect([...ascending(values)]).toEqual(expected);
  });

  it("orders every kind of number, NaN last and both zeros as one", () => {
    const values = Float32Array.of(NaN, 1e-45, -1e38, 0, Infinity, -0, -Infinity, 3e38, -1e-45);
    expect([...ascending(values)]).toEqual([6, 2, 8, 3, 5, 1, 7, 4, 0]);
  });

  it("begins with the largest inner product", () => {
    expect([...nearestFirst(Float32Array.of(-2, 5, 0), true)]).toEqual([1, 2, 0]);
    expect([...nearestFirst(Float32Array.of(-2, 5, 0), false)]).toEqual([0, 2, 1]);
  });

  it("orders nothing", () => {
    expect(ascending(new Float32Array(0))).toHaveLength(0);
  });

  it.each([false, true])("is the same when it grows and shrinks at its end (similarity %s)", (similarity) => {
    const random = randomOf(3);
    const values = Float32Array.from({ length: 900 }, () => Math.round(60 * random()) / 4);
    values[40] = NaN;
    values[700] = NaN;
    const orders = new Orders(similarity);
    for (const n of [0, 300, 200, 40, 41, 900, 899, 120, 0, 900]) {
      const part = values.subarray(0, n);
      expect([...orders.of(part)].filter((place) => !Number.isNaN(values[place]))).toEqual(
        [...nearestFirst(part, similarity)].filter((place) => !Number.isNaN(values[place])),
      );
      expect(new Set(orders.of(part)).size).toBe(n);
    }
    const others = values.map((value) => value + 1);
    expect(orders.of(others)).toEqual(nearestFirst(others, similarity));
  });

  it("goes on from an order of the first, and puts what is no number last", () => {
    const values = Float32Array.of(3, NaN, 1, 2, 2, NaN, 0);
    for (let known = 0; known <= values.length; known++) {
      const order = extendOrder(ascending(values.subarray(0, known)), values, false);
      expect([...order.subarray(0, 5)]).toEqual([6, 2, 3, 4, 0]);
      expect([...order.subarray(5)].sort()).toEqual([1, 5]);
    }
  });
});

describe("grid", () => {
  it("finds the nearest point as a full search does", () => {
    const n = 700;
    const positions = scattered(n, 2);
    const grid = new PointGrid(positions, n);
    const random = randomOf(3);
    for (let trial = 0; trial < 300; trial++) {
      const x = 500 * random() - 150;
      const y = 500 * random() - 150;
      let best = -1;
      let least = 15;
      for (let i = 0; i < n; i++) {
        const length = Math.hypot(positions[2 * i] - x, positions[2 * i + 1] - y);
        if (length <= least) [best, least] = [i, length];
      }
      expect(grid.nearest(x, y, 15)).toBe(best);
    }
  });

  it("finds no point beyond its reach, nor one that is not finite", () => {
    const grid = new PointGrid(Float64Array.of(0, 0, NaN, 5, 10, 0), 3);
    expect(grid.nearest(4, 0, 3)).toBe(-1);
    expect(grid.nearest(4, 0, 4)).toBe(0);
    expect(grid.nearest(0, 5, 1)).toBe(-1);
  });

  it("takes the last of points at the same place", () => {
    const grid = new PointGrid(new Float64Array(10).fill(7), 5);
    expect(grid.nearest(7, 8, 2)).toBe(4);
    expect([...grid.inside([6, 6, 8, 6, 8, 8, 6, 8])]).toEqual([0, 1, 2, 3, 4]);
  });

  it("stays small for points on a line", () => {
    const n = 1000;
    const grid = new PointGrid(
      Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? i : 3)),
      n,
    );
    expect(grid.nearest(500, 3, 1)).toBe(250);
  });

  it("is empty without points", () => {
    const grid = new PointGrid(new Float32Array(0), 0);
    expect(grid.nearest(0, 0, 1e9)).toBe(-1);
    expect(grid.inside([0, 0, 1, 0, 1, 1])).toHaveLength(0);
  });

  it("finds what a concave outline holds, and not what lies in its bay", () => {
    const outline = [0, 0, 30, 0, 30, 30, 20, 30, 20, 10, 10, 10, 10, 30, 0, 30];
    const positions = Float64Array.of(5, 20, 15, 20, 25, 20, 15, 5, 40, 5);
    expect([...new PointGrid(positions, 5).inside(outline)]).toEqual([0, 2, 3]);
  });

  it("finds every one of 100,000 points on one side of a line", () => {
    const n = 100_000;
    const positions = scattered(n, 4);
    const grid = new PointGrid(positions, n);
    const found = grid.inside([-100, -100, 100, -100, 100, 300, -100, 300]);
    let expected = 0;
    for (let i = 0; i < n; i++) if (positions[2 * i] < 100) expected++;
    expect(found).toHaveLength(expected);
  });
});

describe("keys", () => {
  const positions = Float64Array.of(0, 0, 10, 2, 30, 0, 0, 12, -9, 1);

  it("go to the nearest point in an arrow's direction, and stay where there is none", () => {
    expect(step("ArrowRight", 0, positions, 5, [])).toBe(1);
    expect(step("ArrowDown", 0, positions, 5, [])).toBe(3);
    expect(step("ArrowLeft", 0, positions, 5, [])).toBe(4);
    expect(step("ArrowUp", 0, positions, 5, [])).toBe(0);
  });

  it("go through the results by rank", () => {
    const results = [2, 0, 4];
    expect(step("Home", 3, positions, 5, results)).toBe(2);
    expect(step("PageDown", 2, positions, 5, results)).toBe(0);
    expect(step("PageUp", 2, positions, 5, results)).toBe(2);
    expect(step("PageDown", 4, positions, 5, results)).toBe(4);
    expect(step("PageDown", 3, positions, 5, results)).toBe(2);
    expect(step("End", 3, positions, 5, results)).toBe(4);
  });

  it("begin at the nearest result, and lead nowhere without points", () => {
    expect(step("ArrowRight", -1, positions, 5, [2])).toBe(2);
    expect(step("ArrowRight", -1, positions, 0, [])).toBeNull();
    expect(step("Home", -1, positions, 0, [])).toBeNull();
    expect(step("x", 0, positions, 5, [])).toBeNull();
  });
});

describe("dots", () => {
  const white = () => ({ data: new Uint8ClampedArray(4 * 40 * 40).fill(255), width: 40, height: 40 });
  const red = [200, 0, 0] as const;
  const grouped = (groups: number[]) => ({ count: groups.length, groups });
  const green = (pixels: { data: Uint8ClampedArray }, x: number, y: number) =>
    pixels.data[4 * (y * 40 + x) + 1];

  it("grow denser where they overlap", () => {
    const one = white();
    const two = white();
    const dot = stamp(3, 0.4);
    const zoom = { k: 1, x: 0, y: 0 };
    splat(
      one,
      grouped([1]),
      Float64Array.of(10.5, 10.5),
      zoom,
      1,
      dot,
      () => red,
      () => true,
    );
    splat(
      two,
      grouped([1, 1]),
      Float64Array.of(10.5, 10.5, 10.5, 10.5),
      zoom,
      1,
      dot,
      () => red,
      () => true,
    );
    expect(green(one, 10, 10)).toBeLessThan(255);
    expect(green(two, 10, 10)).toBeLessThan(green(one, 10, 10));
    expect(green(two, 20, 20)).toBe(255);
  });

  it("are cut off at the edges, and left out beyond them or where not finite", () => {
    const pixels = white();
    const positions = Float64Array.of(0, 0, 39.9, 39.9, -50, 4, NaN, NaN);
    splat(
      pixels,
      grouped([1, 1, 1, 1]),
      positions,
      { k: 1, x: 0, y: 0 },
      1,
      stamp(3, 1),
      () => red,
      () => true,
    );
    expect(green(pixels, 0, 0)).toBe(0);
    expect(green(pixels, 39, 39)).toBe(0);
    expect(green(pixels, 20, 20)).toBe(255);
  });

  it("follow zoom and device pixels", () => {
    const pixels = white();
    splat(
      pixels,
      grouped([1]),
      Float64Array.of(5, 4),
      { k: 2, x: 1, y: 3 },
      1.5,
      stamp(1, 1),
      () => red,
      () => true,
    );
    expect(green(pixels, 16, 16)).toBe(0);
  });

  it("take the colour of their group, and only the chosen are drawn", () => {
    const pixels = white();
    const points = grouped([1, 2, 3]);
    const positions = Float64Array.of(5, 5, 15, 5, 25, 5);
    const colour = (rank: number) => [10 * rank, 20 * rank, 0] as const;
    splat(pixels, points, positions, { k: 1, x: 0, y: 0 }, 1, stamp(2, 1), colour, (i) => i !== 1);
    expect([green(pixels, 5, 5), green(pixels, 15, 5), green(pixels, 25, 5)]).toEqual([20, 255, 60]);
  });

  it("shrink and fade as they grow many, within bounds", () => {
    const size = { width: 800, height: 500, ratio: 1 };
    const counts = [1, 100, 1000, 10_000, 100_000, 1_000_000];
    const radii = counts.map((count) => dotRadius(count, size, 1));
    const opacities = counts.map(dotOpacity);
    for (const values of [radii, opacities]) expect([...values].sort((a, b) => b - a)).toEqual(values);
    expect(radii.at(-1)).toBeGreaterThan(1);
    expect(opacities.at(-1)).toBeGreaterThan(0.3);
  });

  it("are found by id among those that count", () => {
    const points = { ...pointsOf([1, 1, 1]), count: 2 };
    expect([1n, 2n, 9n].map((id) => pointsWith(points, id))).toEqual([[1], [], []]);
  });
});

describe("points of rows that share an id", () => {
  const points = { ...pointsOf([1, 1, 2, 2, 2]), ids: BigInt64Array.of(7n, 3n, 7n, 4n, 7n) };

  it("are all found, as far as they are drawn", () => {
    expect(pointsWith(points, 7n)).toEqual([0, 2, 4]);
    expect(pointsWith({ ...points, count: 4 }, 7n)).toEqual([0, 2]);
  });

  it.each([1, 40])("are all selected, when %i ids are", (n) => {
    const ids = new Set([7n, ...Array.from({ length: n - 1 }, (_, i) => BigInt(100 + i))]);
    expect(pointsSelected(points, ids)).toEqual(Uint8Array.of(1, 0, 1, 0, 1));
    expect(pointsSelected(points, new Set([99n]))).toBeNull();
  });
});
