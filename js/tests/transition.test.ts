import { describe, expect, it } from "vitest";
import type { Mark } from "../src/views/points/marks";
import { type Points, pointFinder } from "../src/views/points/points";
import { type Drawing, placeIn } from "../src/views/transition/drawing";
import { blend, markBetween, routesOf } from "../src/views/transition/routes";

const CANVAS = null as unknown as HTMLCanvasElement;

function pointsOf(ids: readonly number[], ranks: readonly number[]): Points {
  return {
    count: ids.length,
    ids: BigInt64Array.from(ids, BigInt),
    ranks: Uint32Array.from(ranks),
    distances: new Float32Array(ids.length),
  };
}

/** A picture of points, in which row i lies at (i, `y`). */
function drawingOf(points: Points | null, y: number, marks: readonly Mark[] = []): Drawing {
  const find = points === null ? null : pointFinder(points);
  return {
    canvas: CANVAS,
    scene: {},
    points,
    marks,
    dot: points === null ? null : [2, 0.5],
    query: { x: 0, y },
    placeOf: ({ rank, id, copy }, turn) => {
      if (find === null) return placeIn(100 * rank, y, 10, turn);
      return find(rank, id, copy) < 0 ? null : { x: Number(id) + copy / 10, y };
    },
    imageOf: () => null,
  };
}

function markOf(point: number, place: number, isMissed = false): Mark {
  return { point, place, isMissed, side: 30, dx: 4, dy: 2 };
}

describe("points of clusters", () => {
  it("are found by rank and id, wherever their cluster stands", () => {
    const find = pointFinder(pointsOf([7, 8, 9, 5, 6, 3, 8, 4], [1, 1, 1, 4, 4, 9, 2, 9]));
    expect([find(1, 7n), find(1, 9n), find(4, 6n), find(9, 3n), find(9, 4n), find(2, 8n)]).toEqual([
      0, 2, 4, 5, 7, 6,
    ]);
    expect([find(1, 5n), find(2, 7n), find(3, 3n)]).toEqual([-1, -1, -1]);
  });

  it("beyond the count are none", () => {
    const find = pointFinder({ ...pointsOf([1, 2, 3], [1, 1, 2]), count: 1 });
    expect([find(1, 1n), find(1, 2n), find(2, 3n)]).toEqual([0, -1, -1]);
  });
});

