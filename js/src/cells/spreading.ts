import { centre, powerDiagram } from "./power";
import { type Places, SiteTree } from "./sitetree";
import { fitAreas } from "./transport";

/** How far an area may be off, in mean areas: the centres need no more, and many layouts are there in a few steps. */
const OFF = 1;
const PRECISION = 1e-2;
/**
 * When to give it up. Layouts that take longer are lumps far apart, or their sizes so unlike that the start hardly
 * matters. In a large map a step takes a third of a second, and a short first one says that there will be many.
 */
const PATIENCE = { steps: 12, shortest: 1 / 256 };
const LARGE = 10_000;
const PATIENCE_IN_LARGE = { steps: 9, shortest: 1 / 16 };
/** How far the sites start from their positions, as a share of the way to their own place: it parts duplicates. */
const PARTING = 0.05;
/** Width of the positions, as a share of their length, below which they are a line: folding it keeps more together. */
const THIN = 1e-3;
const CELLS_PER_SLICE = 2048;

/**
 * Spread sites so that each has about the area that is wanted around it, and neighbours stay neighbours.
 *
 * Optimal transport from the rectangle to the sites: of all ways to deal out the area, the one that takes it the
 * least far. Returns the centres of the sites' parts, or null where it is not found quickly, or is of no use.
 *
 * @param positions  inside the rectangle [0, width] × [0, 1]
 * @param own  a place for each site, distinct, inside the rectangle
 * @param wanted  areas, above 0, that add up to the rectangle's
 */
export function* spread(
  positions: Places,
  own: Places,
  wanted: Float64Array,
  width: number,
): Generator<void, Places | null> {
  if (isThin(positions)) return null;
  const n = wanted.length;
  const places = {
    x: positions.x.map((value, i) => value + PARTING * (own.x[i] - value)),
    y: positions.y.map((value, i) => value + PARTING * (own.y[i] - value)),
  };
  const sites = { ...places, weight: new Float64Array(n) };
  yield;
  const tree = yield* SiteTree.of(sites);
  yield;
  const start = { sites, diagram: yield* powerDiagram(sites, tree, width), drawings: 1 };
  const allowed = new Float64Array(n).fill((OFF * width) / n);
  const goal = { wanted, allowed, precision: PRECISION, ...(n > LARGE ? PATIENCE_IN_LARGE : PATIENCE) };
  const fitted = yield* fitAreas(start, tree, goal, width);
  if (fitted === null) return null;
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const away = centre(fitted.diagram, i);
    x[i] = places.x[i] + away.x;
    y[i] = places.y[i] + away.y;
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  return { x, y };
}

/** Whether all positions lie on a line, or in one place. */
function isThin({ x, y }: Places): boolean {
  const n = x.length;
  const mx = x.reduce((a, b) => a + b, 0) / n;
  const my = y.reduce((a, b) => a + b, 0) / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    xx += (x[i] - mx) ** 2;
    xy += (x[i] - mx) * (y[i] - my);
    yy += (y[i] - my) ** 2;
  }
  // The product of the variances along and across the longest axis, over the square of about the greater one.
  return xx * yy - xy * xy <= THIN ** 2 * (xx + yy) ** 2;
}
