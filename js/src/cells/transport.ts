import { type Diagram, powerDiagram } from "./power";
import type { Sites, SiteTree } from "./sitetree";

/** Sites and their power diagram. */
export interface Drawn {
  readonly sites: Sites;
  readonly diagram: Diagram;
  /** How many diagrams were drawn to get here. */
  readonly drawings: number;
}

/** Areas to be found. */
export interface Goal {
  readonly wanted: Float64Array;
  /** How far each area may be off. */
  readonly allowed: Float64Array;
  /** Share of the residual that the linear solver may leave in each step. */
  readonly precision: number;
  /** Newton steps after which it is given up, */
  readonly steps: number;
  /** and the shortest one, of the whole, that is tried. */
  readonly shortest: number;
}

/** Additions and multiplications of the linear solver between two yields: a few milliseconds. */
const WORK_PER_SLICE = 500_000;

/**
 * Find weights that give every cell the area that is wanted, from weights that give every site a cell.
 *
 * This is semi-discrete optimal transport, solved by damped Newton steps: no step may shrink a cell below half of
 * the smallest area there was or is to be (Kitagawa, Mérigot & Thibert 2019, "Convergence of a Newton algorithm for
 * semi-discrete optimal transport"). Returns null where that does not arrive.
 */
export function* fitAreas(
  start: Drawn,
  tree: SiteTree,
  { wanted, allowed, precision, steps, shortest }: Goal,
  width: number,
): Generator<void, Drawn | null> {
  const least = 0.5 * Math.min(wanted.reduce(minimum), start.diagram.area.reduce(minimum));
  if (!(least > 0)) return null;
  let drawn = start;
  let error = norm(start.diagram.area, wanted);
  for (let step = 0; ; step++) {
    if (arrived(drawn.diagram.area)) return drawn;
    if (step === steps) return null;
    const direction = yield* newtonStep(drawn, wanted, precision);
    const next = yield* advance(drawn, direction, error);
    if (next === null) return null;
    drawn = next;
    error = norm(drawn.diagram.area, wanted);
  }

  function arrived(area: Float64Array): boolean {
    return area.every((value, i) => Math.abs(value - wanted[i]) <= allowed[i]);
  }

  /** The longest of the steps 1, 1/2, 1/4 … that keeps all cells and brings the areas closer. */
  function* advance(from: Drawn, direction: Float64Array, before: number): Generator<void, Drawn | null> {
    let { drawings } = from;
    for (let length = 1; length >= shortest; length /= 2) {
      const weight = from.sites.weight.map((value, i) => value + length * direction[i]);
      const trial = { x: from.sites.x, y: from.sites.y, weight };
      const next = yield* powerDiagram(trial, tree, width, from.diagram, least);
      if (next === null) continue;
      drawings++;
      if (norm(next.area, wanted) <= (1 - length / 2) * before) {
        return { sites: trial, diagram: next, drawings };
      }
    }
    return null;
  }
}

/**
 * The change of weights that would mend all areas if the edges only shifted.
 *
 * An edge of length l between sites d apart shifts by δweight / 2d, so the matrix is a graph's Laplacian. Conjugate
 * gradients with its diagonal as the preconditioner, until the residual is `precision` of what it was.
 */
function* newtonStep(
  { sites, diagram }: Drawn,
  wanted: Float64Array,
  precision: number,
): Generator<void, Float64Array> {
  const n = wanted.length;
  const { start, other, flow, diagonal } = laplacian(sites, diagram);
  yield;
  const step = new Float64Array(n);
  const rest = wanted.map((value, i) => value - diagram.area[i]);
  const search = rest.map((value, i) => value / diagonal[i]);
  const image = new Float64Array(n);
  let product = 0;
  for (let i = 0; i < n; i++) product += rest[i] * search[i];
  const enough = product * precision * precision;
  let work = 0;
  for (let round = 0; round < 4 * n && product > enough; round++) {
    let curvature = 0;
    for (let i = 0; i < n; i++) {
      let sum = diagonal[i] * search[i];
      for (let k = start[i]; k < start[i + 1]; k++) sum -= flow[k] * search[other[k]];
      image[i] = sum;
      curvature += sum * search[i];
    }
    if (!(curvature > 0)) break;
    const length = product / curvature;
    let next = 0;
    for (let i = 0; i < n; i++) {
      step[i] += length * search[i];
      rest[i] -= length * image[i];
      next += (rest[i] * rest[i]) / diagonal[i];
    }
    const keep = next / product;
    for (let i = 0; i < n; i++) search[i] = rest[i] / diagonal[i] + keep * search[i];
    product = next;
    work += 4 * n + start[n];
    if (work > WORK_PER_SLICE) {
      work = 0;
      yield;
    }
  }
  return step;
}

/** How much area flows over each edge between two cells per difference of weights. */
function laplacian(sites: Sites, { start, corners, beyond }: Diagram) {
  const n = sites.x.length;
  const rowStart = new Uint32Array(n + 1);
  const other = new Int32Array(start[n]);
  const flow = new Float64Array(start[n]);
  const diagonal = new Float64Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    for (let k = start[i], j = start[i + 1] - 1; k < start[i + 1]; j = k++) {
      if (beyond[k] < 0) continue;
      const ex = corners[2 * k] - corners[2 * j];
      const ey = corners[2 * k + 1] - corners[2 * j + 1];
      const dx = sites.x[beyond[k]] - sites.x[i];
      const dy = sites.y[beyond[k]] - sites.y[i];
      other[count] = beyond[k];
      flow[count] = Math.sqrt((ex * ex + ey * ey) / (dx * dx + dy * dy)) / 2;
      diagonal[i] += flow[count++];
    }
    rowStart[i + 1] = count;
  }
  return { start: rowStart, other, flow, diagonal };
}

const minimum = (a: number, b: number) => (a < b ? a : b);

function norm(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
