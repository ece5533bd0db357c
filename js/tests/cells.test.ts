import { describe, expect, it } from "vitest";
import { joined } from "../src/model/mapCells";
import { randomOf } from "./random";
import { mapOf, partOf } from "./support";

const SIZES = [4, 0, 2, 7, 1, 0, 3, 9, 5, 0];

describe("a map", () => {
  const whole = joined([mapOf(SIZES)]);

  it.each([[[5]], [[1, 2, 3]], [[3, 3, 9]], [[1, 2, 3, 4, 5, 6, 7, 8, 9]]])(
    "in parts cut at %j is the map that they were cut from",
    (cuts) => {
      const ends = [0, ...cuts, SIZES.length];
      const parts = cuts.map((cut, i) => partOf(mapOf(SIZES), ends[i], cut));
      const {
        find: _,
        corners: __,
        ...cells
      } = joined([...parts, partOf(mapOf(SIZES), cuts[cuts.length - 1], SIZES.length)]);
      expect(whole).toMatchObject(cells);
    },
  );

  it("of no clusters has no cells", () => {
    const { offsets, find } = joined([mapOf([])]);
    expect([...offsets]).toEqual([0]);
    expect(find(0.5, 0.5)).toBe(-1);
  });
});

describe("a cell", () => {
  const { find, centres, points, offsets } = joined([mapOf(SIZES)]);

  it("is found at its own centre", () => {
    SIZES.forEach((size, i) => {
      if (size > 0) expect(find(centres[2 * i], centres[2 * i + 1])).toBe(i);
    });
  });

  it("is found wherever a point lies in it", () => {
    const next = randomOf(7);
    for (let trial = 0; trial < 500; trial++) {
      const [x, y] = [1.4 * next(), next()];
      const found = find(x, y);
      const corners = points.subarray(2 * offsets[found], 2 * offsets[found + 1]);
      const [across, up] = [0, 1].map((axis) => corners.filter((_, k) => k % 2 === axis));
      expect(x).toBeGreaterThan(Math.min(...across) - 1e-6);
      expect(x).toBeLessThan(Math.max(...across) + 1e-6);
      expect(y).toBeGreaterThan(Math.min(...up) - 1e-6);
      expect(y).toBeLessThan(Math.max(...up) + 1e-6);
    }
  });

  it("is found on the edge of the map and not outside", () => {
    expect(find(0, 0)).toBe(0);
    expect(find(1.4, 1)).toBe(8);
    const outside = [
      [-0.01, 0.5],
      [1.41, 0.5],
      [0.5, -0.01],
      [0.5, 1.01],
      [Number.NaN, 0.5],
    ];
    for (const [x, y] of outside) expect(find(x, y)).toBe(-1);
  });

  it("is found in a slit that rounding leaves between two", () => {
    const map = mapOf([1, 1]);
    map.points[2] -= 5e-7;
    map.points[4] -= 5e-7;
    expect(joined([map]).find(0.7 - 2e-7, 0.5)).toBeGreaterThanOrEqual(0);
  });
});
