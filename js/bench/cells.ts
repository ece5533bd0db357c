/** The map's cells, made of layouts as uneven as real ones: time, worst slice, error of the areas, order kept. */
import { type CellMap, partition } from "../src/cells/cells";
import { area } from "../src/cells/polygon";

const ASPECT = 1.4;
const NEAREST = 10;
const ASKED = 500;
const RUNS = [
  [1024, 5],
  [4096, 3],
  [16_384, 2],
] as const;

interface Layout {
  readonly positions: Float32Array;
  readonly sizes: number[];
}

/** Numbers in [0, 1), the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Overlapping lumps, each denser in its middle, and sizes that are seldom large. */
function layout(n: number): Layout {
  const next = random(n);
  const lumps = Array.from({ length: 24 }, () => ({ x: next(), y: next(), radius: 0.05 + 0.25 * next() }));
  const positions = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const { x, y, radius } = lumps[Math.floor(next() * lumps.length)];
    const angle = 2 * Math.PI * next();
    const away = radius * next();
    positions[2 * i] = x + away * Math.cos(angle);
    positions[2 * i + 1] = y + away * Math.sin(angle);
  }
  return { positions, sizes: Array.from({ length: n }, () => 1 + Math.floor(200 * next() * next())) };
}

function timed({ positions, sizes }: Layout) {
  const work = partition(positions, sizes, ASPECT);
  const slices: number[] = [];
  for (;;) {
    const begun = performance.now();
    const { done, value } = work.next();
    slices.push(performance.now() - begun);
    if (done) return { map: value, slices };
  }
}

/** The greatest difference of an area from the cluster's share, as a part of it. */
function worstArea(map: CellMap, sizes: readonly number[]): number {
  const total = sizes.reduce((a, b) => a + b, 0);
  const errors = sizes.map((size, i) => {
    // About the centre: the corners are in single precision.
    const corners = Array.from(
      map.points.subarray(2 * map.offsets[i], 2 * map.offsets[i + 1]),
      (value, k) => value - map.centres[2 * i + (k % 2)],
    );
    return Math.abs(((area(corners) / ASPECT) * total) / size - 1);
  });
  return Math.max(...errors);
}

/** The share of the nearest positions that are also among the nearest cells. */
function kept(positions: Float32Array, centres: Float32Array): number {
  const n = positions.length / 2;
  const near = (places: Float32Array, i: number) => {
    const far = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      far[j] = (places[2 * j] - places[2 * i]) ** 2 + (places[2 * j + 1] - places[2 * i + 1]) ** 2;
    }
    const order = Uint32Array.from(far.keys()).sort((a, b) => far[a] - far[b]);
    return Array.from(order.subarray(1, 1 + NEAREST));
  };
  let shared = 0;
  for (let k = 0; k < ASKED; k++) {
    const i = Math.floor((k * n) / ASKED);
    const wanted = new Set(near(positions, i));
    shared += near(centres, i).filter((j) => wanted.has(j)).length;
  }
  return shared / (ASKED * NEAREST);
}

for (const [n, times] of RUNS) {
  const given = layout(n);
  const runs = Array.from({ length: times }, () => timed(given));
  const best = Math.min(...runs.map(({ slices }) => slices.reduce((a, b) => a + b, 0)));
  // The same slice is slow in every run only if it is the work, not the machine.
  const worst = Math.max(...runs[0].slices.map((_, k) => Math.min(...runs.map(({ slices }) => slices[k]))));
  const { map } = runs[0];
  console.log(
    `${n.toLocaleString("en").padStart(6)} cells ${best.toFixed(0).padStart(6)} ms`,
    `  worst slice ${worst.toFixed(1).padStart(4)} ms`,
    `  area off by ${worstArea(map, given.sizes).toExponential(0)} at most`,
    `  ${(100 * kept(given.positions, map.centres)).toFixed(0)} % of the layout's ten nearest kept`,
  );
}
