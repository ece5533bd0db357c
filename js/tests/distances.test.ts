import { describe, expect, it } from "vitest";
import { nearestFirst } from "../src/model/candidateOrder";
import { type CandidateSet, withOthers } from "../src/model/candidates";
import { domainOf, roundStep } from "../src/model/distanceDomain";
import { nearest } from "../src/model/probe";
import { rankCandidates } from "../src/model/rankedCandidates";
import { Search } from "../src/model/search";
import type { Missed } from "../src/model/truth";
import { layoutCentroids, nprobeAt, nprobeRadius } from "../src/views/distances/coarseScene";
import { firstClusters, foundAmong, SAMPLE, sampleOf } from "../src/views/distances/drawnCandidates";
import { boxOutside } from "../src/views/distances/labels";
import { circleIn, layoutDistances, roomIn } from "../src/views/distances/layout";
import { placePictures } from "../src/views/distances/pictures";
import { isCompressed, radialScale, roundLabel, scaleText } from "../src/views/distances/radialScale";
import { angleOf, sectorAt, sectorsOf } from "../src/views/distances/sectors";
import { MOST_PICTURES } from "../src/views/points/marks";
import { randomOf } from "./random";
import { candidatesOf, coarseOf, missedOf, summaryOf } from "./support";

const SIZE = { width: 860, height: 560 };

function setOf(sizes: readonly number[], distanceOf: (i: number) => number): CandidateSet {
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const starts = new Uint32Array(sizes.length + 1);
  const ranks = new Uint32Array(count);
  sizes.forEach((size, i) => {
    starts[i + 1] = starts[i] + size;
    ranks.fill(i + 1, starts[i], starts[i + 1]);
  });
  return {
    count,
    ids: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    distances: Float32Array.from({ length: count }, (_, i) => distanceOf(i)),
    ranks,
    places: ranks,
    starts,
    whole: true,
  };
}

function drawnOf(sizes: readonly number[], distanceOf: (i: number) => number, similarity = false, own = -1) {
  const set = setOf(sizes, distanceOf);
  const order = nearestFirst(set.distances, similarity);
  const circle = circleIn(SIZE);
  const scale = radialScale(domainOf(set.distances, order, similarity, own), roomIn(circle));
  const sectors = sectorsOf(sizes);
  const layout = layoutDistances(set, order, scale, sectors, circle, SIZE);
  return { set, order, circle, scale, sectors, layout };
}

type Drawn = ReturnType<typeof drawnOf>;

/** Radii computed back from the positions. */
function readBack({ circle }: Drawn, positions: Float64Array): Float64Array {
  return Float64Array.from({ length: positions.length / 2 }, (_, i) =>
    Math.hypot(positions[2 * i] - circle.x, positions[2 * i + 1] - circle.y),
  );
}

function inversions({ set, order }: Drawn, radii: Float64Array): number {
  let found = 0;
  for (let k = 1; k < order.length; k++) {
    const isFarther = set.distances[order[k]] !== set.distances[order[k - 1]];
    const step = radii[order[k]] - radii[order[k - 1]];
    if (isFarther ? step <= 0 : Math.abs(step) > 1e-9) found++;
  }
  return found;
}

const random = randomOf(11);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const KINDS: readonly (readonly [string, readonly number[], (i: number) => number, boolean])[] = [
  ["squared distances", [300, 250, 200, 150, 1, 90], () => 20 + 3 * normal(), false],
  ["distances from zero", [50, 50], (i) => i / 40, false],
  ["a duplicate of the query", [80, 40], (i) => (i === 3 ? 0 : 1.5 + random()), false],
  ["an outlier a thousand times farther", [200, 100], (i) => (i === 17 ? 3000 : 2 + random()), false],
  ["outliers over many magnitudes", [400], (i) => (i < 5 ? 10 ** (2 + 4 * i) : 1 + random()), false],
  ["inner products of both signs", [120, 130], () => 2 * normal(), true],
  ["negative inner products", [60, 70], () => -5 - random(), true],
  ["large values close together", [100, 100], (i) => 1e6 + i / 8, false],
  ["tiny values", [100, 100], (i) => 1e-12 * (1 + i), false],
  ["all distances zero", [10, 20], () => 0, false],
  ["all distances the same", [10, 20], () => 7.25, false],
  ["two values", [10, 20], (i) => (i < 10 ? 1 : 2), false],
  ["one candidate", [1], () => 4, false],
  ["two candidates, one far", [1, 1], (i) => (i === 0 ? 1 : 1e6), false],
  ["an infinite distance", [40, 40], (i) => (i === 5 ? Number.POSITIVE_INFINITY : 1 + i), false],
];

