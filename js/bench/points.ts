/** Candidates around the query: time to order, lay out and splat them, and to find the one under the pointer. */
import type { CandidateSet } from "../src/candidates";
import { nearestFirst } from "../src/order";
import { circleIn, layoutDistances, roomIn } from "../src/views/distances/layout";
import { domainOf, radialScale } from "../src/views/distances/scale";
import { sectorsOf } from "../src/views/distances/sectors";
import { PointGrid } from "../src/views/points/grid";
import { dotOpacity, dotRadius } from "../src/views/points/points";
import { splat, stamp } from "../src/views/points/splat";

const SIZE = { width: 860, height: 560, ratio: 2 };
const CLUSTERS = 128;
const RUNS = 15;
const HOVERS = 2000;

/** Numbers in [0, 1), the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function candidates(count: number): CandidateSet {
  const next = random(count);
  const each = count / CLUSTERS;
  const ranks = Uint32Array.from({ length: count }, (_, i) => 1 + Math.floor(i / each));
  return {
    count,
    ids: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    distances: Float32Array.from({ length: count }, () => 10 + next() + next() + next()),
    ranks,
    places: ranks,
    starts: Uint32Array.from({ length: CLUSTERS + 1 }, (_, rank) => Math.ceil(rank * each)),
    whole: true,
  };
}

/** The median of several runs, in milliseconds, and what the last one returned. */
function timed<T>(work: () => T): [string, T] {
  const times: number[] = [];
  let value = work();
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    value = work();
    times.push(performance.now() - begun);
  }
  return [
    `${times
      .sort((a, b) => a - b)
      [RUNS >> 1].toFixed(1)
      .padStart(5)} ms`,
    value,
  ];
}

for (const count of [1000, 10_000, 100_000]) {
  const set = candidates(count);
  const circle = circleIn(SIZE);
  const sectors = sectorsOf(Array.from({ length: CLUSTERS }, () => count / CLUSTERS));
  const [sorting, order] = timed(() => nearestFirst(set.distances, false));
  const [laying, { positions }] = timed(() => {
    const scale = radialScale(domainOf(set.distances, order, false), roomIn(circle));
    return layoutDistances(set, order, scale, sectors, circle, SIZE);
  });
  const pixels = {
    data: new Uint8ClampedArray(4 * SIZE.width * SIZE.height * SIZE.ratio ** 2).fill(255),
    width: SIZE.width * SIZE.ratio,
    height: SIZE.height * SIZE.ratio,
  };
  const dot = stamp(dotRadius(count, SIZE, 1) * SIZE.ratio, dotOpacity(count));
  const [splatting] = timed(() =>
    splat(
      pixels,
      set,
      positions,
      { k: 1, x: 0, y: 0 },
      SIZE.ratio,
      dot,
      () => [51, 110, 180],
      () => true,
    ),
  );
  const [indexing, grid] = timed(() => new PointGrid(positions, count));
  const next = random(7);
  const begun = performance.now();
  for (let i = 0; i < HOVERS; i++) grid.nearest(SIZE.width * next(), SIZE.height * next(), 10);
  const hover = ((performance.now() - begun) / HOVERS) * 1000;
  console.log(
    `${String(count).padStart(7)} candidates: order ${sorting}, layout ${laying}, splat ${splatting}, ` +
      `index ${indexing}, hover ${hover.toFixed(1)} µs`,
  );
}
