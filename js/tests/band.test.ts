import { describe, expect, it } from "vitest";
import { foundBoxes, foundSpots } from "../src/panels/band/foundSpots";
import { freeSpot, placesBeside, stepBoxes } from "../src/panels/band/freeSpot";
import { Axis } from "../src/panels/band/scale";
import type { Box } from "../src/views/placer";

const FRAME = { left: 50, right: 985, top: 9, bottom: 80 };
const axis = new Axis(FRAME, 100);

/** The missed rows of a search with k = 40: so many are found by each nprobe. */
const MISSED = [
  [5, 3],
  [6, 5],
  [7, 2],
  [8, 2],
  [9, 2],
  [13, 1],
].flatMap(([at, count]) => Array<number>(count).fill(at));

describe("missed rows on the curve", () => {
  it.each([100, 1024, 65_536])("stand between their nprobe and the next, of %i clusters", (nlist) => {
    const narrow = new Axis(FRAME, nlist);
    const spots = foundSpots(MISSED, narrow);
    expect(spots.map(({ at }) => at)).toEqual([5, 6, 7, 8, 9, 13]);
    spots.forEach(({ at, x, side, shown }, i) => {
      expect(x).toBeGreaterThanOrEqual(narrow.x(at));
      const end = i + 1 < spots.length ? narrow.x(spots[i + 1].at) : FRAME.right + 22;
      expect(x + shown * side + 2 * Math.max(0, shown - 1)).toBeLessThanOrEqual(end);
    });
  });

  it("are all shown where there is room, else one with their number, else the line alone", () => {
    const spots = foundSpots([3, 3, ...MISSED, 100], axis);
    expect(spots.map(({ at, shown, count }) => [at, shown, count])).toEqual([
      [3, 2, 2],
      [5, 1, 3],
      [6, 1, 5],
      [7, 1, 2],
      [8, 1, 2],
      [9, 2, 2],
      [13, 1, 1],
      [100, 1, 1],
    ]);
    expect(spots[0].side).toBe(30);
    expect(spots[3].side).toBeLessThan(30);
    expect(foundSpots([50, 51, 52], axis).map(({ side }) => side)).toEqual([0, 0, 30]);
  });
});

function covers(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

describe("words beside the curve", () => {
  it("cover no missed picture where a line leaves room above it", () => {
    const bounds = { left: 50, top: 0, right: 1007, bottom: 78 };
    const words = { width: 159, height: 15, beside: 9 };
    const low = new Axis(FRAME, 64);
    const curve = { at: [1, 3, 4], values: [5 / 12, 10 / 12, 1] };
    const pictures = foundBoxes(foundSpots([3, 3, 3, 3, 3, 4, 4], low), low);
    const place = freeSpot(
      placesBeside(low.x(2), low.y(5 / 12), words, bounds, { isLeft: false, isAbove: true }),
      [...stepBoxes(low, curve.at, curve.values), ...pictures],
    );
    expect(pictures).toHaveLength(2);
    expect(place).not.toBeNull();
    for (const picture of pictures) expect(place !== null && covers(place, picture)).toBe(false);
  });

  const bounds = { left: 50, top: 0, right: 1007, bottom: 78 };
  const words = { width: 106, height: 15, beside: 9 };

  it("keep off it wherever it leaves room", () => {
    for (const values of [
      [0.08, 0.4, 0.8, 1],
      [0, 0, 0, 1],
      [1, 1, 1, 1],
      [0.5, 0.5, 0.6, 0.9],
    ]) {
      const drawn = stepBoxes(axis, [1, 2, 4, 8], values);
      for (const nprobe of [1, 2, 4, 8, 100]) {
        for (const isLeft of [false, true]) {
          for (const isAbove of [false, true]) {
            const places = placesBeside(axis.x(nprobe), axis.y(0.5), words, bounds, { isLeft, isAbove });
            const spot = freeSpot(places, drawn) as Box;
            expect(drawn.some((piece) => covers(spot, piece))).toBe(false);
          }
        }
      }
    }
  });

  it("stay inside, and on the side that is asked for where both are free", () => {
    const right = freeSpot(placesBeside(300, 40, words, bounds, { isLeft: false, isAbove: true }), []);
    const left = freeSpot(placesBeside(300, 40, words, bounds, { isLeft: true, isAbove: false }), []);
    expect(right).toMatchObject({ left: 309, bottom: 37 });
    expect(left).toMatchObject({ right: 291, top: 43 });
    for (const x of [50, 985]) {
      const only = freeSpot(placesBeside(x, 9, words, bounds, { isLeft: x < 500, isAbove: true }), []) as Box;
      expect(only.left).toBeGreaterThanOrEqual(50);
      expect(only.right).toBeLessThanOrEqual(1007);
      expect(only.top).toBeGreaterThanOrEqual(0);
    }
  });

  it("make a line of 65,536 steps no more pieces than it has pixels", () => {
    const n = 65_536;
    const large = new Axis(FRAME, n);
    const at = Array.from({ length: n }, (_, i) => i + 1);
    const drawn = stepBoxes(
      large,
      at,
      at.map((one) => one / n),
    );
    expect(drawn.length).toBeLessThan(3 * (FRAME.right - FRAME.left));
    expect(Math.min(...drawn.map(({ top }) => top))).toBeLessThanOrEqual(FRAME.top);
  });
});