describe.each(KINDS)("of %s", (_, sizes, distanceOf, similarity) => {
  const drawn = drawnOf(sizes, distanceOf, similarity);
  const { set, scale, sectors, layout, circle } = drawn;
  const radii = readBack(drawn, layout.positions);

  it("the order of the radii is the order of the distances, without one inversion", () => {
    expect(inversions(drawn, radii)).toBe(0);
  });

  it("every candidate lies at the radius of its distance, inside the circle", () => {
    for (let i = 0; i < set.count; i++) {
      expect(Math.abs(radii[i] - scale.radius(set.distances[i]))).toBeLessThan(0.01);
      expect(radii[i]).toBeLessThanOrEqual(circle.radius + 1e-9);
      expect(radii[i]).toBeGreaterThan(15);
    }
  });

  it("every candidate lies in the sector of its cluster", () => {
    for (let i = 0; i < set.count; i++) {
      const angle = angleOf(layout.positions[2 * i] - circle.x, layout.positions[2 * i + 1] - circle.y);
      expect(sectorAt(sectors, angle)).toBe(set.ranks[i]);
    }
  });

  it("rings go outward, keep apart and stand where their values are", () => {
    expect(scale.rings.length).toBeGreaterThan(0);
    expect(scale.rings.length).toBeLessThan(25);
    for (const [i, ring] of scale.rings.entries()) {
      if (i > 0) expect(ring.radius - scale.rings[i - 1].radius).toBeGreaterThan(9);
      const value = Number(ring.label.replaceAll(",", ""));
      if (scale.domain.step > 0) expect(Math.abs(scale.radius(value) - ring.radius)).toBeLessThan(2);
    }
  });
});

