import { describe, expect, it } from "vitest";
import { areaOf, type Outline, within } from "../src/views/clusters/mosaic/outline";
import {
  fitOf,
  levelOf,
  type MosaicPlan,
  moreText,
  textWidth,
  tile,
  titlePlace,
} from "../src/views/clusters/mosaic/tiling";
import { randomOf } from "./random";

const ROOM = { width: 24, height: 24 };
/** Enlargement from which on a cell of radius 30 is a mosaic. */
const LEAST = 2;

/** A convex cell around its centre, stretched by chance, with sides of chance. */
function cellOf(seed: number, radius = 30): Outline {
  const random = randomOf(seed);
  const corners = 4 + Math.floor(random() * 5);
  const angles = Array.from({ length: corners }, (_, i) => ((i + 0.8 * random()) / corners) * 2 * Math.PI);
  const stretch = 0.7 + 0.6 * random();
  return Float32Array.from(
    angles.flatMap((angle) => [radius * stretch * Math.cos(angle), (radius / stretch) * Math.sin(angle)]),
  );
}

function planOf(count: number, { seed = 1, title = 0, room = ROOM } = {}): MosaicPlan {
  return { outline: cellOf(seed), count, room, isFirstLarge: true, title };
}

function tiled(plan: MosaicPlan, k: number) {
  const tiling = tile(plan, k, fitOf(plan, LEAST));
  const { places, room, first } = tiling;
  const boxes = Array.from({ length: places.length / 2 }, (_, i) => {
    const half = i === 0 ? first / 2 : 0.5;
    const [x, y] = [places[2 * i], places[2 * i + 1]];
    return {
      left: x - half * room.width,
      right: x + half * room.width,
      top: y - half * room.height,
      bottom: y + half * room.height,
    };
  });
  return { ...tiling, boxes };
}

/** How far the corners of a box are inside an outline at a scale, at least; below 0 outside. */
function depthIn(outline: Outline, scale: number, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const [ax, ay] = [outline[j] * scale, outline[j + 1] * scale];
    const [dx, dy] = [outline[i] * scale - ax, outline[i + 1] * scale - ay];
    least = Math.min(least, (dx * (y - ay) - dy * (x - ax)) / Math.hypot(dx, dy));
  }
  return least;
}

const cases = [1, 2, 3, 4, 5, 6].flatMap((seed) => [1, 3, 8, 9, 40, 300].map((count) => ({ seed, count })));

