import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/figures.json";
import { trayPlaces } from "../src/graph/views/walk/tray";
import { heightScale } from "../src/graph/views/walk/walkScale";
import { PALETTES, rgbOf } from "../src/look/palette";
import { nearestFirst } from "../src/model/candidateOrder";
import type { CandidateSet } from "../src/model/candidates";
import { domainOf } from "../src/model/distanceDomain";
import { nearest } from "../src/model/probe";
import { cellColours, pack } from "../src/views/clusters/cellColours";
import { cellRanking } from "../src/views/clusters/scene";
import { circleIn, layoutDistances, roomIn } from "../src/views/distances/layout";
import { placePictures } from "../src/views/distances/pictures";
import { radialScale } from "../src/views/distances/radialScale";
import { sectorsOf } from "../src/views/distances/sectors";

/** Digits after the point that must agree: the fixture is rounded to a millionth of a pixel. */
const DIGITS = 4;

function setOf(distances: readonly number[], counts: readonly number[]): CandidateSet {
  const starts = new Uint32Array(counts.length + 1);
  const places = new Uint32Array(distances.length);
  counts.forEach((count, i) => {
    starts[i + 1] = starts[i] + count;
    places.fill(i + 1, starts[i], starts[i + 1]);
  });
  return {
    count: distances.length,
    ids: BigInt64Array.from({ length: distances.length }, (_, i) => BigInt(i)),
    distances: Float32Array.from(distances),
    ranks: places,
    places,
    starts,
    whole: true,
  };
}

function expectNear(found: ArrayLike<number>, wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(found[i]).toBeCloseTo(wanted[i], DIGITS);
}

describe.each(recorded.distances)("a figure of distances, $name", (figure) => {
  const { sizes, hasBeyond, similarity, own, every, width, height } = figure;
  const size = { width, height };
  const more = figure.distances.length - sizes.reduce((sum, one) => sum + one, 0);
  const set = setOf(figure.distances, hasBeyond ? [...sizes, more] : sizes);
  const order = nearestFirst(set.distances, similarity);
  const circle = circleIn(size);
  const scale = radialScale(domainOf(set.distances, order, similarity, own), roomIn(circle));
  const sectors = sectorsOf(sizes, hasBeyond);
  const layout = layoutDistances(set, order, scale, sectors, circle, size);

  it("has the page's circle, rings and sectors", () => {
    expectNear([circle.x, circle.y, circle.radius], figure.circle);
    expect(scale.rings.map(({ label, isCompressed }) => [label, isCompressed])).toEqual(
      figure.rings.map(([, label, isCompressed]) => [label, isCompressed]),
    );
    expectNear(
      scale.rings.map(({ radius }) => radius),
      figure.rings.map(([radius]) => Number(radius)),
    );
    expectNear(sectors.from, figure.sectors[0]);
    expectNear(sectors.to, figure.sectors[1]);
  });

  it("has each candidate where the page has it", () => {
    const kept = Array.from({ length: Math.ceil(set.count / every) }, (_, i) => i * every);
    expectNear(
      kept.map((i) => layout.radii[i]),
      figure.radii,
    );
    expectNear(
      kept.flatMap((i) => [layout.positions[2 * i], layout.positions[2 * i + 1]]),
      figure.positions.flat(),
    );
  });

  it("has each picture where the page has it, and as large", () => {
    const compared = figure.sizes.reduce((sum, size) => sum + size, 0);
    const found = figure.found.map((point, i) => ({ point, place: i + 1, isMissed: point >= compared }));
    const { positions, marks } = placePictures(found, set, layout, sectors, circle);
    const [places, sides] = figure.pictures as [number[][], number[]];
    expect(marks.map(({ side }) => side)).toEqual(sides);
    expectNear(
      found.flatMap(({ point }) => [positions[2 * point], positions[2 * point + 1]]),
      places.flat(),
    );
  });
});

describe.each(["light", "dark"] as const)("a figure of the map, %s", (mode) => {
  it("has the page's colours", () => {
    const { order, distances, nprobe, colours } = recorded.cells;
    const rankOf = new Int32Array(order.length);
    order.forEach((cluster, i) => {
      rankOf[cluster] = i + 1;
    });
    const distanceOf = Float32Array.from(distances);
    const search = {
      order: Int32Array.from(order),
      rankOf,
      distances: distanceOf,
      ranked: order.length,
    };
    const n = order.length;
    const cells = { inradii: new Float32Array(n).fill(1) };
    const scene = { cells, ranking: cellRanking(search as never), probe: nearest(nprobe) } as never;
    const { fill, edge } = cellColours(scene, PALETTES[mode]);
    const { fills, edges } = colours[mode] as { fills: string[]; edges: Record<string, string> };
    expect(Array.from(fill)).toEqual(fills.map((colour) => pack(rgbOf(colour))));
    expect(Array.from(edge)).toEqual(
      Array.from({ length: n }, (_, cell) => (edges[cell] ? pack(rgbOf(edges[cell])) : 0)),
    );
  });
});

describe("the picture of a walk", () => {
  it.each(recorded.heights)("has the heights that figures have: $name", (wanted) => {
    const scale = heightScale(wanted.keys, wanted.bar, 40, 400);
    expectNear(
      wanted.keys.map((key) => scale.y(key)),
      wanted.heights,
    );
    expect(scale.isBroken).toBe(wanted.isBroken);
    expect(scale.ticks.map(({ key, isCompressed }) => [Number(key.toPrecision(9)), isCompressed])).toEqual(
      wanted.ticks,
    );
  });

  it("has pictures below it where figures have them", () => {
    for (const { items, placed } of recorded.trays) {
      const given = items.map(([id, x, place, isMissed]) => ({
        id: BigInt(id as number),
        x: x as number,
        y: 0,
        rank: place === 0 ? null : (place as number),
        isMissed: isMissed as boolean,
        needs: null,
        isTold: true,
      }));
      const found = trayPlaces(given, 60, 640, 48);
      expect(found.map(({ id }) => Number(id))).toEqual(placed.map(([id]) => id));
      expectNear(
        found.map(({ at }) => at),
        placed.map(([, at]) => at),
      );
    }
  });
});