describe("scale", () => {
  const scaleOf = (values: readonly number[], own = -1) => {
    const distances = Float32Array.from(values);
    const order = nearestFirst(distances, false);
    return radialScale(domainOf(distances, order, false, own), { near: 30, start: 60, outer: 260 });
  };

  it("is linear for the bulk, and keeps its slope where it begins to compress", () => {
    const scale = scaleOf([...Array.from({ length: 500 }, (_, i) => 10 + i / 100), 4000]);
    expect(isCompressed(scale.domain)).toBe(true);
    const slope = (from: number, to: number) => (scale.radius(to) - scale.radius(from)) / (to - from);
    expect(slope(10.5, 11)).toBeCloseTo(slope(13, 14), 6);
    const { bulk } = scale.domain;
    expect(slope(bulk, bulk + 1e-4)).toBeCloseTo(slope(11, 12), 1);
    expect(scale.radius(4000)).toBe(260);
    expect(scale.radius(bulk)).toBeCloseTo(0.86 * 260, 6);
  });

  it("does not compress without outliers", () => {
    const scale = scaleOf(Array.from({ length: 100 }, (_, i) => 3 + i / 50));
    expect(isCompressed(scale.domain)).toBe(false);
    expect(scale.rim).toBe(260);
    expect(scale.rings.every((ring) => !ring.isCompressed)).toBe(true);
  });

  it("begins at a round value below the nearest neighbour, with the query's own row further in", () => {
    const scale = scaleOf([0, ...Array.from({ length: 100 }, (_, i) => 1.53 + i / 60)], 0);
    expect(scale.domain.start).toBeCloseTo(1.5, 6);
    expect(scale.radius(1.5)).toBeCloseTo(60, 6);
    expect(scale.radius(0)).toBe(30);
    expect(scale.rings[0]).toMatchObject({ radius: 30, label: "0" });
    expect(scale.rings[1].label).toBe("1.5");
  });

  it("says in words where it begins, and which rings are not to scale", () => {
    const own = scaleText(scaleOf([0, ...Array.from({ length: 100 }, (_, i) => 1.53 + i / 60)], 0).domain);
    expect(own).toBe(", linear from 1.5 at the inner ring; dashed ring: the query's own row");
    expect(scaleText(scaleOf(Array.from({ length: 100 }, (_, i) => 0.1 + i / 25)).domain)).toBe(
      ", linear from 0 at the inner ring",
    );
    const far = scaleText(scaleOf([...Array.from({ length: 500 }, (_, i) => 10 + i / 100), 4000]).domain);
    expect(far).toMatch(/^, linear from 10 at the inner ring to 14\.9\d; dashed rings: not to scale$/);
    expect(scaleText(scaleOf([2.5, 2.5]).domain)).toBe(", 2.500 for all");
  });

  it("has the query's own row say nothing only where it is the nearest", () => {
    expect(scaleOf([5, 1, 2, 3], 0).domain.best).toBe(1);
  });

  it("puts equal distances on one ring with their value", () => {
    const scale = scaleOf([2.5, 2.5, 2.5]);
    expect(scale.rings).toEqual([{ radius: 160, label: "2.500", isCompressed: false }]);
    expect(scale.radius(2.5)).toBe(160);
  });

  it("has the larger inner product nearer to the middle, labelled as it is", () => {
    const distances = Float32Array.of(0.9, 0.5, -0.2, 0.1);
    const domain = domainOf(distances, nearestFirst(distances, true), true);
    const scale = radialScale(domain, { near: 30, start: 60, outer: 260 });
    expect(scale.radius(0.9)).toBeLessThan(scale.radius(0.5));
    expect(scale.radius(-0.2)).toBeCloseTo(260, 5);
    const values = scale.rings.map((ring) => Number(ring.label));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(values[0]).toBeGreaterThanOrEqual(0.9);
  });

  it("steps by 1, 2 and 5", () => {
    expect([0.3, 1, 1.1, 2.1, 6, 0.012].map(roundStep)).toEqual([0.5, 1, 2, 5, 10, 0.02]);
  });

  it("writes values with the digits of their step", () => {
    expect(roundLabel(1.5, 0.5)).toBe("1.5");
    expect(roundLabel(2, 0.5)).toBe("2.0");
    expect(roundLabel(-0.30000000000000004, 0.1)).toBe("-0.3");
    expect(roundLabel(12000, 2000)).toBe("12,000");
    expect(roundLabel(1_000_015, 5)).toBe("1,000,015");
    expect(roundLabel(3e7, 1e7)).toBe("3e+7");
    expect(roundLabel(1.5e-10, 5e-11)).toBe("1.5e-10");
    expect(roundLabel(0, 20)).toBe("0");
    expect(roundLabel(-0, 20)).toBe("0");
  });
});

describe("sectors", () => {
  it.each([
    ["few", [100, 50, 10]],
    ["one", [7]],
    ["empty ones among others", [50, 0, 30, 0]],
    ["all empty", [0, 0]],
    ["a thousand", Array.from({ length: 1000 }, (_, i) => (i * 37) % 90)],
  ])("of %s clusters follow each other clockwise and do not touch", (_, sizes) => {
    const { from, to, count } = sectorsOf(sizes);
    expect(count).toBe(sizes.length);
    expect(from[0]).toBeGreaterThan(0);
    expect(to[count - 1]).toBeLessThan(2 * Math.PI);
    for (let i = 0; i < count; i++) {
      expect(to[i]).toBeGreaterThan(from[i]);
      if (i > 0) expect(from[i]).toBeGreaterThan(to[i - 1]);
    }
  });

  it("are wider for larger clusters, and never invisible", () => {
    const { from, to } = sectorsOf([10_000, 5000, 0]);
    const width = (i: number) => to[i] - from[i];
    expect(width(0) / width(1)).toBeGreaterThan(1.8);
    expect(width(2)).toBeGreaterThan(0.02);
  });

  it("are found by their angle, and the gaps between them are nobody's", () => {
    const sectors = sectorsOf([3, 2, 4]);
    for (let i = 0; i < 3; i++) expect(sectorAt(sectors, (sectors.from[i] + sectors.to[i]) / 2)).toBe(i + 1);
    expect(sectorAt(sectors, (sectors.to[0] + sectors.from[1]) / 2)).toBeNull();
    expect(sectorAt(sectors, 0)).toBeNull();
  });

  it("have angles that begin at 12 o'clock and go clockwise", () => {
    expect([angleOf(0, -1), angleOf(1, 0), angleOf(0, 1), angleOf(-1, 0)]).toEqual(
      [0, 1, 2, 3].map((quarter) => (quarter * Math.PI) / 2),
    );
  });
});