describe("what flies from one picture to another", () => {
  it("is what both show, from its place in the one to that in the other", () => {
    const from = drawingOf(pointsOf([1, 2, 3, 4], [1, 1, 2, 2]), 10);
    const to = drawingOf(pointsOf([3, 1, 9], [2, 1, 5]), 20);
    const { points, starts, ends, query } = routesOf(from, to);
    expect([...points.ids]).toEqual([3n, 1n]);
    expect([...points.ranks]).toEqual([2, 1]);
    expect([...starts]).toEqual([3, 10, 1, 10]);
    expect([...ends]).toEqual([3, 20, 1, 20]);
    expect(query).toEqual([
      { x: 0, y: 10 },
      { x: 0, y: 20 },
    ]);
  });

  it("comes out of the clusters where they are drawn as a whole, all over them", () => {
    const n = 400;
    const ids = Array.from({ length: n }, (_, i) => i);
    const to = drawingOf(pointsOf(ids, Array(n).fill(3)), 50);
    const { starts, ends } = routesOf(drawingOf(null, 70), to);
    const quarters = new Set<string>();
    for (let i = 0; i < n; i++) {
      const [dx, dy] = [starts[2 * i] - 300, starts[2 * i + 1] - 70];
      expect(Math.hypot(dx, dy)).toBeLessThan(10.001);
      quarters.add(`${dx > 0} ${dy > 0} ${Math.hypot(dx, dy) > 7}`);
      expect(ends[2 * i]).toBe(i);
    }
    expect(quarters.size).toBe(8);
  });

  it("is a sample of many, and all results and what was missed", () => {
    const n = 50_000;
    const ids = Array.from({ length: n }, (_, i) => i);
    const ranks = ids.map((i) => 1 + Math.floor(i / 500));
    const marks = [markOf(17, 1), markOf(33_333, 2), markOf(49_999, 3, true)];
    const from = drawingOf(pointsOf(ids, ranks), 0, marks);
    const { points, marks: flown } = routesOf(from, drawingOf(null, 9));
    expect(points.count).toBeGreaterThan(1900);
    expect(points.count).toBeLessThanOrEqual(2003);
    expect([...points.ids.slice(0, 3)]).toEqual([17n, 33_333n, 49_999n]);
    expect(new Set(points.ids).size).toBe(points.count);
    expect(new Set(points.ranks).size).toBe(100);
    expect(flown.map(({ start }) => [start.point, start.side, start.isMissed])).toEqual([
      [0, 30, false],
      [1, 30, false],
      [2, 30, true],
    ]);
    expect(flown.map(({ end }) => [end.side, end.dx, end.dy])).toEqual(Array(3).fill([0, 0, 0]));
  });

  it("holds a result once that is one in both, as it is in each", () => {
    const from = drawingOf(pointsOf([5, 6], [1, 1]), 0, [{ ...markOf(0, 1), side: 20, dx: 0, dy: 0 }]);
    const to = drawingOf(pointsOf([6, 5], [1, 1]), 1, [markOf(1, 1)]);
    const { points, marks } = routesOf(from, to);
    expect([...points.ids]).toEqual([5n, 6n]);
    expect(marks).toEqual([
      {
        start: expect.objectContaining({ point: 0, side: 20, dx: 0 }),
        end: expect.objectContaining({ point: 0, side: 30, dx: 4 }),
      },
    ]);
  });

  it("holds every result of rows that share an id, in one cluster or in several", () => {
    const marks = [markOf(0, 1), markOf(2, 2), markOf(3, 3)];
    const from = drawingOf(pointsOf([7, 8, 7, 7], [1, 1, 1, 2]), 0, marks);
    const to = drawingOf(pointsOf([7, 7, 7], [2, 1, 1]), 5, [markOf(1, 1), markOf(2, 2), markOf(0, 3)]);
    const { points, marks: flown, starts, ends } = routesOf(from, to);
    expect([...points.ids]).toEqual([7n, 7n, 7n]);
    expect([...points.ranks]).toEqual([1, 1, 2]);
    expect(flown.map(({ start, end }) => [start.place, end.place, end.side])).toEqual([
      [1, 1, 30],
      [2, 2, 30],
      [3, 3, 30],
    ]);
    expect([...starts.slice(0, 4)].map((x) => x.toFixed(1))).toEqual(["7.0", "0.0", "7.1", "0.0"]);
    expect([...ends.slice(0, 4)].map((x) => x.toFixed(1))).toEqual(["7.0", "5.0", "7.1", "5.0"]);
  });

  it("is nothing where no picture shows points, or none in common", () => {
    expect(routesOf(drawingOf(null, 0), drawingOf(null, 1)).points.count).toBe(0);
    const apart = routesOf(drawingOf(pointsOf([1], [1]), 0), drawingOf(pointsOf([2], [1]), 0));
    expect(apart.points.count).toBe(0);
  });
});

describe("a result on its way", () => {
  const [start, end] = [{ ...markOf(0, 1), side: 0, dx: 0, dy: 0 }, markOf(0, 1)];

  it("begins and ends as it is drawn there", () => {
    expect(markBetween(start, end, 0)).toEqual(start);
    expect(markBetween(start, end, 1)).toEqual(end);
    expect(blend(3, 5, 0.5)).toBe(4);
  });

  it("is a dot until there is room for a picture", () => {
    expect(markBetween(start, end, 0.3).side).toBe(0);
    expect(markBetween(start, end, 0.6).side).toBeCloseTo(18, 6);
  });
});