describe("a mosaic", () => {
  it.each(cases)(
    "has a place for each of $count members once they fit, inside cell $seed",
    ({ seed, count }) => {
      const plan = planOf(count, { seed });
      const fit = fitOf(plan, LEAST);
      for (const k of [fit.scale, 1.3 * fit.scale, 40 * fit.scale]) {
        const { boxes, scale, more, morePlace } = tiled(plan, k);
        expect(boxes).toHaveLength(count);
        expect([more, morePlace]).toEqual([0, null]);
        const depths = boxes.flatMap(({ left, right, top, bottom }) =>
          [left, right].flatMap((x) => [top, bottom].map((y) => depthIn(plan.outline, scale, x, y))),
        );
        expect(Math.min(...depths)).toBeGreaterThan(0);
      }
    },
  );

  it.each(cases)("of $count members in cell $seed covers no tile with another", ({ seed, count }) => {
    for (const k of [2.5, 4, 9]) {
      const { boxes } = tiled(planOf(count, { seed }), k);
      let most = 0;
      boxes.forEach((box, i) => {
        for (let j = 0; j < i; j++) {
          const across = Math.min(box.right, boxes[j].right) - Math.max(box.left, boxes[j].left);
          const down = Math.min(box.bottom, boxes[j].bottom) - Math.max(box.top, boxes[j].top);
          most = Math.max(most, Math.min(across, down));
        }
      });
      expect(most).toBeLessThan(1e-3);
    }
  });

  it.each([1, 2, 3, 4])("has the nearest members in the middle of cell %i", (seed) => {
    const { places } = tiled(planOf(200, { seed }), 6);
    const away = Array.from({ length: places.length / 2 }, (_, i) =>
      Math.hypot(places[2 * i] - places[0], places[2 * i + 1] - places[1]),
    );
    for (let i = 1; i < away.length; i++) expect(away[i]).toBeGreaterThanOrEqual(away[i - 1] - 1e-3);
    // Beside it by less than a row and a column, so that more find room.
    expect(Math.hypot(places[0], places[1])).toBeLessThan(ROOM.width);
  });

  it.each([
    ["no title", "", 0.66],
    ["a title", "rank 3", 0.61],
  ])("with %s fills most of its cell, whatever its shape", (_, title, least) => {
    let shares = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const plan = planOf(5000, { seed, title: textWidth(title) });
      const { boxes, scale, first } = tiled(plan, 4);
      const rooms = boxes.length + first ** 2 - 1;
      shares += (rooms * ROOM.width * ROOM.height) / (areaOf(plan.outline) * scale ** 2);
    }
    expect(shares / 40).toBeGreaterThan(least);
  });

  it("is made of rows", () => {
    const { places } = tiled(planOf(200), 6);
    const heights = new Set(Array.from({ length: places.length / 2 - 1 }, (_, i) => places[2 * i + 3]));
    const steps = [...heights]
      .sort((a, b) => a - b)
      .map((y, i, all) => (i === 0 ? ROOM.height : y - all[i - 1]));
    for (const step of steps) expect(step).toBeCloseTo(ROOM.height, 3);
  });

  it.each([2, 3, 4, 5, 6, 8, 11])("counts the members without a place, where no tile is, at %i", (k) => {
    let counted = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { boxes, more, morePlace } = tiled(planOf(5000, { seed }), k);
      expect(more).toBe(5000 - boxes.length);
      if (morePlace === null) continue;
      counted++;
      const [x, y] = morePlace;
      const half = (6.2 * moreText(more).length) / 2;
      const overlaps = ({ left, right, top, bottom }: (typeof boxes)[number]) =>
        x + half > left + 1e-3 && x - half < right - 1e-3 && y > top && y < bottom;
      expect(boxes.filter(overlaps)).toEqual([]);
    }
    // A small cell may have no room for it.
    expect(counted).toBeGreaterThan(k < 4 ? 15 : 37);
  });

  it("shows more and more members the more the map is enlarged, at 22 to 31 pixels", () => {
    const plan = planOf(3000);
    let before = 0;
    for (let k = 2.5; k < fitOf(plan, LEAST).scale; k *= 1.07) {
      const { scale, room, boxes } = tiled(plan, k);
      const width = (room.width * k) / scale - 2;
      expect(width).toBeGreaterThanOrEqual(22);
      expect(width).toBeLessThan(24 * Math.SQRT2);
      expect(boxes.length).toBeGreaterThanOrEqual(before);
      before = boxes.length;
    }
  });

  it("lies as it did between two steps of √2, and for good once all members fit", () => {
    const plan = planOf(3000);
    expect(tiled(plan, 4.1).places).toEqual(tiled(plan, 5.6).places);
    expect(tiled(plan, 5.6).places).not.toEqual(tiled(plan, 5.7).places);
    const { scale } = fitOf(plan, LEAST);
    expect(tiled(plan, scale).places).toEqual(tiled(plan, 100 * scale).places);
  });

  it("grows its tiles with the map until a single one fills the view", () => {
    const plan = planOf(108);
    const { room, scale } = tiled(plan, 80);
    expect((room.width * 80) / scale).toBeGreaterThan(250);
  });

  it.each([
    [1, 2],
    [5, 2],
  ])("of %i members makes them as large as the cell allows", (count, k) => {
    const plan = planOf(count, { seed: 3 });
    const { room } = tiled(plan, k);
    const bare = tiled(planOf(count * 9, { seed: 3 }), k);
    expect(room.width).toBeGreaterThan(bare.room.width);
  });

  it("has one larger tile in the middle, unless it has few members", () => {
    expect(tiled(planOf(9), 8).first).toBe(2);
    expect(tiled(planOf(8), 8).first).toBe(1);
    expect(tiled({ ...planOf(9), isFirstLarge: false }, 8).first).toBe(1);
  });

  it.each([1, 2, 3, 4, 5, 6])("leaves the upper end of cell %i to its title", (seed) => {
    const title = textWidth("rank 12 · 3 missed");
    for (const k of [4, 7, 20]) {
      const plan = planOf(60, { seed, title });
      const { boxes, scale } = tiled(plan, k);
      const place = titlePlace(
        plan.outline.map((value) => value * scale),
        title,
      );
      if (place === null) continue;
      for (const { top } of boxes) expect(top).toBeGreaterThan(place.y);
    }
  });

  it("of a cluster with very many members is laid out for the nearest 20,000", () => {
    const plan = planOf(1_000_000);
    const { boxes, more } = tiled(plan, 1000);
    expect([boxes.length, more]).toEqual([20_000, 980_000]);
  });

  it("of a cell without an area has no places", () => {
    const plan = { outline: new Float32Array(0), count: 5, room: ROOM, isFirstLarge: true, title: 0 };
    expect(tile(plan, 8, fitOf(plan, LEAST))).toMatchObject({ more: 5, places: new Float32Array(0) });
  });
});

describe("the steps of a mosaic", () => {
  it.each([
    [1, 1],
    [1.4, 1],
    [1.42, Math.SQRT2],
    [2, 2],
    [63.9, 32 * Math.SQRT2],
  ])("at %d begin at %d", (k, level) => expect(levelOf(k)).toBeCloseTo(level, 9));
});

describe("the part of an outline in a box", () => {
  const square = Float32Array.of(-10, -10, 10, -10, 10, 10, -10, 10);

  it("is all of it where the box holds it, and nothing beside it", () => {
    expect([...within(square, { left: -20, top: -20, right: 20, bottom: 20 })].sort()).toEqual(
      [...square].sort(),
    );
    expect(within(square, { left: 11, top: -20, right: 20, bottom: 20 })).toHaveLength(0);
  });

  it("is cut at the sides of the box", () => {
    const part = within(square, { left: -4, top: -20, right: 20, bottom: 7 });
    const xs = part.filter((_, i) => i % 2 === 0);
    const ys = part.filter((_, i) => i % 2 === 1);
    expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([-4, 10, -10, 7]);
  });
});