describe("candidates", () => {
  it("keep off each other where there is room", () => {
    const { layout, set } = drawnOf([60, 60, 60, 60], (i) => 5 + ((i * 7) % 60) / 10);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < set.count; i++) {
      for (let j = 0; j < i; j++) {
        const dx = layout.positions[2 * i] - layout.positions[2 * j];
        const dy = layout.positions[2 * i + 1] - layout.positions[2 * j + 1];
        least = Math.min(least, Math.hypot(dx, dy));
      }
    }
    expect(least).toBeGreaterThan(7);
  });

  it("lie at the same places whenever they are laid out", () => {
    const sizes = [900, 700];
    const values = Float32Array.from({ length: 1600 }, () => random());
    const places = () => drawnOf(sizes, (i) => values[i]).layout.positions;
    expect(places()).toEqual(places());
  });

  it("keep their order when there are 100,000", () => {
    const sizes = Array.from({ length: 128 }, () => 800);
    const drawn = drawnOf(sizes, () => 100 + 20 * normal());
    expect(inversions(drawn, readBack(drawn, drawn.layout.positions))).toBe(0);
  });
});

describe("pictures", () => {
  const withPictures = (sizes: readonly number[], distanceOf: (i: number) => number, k: number) => {
    const drawn = drawnOf(sizes, distanceOf);
    const { order, set, layout, sectors, circle } = drawn;
    const places = [...order.subarray(0, k)];
    const found = places.map((point, i) => ({ point, place: i + 1, isMissed: false }));
    return { ...drawn, places, ...placePictures(found, set, layout, sectors, circle) };
  };

  it("stand at their exact radius, in their sector, inside the circle of the k-th result", () => {
    const drawn = withPictures([70, 60, 50, 40], (i) => 10 + ((i * 31) % 97) / 10, 12);
    const { positions, places, set, scale, sectors, circle, marks } = drawn;
    const radii = readBack(drawn, positions);
    const worst = scale.radius(set.distances[places[11]]);
    for (const { point } of marks) {
      expect(Math.abs(radii[point] - scale.radius(set.distances[point]))).toBeLessThan(0.01);
      expect(radii[point]).toBeLessThanOrEqual(worst + 0.01);
      const angle = angleOf(positions[2 * point] - circle.x, positions[2 * point + 1] - circle.y);
      const i = set.ranks[point] - 1;
      expect(angle).toBeGreaterThanOrEqual(sectors.from[i] - 1e-9);
      expect(angle).toBeLessThanOrEqual(sectors.to[i] + 1e-9);
    }
    expect(inversions(drawn, radii)).toBe(0);
    expect(marks.map(({ place }) => place)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  it("cover no more of each other than a corner", () => {
    const { marks, positions } = withPictures([70, 60, 50, 40], (i) => 10 + ((i * 31) % 97) / 10, 20);
    const pictures = marks.filter(({ side }) => side > 0);
    expect(pictures.length).toBeGreaterThan(12);
    for (const one of pictures) {
      for (const other of pictures) {
        if (one === other) continue;
        const dx = Math.abs(positions[2 * one.point] - positions[2 * other.point]);
        const dy = Math.abs(positions[2 * one.point + 1] - positions[2 * other.point + 1]);
        const reach = (one.side + other.side) / 2 - 0.23 * Math.min(one.side, other.side);
        expect(dx >= reach || dy >= reach).toBe(true);
      }
    }
  });

  it("give way to dots where a narrow sector has no room for all, the best stay", () => {
    const sizes = Array.from({ length: 128 }, () => 20);
    const { marks } = withPictures(sizes, (i) => (i < 20 ? 1 + i / 1000 : 3 + i / 1000), 15);
    expect(marks[0].side).toBeGreaterThan(0);
    expect(marks.filter(({ side }) => side === 0).length).toBeGreaterThan(3);
  });

  it("are as large where a sector is roomy as others are small where it is not", () => {
    const sizes = [40, 5, 40];
    const { marks, set } = withPictures(sizes, (i) => (i >= 40 && i < 45 ? 1 : 2 + i / 100) + i / 1e4, 8);
    const sides = (rank: number) =>
      marks.filter(({ point }) => set.ranks[point] === rank).map(({ side }) => side);
    expect(Math.max(...sides(1))).toBeGreaterThan(Math.max(...sides(2)));
  });

  it("of results are never larger than those of missed neighbours, whatever room these have", () => {
    const { set, layout, sectors, circle } = drawnOf([40, 5, 40], (i) =>
      i >= 40 && i < 45 ? 1 + i / 1e4 : 2 + i / 100,
    );
    const found = [0, 50, 40, 41, 42, 43, 44].map((point, i) => ({
      point,
      place: i + 1,
      isMissed: set.ranks[point] === 2,
    }));
    const { marks } = placePictures(found, set, layout, sectors, circle);
    const sides = (isMissed: boolean) =>
      marks.filter((mark) => mark.isMissed === isMissed).map(({ side }) => side);
    expect(Math.min(...sides(true).filter((side) => side > 0))).toBeGreaterThanOrEqual(
      Math.max(...sides(false)),
    );
    expect(Math.min(...sides(false))).toBeGreaterThan(0);
  });

  it("are dots above forty, and none where there are no results", () => {
    expect(withPictures([200], (i) => i, MOST_PICTURES + 1).marks.every(({ side }) => side === 0)).toBe(true);
    expect(withPictures([200], (i) => i, 0).marks).toEqual([]);
  });

  it("keep what they are", () => {
    const { set, layout, sectors, circle } = drawnOf([30], (i) => i + 1);
    const found = [
      { point: 0, place: 1, isMissed: false },
      { point: 2, place: 3, isMissed: true },
    ];
    const { marks } = placePictures(found, set, layout, sectors, circle);
    expect(marks.map(({ point, place, isMissed }) => ({ point, place, isMissed }))).toEqual(found);
  });
});

describe("results among candidates", () => {
  const summary = summaryOf([3, 4, 0, 5]);
  const search = new Search(coarseOf(summary), summary.sizes);
  search.add(candidatesOf(summary, 1, 4));

  const result = (id: bigint, clusterRank = 2) => ({
    id,
    distance: 0,
    clusterRank,
    cluster: clusterRank - 1,
  });
  const rankedOf = (set: CandidateSet, missed: readonly Missed[] = [], probe = nearest(2)) =>
    rankCandidates(set, nearestFirst(set.distances, false), probe, missed, search, false);

  it("are found in their order, without those that are not here yet", () => {
    const ranked = rankedOf(setOf([3, 4], (i) => 7 - i));
    expect(foundAmong([result(6n), result(99n), result(5n)], ranked, nearest(2))).toEqual([
      { point: 6, place: 1, isMissed: false, isOfAll: false },
      { point: 5, place: 3, isMissed: false, isOfAll: false },
    ]);
  });

  it("of rows that share an id are each found, in one cluster or in several", () => {
    const set = setOf([3, 4], (i) => 7 - i);
    set.ids.set([8n, 5n, 8n, 8n, 5n, 6n, 7n]);
    const found = foundAmong([result(8n, 1), result(8n, 2), result(8n, 1)], rankedOf(set), nearest(2));
    expect(found.map(({ point, place }) => [point, place])).toEqual([
      [0, 1],
      [3, 2],
      [2, 3],
    ]);
  });

  it("and missed rows beyond the probed clusters are told apart, each once", () => {
    const missed = [
      missedOf({ ...result(70n, 9), distance: 0.5, place: 1 }),
      missedOf({ ...result(71n, 7), distance: 3.5, place: 4 }),
    ];
    const ranked = rankedOf(
      setOf([3, 4], (i) => 7 - i),
      missed,
    );
    const { set } = ranked;
    expect([set.count, ...set.starts]).toEqual([9, 0, 3, 7, 9]);
    expect([...set.ids.slice(7)]).toEqual([70n, 71n]);
    expect([...set.ranks.slice(7)]).toEqual([9, 7]);
    expect([...set.places.slice(7)]).toEqual([3, 3]);
    expect(ranked.domain?.best).toBe(0.5);
    expect(foundAmong([result(6n), result(6n)], ranked, nearest(2))).toEqual([
      { point: 6, place: 1, isMissed: false, isOfAll: false },
      { point: 7, place: 1, isMissed: true, isOfAll: true },
      { point: 8, place: 4, isMissed: true, isOfAll: true },
    ]);
  });

  it("and a neighbour lost to the code stand in its own cluster's sector, at the distance by its code", () => {
    const lost = missedOf({ ...result(5n, 2), distance: 0.25, place: 2, lostTo: "code", codeDistance: 2 });
    const ranked = rankedOf(
      setOf([3, 4], (i) => 7 - i),
      [lost],
    );
    expect(ranked).toMatchObject({ beyond: [], within: [lost] });
    expect(ranked.set.count).toBe(7);
    const [mark] = foundAmong([], ranked, nearest(2));
    expect(mark).toEqual({ point: 5, place: 2, isMissed: true, isOfAll: true });
    expect([ranked.set.places[mark.point], ranked.set.distances[mark.point]]).toEqual([2, 2]);
  });

  it("and a neighbour in a cluster that is not probed lie as far as its code, and nowhere where that is unknown", () => {
    const known = missedOf({ ...result(8n, 4), distance: 0.25, place: 1, codeDistance: 31 });
    const unknown = missedOf({ ...result(99n, 4), distance: 0.5, place: 2, codeDistance: null });
    const { set, beyond } = rankedOf(
      setOf([3, 4], (i) => 7 - i),
      [known, unknown],
    );
    expect(beyond.map(({ distance }) => distance)).toEqual([31]);
    expect([...set.distances.slice(7)]).toEqual([31]);
  });

  it("stand with what was missed in order of distance, in a sector of its own", () => {
    const missed = Array.from({ length: 5 }, (_, i) =>
      missedOf({
        ...result(BigInt(1000 + i)),
        distance: 1 + i / 3,
        clusterRank: 30 + i,
        place: i + 1,
      }),
    );
    const set = withOthers(
      setOf([40, 30], (i) => 2 + i / 10),
      missed,
    );
    const order = nearestFirst(set.distances, false);
    const circle = circleIn(SIZE);
    const sectors = sectorsOf([40, 30], true);
    const scale = radialScale(domainOf(set.distances, order, false), roomIn(circle));
    const drawn = {
      set,
      order,
      circle,
      scale,
      sectors,
      layout: layoutDistances(set, order, scale, sectors, circle, SIZE),
    };
    expect(inversions(drawn, readBack(drawn, drawn.layout.positions))).toBe(0);
    expect(sectors.count).toBe(3);
    for (let i = 70; i < 75; i++) {
      const { positions } = drawn.layout;
      expect(sectorAt(sectors, angleOf(positions[2 * i] - circle.x, positions[2 * i + 1] - circle.y))).toBe(
        3,
      );
    }
  });

  it("have no scale without candidates", () => {
    expect(rankedOf(setOf([0, 0], () => 0)).domain).toBeNull();
  });

  it("are all of few, and of many an even sample with all that was found", () => {
    const few = setOf([SAMPLE, SAMPLE - 1], (i) => i);
    const nothing = sampleOf(few, []);
    expect(nothing.set).toBe(few);
    const sizes = [100_000, 3, 0, 150_001];
    const many = setOf(sizes, (i) => (i * 7919) % 250_004);
    const found = [5, 100_001, 250_003, 8].map((point, i) => ({ point, place: i + 1, isMissed: i === 2 }));
    const { set, found: kept } = sampleOf(many, found);
    expect(set.count).toBeGreaterThanOrEqual(SAMPLE);
    expect(set.count).toBeLessThan(2 * SAMPLE + found.length);
    expect([...set.ids].every((id, i) => set.distances[i] === many.distances[Number(id)])).toBe(true);
    expect([...set.ids].every((id, i) => set.ranks[i] === many.ranks[Number(id)])).toBe(true);
    expect(new Set(set.ids).size).toBe(set.count);
    expect(kept.map(({ point }) => set.ids[point])).toEqual([5n, 100_001n, 250_003n, 8n]);
    expect(kept.map(({ place, isMissed }) => [place, isMissed])).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, false],
    ]);
    sizes.forEach((size, i) => {
      const of = set.ids.slice(set.starts[i], set.starts[i + 1]);
      expect(Math.abs(of.length - size / 8)).toBeLessThan(4);
      expect([...of].every((id) => many.ranks[Number(id)] === i + 1)).toBe(true);
    });
    expect(set.starts[sizes.length]).toBe(set.count);
  });

  it("lie in a sample exactly as far from the query as among all", () => {
    const { set, order, circle, scale, sectors } = drawnOf([90_000, 40_000], (i) => 20 + 3 * Math.sin(i));
    const sample = sampleOf(set, []).set;
    expect(sample.count).toBeLessThan(set.count);
    const { radii } = layoutDistances(sample, order, scale, sectors, circle, SIZE);
    expect([...radii]).toEqual([...sample.distances].map((distance) => scale.radius(distance)));
  });

  it("are drawn of the clusters probed so far", () => {
    const set = setOf([3, 0, 4], (i) => i);
    expect([0, 1, 2, 3, 9].map((probed) => firstClusters(set, probed).count)).toEqual([0, 3, 3, 7, 7]);
  });
});

describe("centroids", () => {
  const searchOf = (n: number) => {
    const next = randomOf(n);
    const summary = summaryOf(Array.from({ length: n }, () => Math.floor(90 * next())));
    const distances = Float32Array.from({ length: n }, () => 5 + 20 * next()).sort();
    return new Search(coarseOf(summary, { distances }), summary.sizes);
  };
  const layoutOf = (n: number) => layoutCentroids(searchOf(n), false, circleIn(SIZE));

  it.each([1, 2, 100, 3000])("of %i clusters lie at their distances, in order", (n) => {
    const search = searchOf(n);
    const { positions, radii, circle, scale } = layoutOf(n);
    for (let i = 0; i < n; i++) {
      const radius = Math.hypot(positions[2 * i] - circle.x, positions[2 * i + 1] - circle.y);
      expect(Math.abs(radius - scale.radius(search.distances[i]))).toBeLessThan(0.01);
      if (i > 0) expect(radii[i]).toBeGreaterThanOrEqual(radii[i - 1]);
    }
  });

  it("have areas in proportion to the clusters' sizes", () => {
    const search = searchOf(100);
    const { discs } = layoutCentroids(search, false, circleIn(SIZE));
    const unit = discs[0] ** 2 / search.sizeAt(1);
    for (let i = 0; i < 100; i++) {
      if (search.sizeAt(i + 1) < 10) continue;
      expect(discs[i] ** 2 / search.sizeAt(i + 1)).toBeCloseTo(unit, 3);
    }
  });

  it("lie inside the circle of nprobe when they are probed, and outside when not", () => {
    const layout = layoutOf(100);
    for (const nprobe of [1, 2, 8, 50, 99, 100]) {
      const radius = nprobeRadius(layout, nprobe);
      expect(layout.radii.filter((one) => one <= radius)).toHaveLength(nprobe);
      expect(nprobeAt(layout, radius)).toBe(nprobe);
    }
  });

  it("are at least one inside the circle however small it is drawn, and at most all", () => {
    const layout = layoutOf(20);
    expect(nprobeAt(layout, 0)).toBe(1);
    expect(nprobeAt(layout, 1e6)).toBe(20);
  });
});

describe("labels", () => {
  it("outside a circle touch it nowhere, and stay in the picture", () => {
    for (let angle = 0; angle < 2 * Math.PI; angle += 0.1) {
      const box = boxOutside(300, 200, 150, angle, 60, 16, 600);
      const dx = Math.max(box.left - 300, 300 - box.right, 0);
      const dy = Math.max(box.top - 200, 200 - box.bottom, 0);
      expect(Math.hypot(dx, dy)).toBeGreaterThan(149.9);
    }
    expect(boxOutside(100, 200, 90, Math.PI / 2, 60, 16, 200).right).toBeLessThanOrEqual(200);
  });
});
