import { centre, powerDiagram } from "./power";
import { type Places, SiteTree } from "./sitetree";
import { type Drawn, fitAreas, type Goal } from "./transport";

/** Moves of the sites to the centres: more make rounder cells, and stray farther from where the sites began. */
const ROUNDS = 6;
/** Areas between two moves need only be right enough for the centres to be; a tiny cell must not wither, though. */
const ROUGHLY = { off: 0.5, precision: 1e-2 };
/** A rougher step does not always arrive where tiny cells lie beside giant ones. */
const CLOSELY = { off: 1e-6, precision: 1e-3 };
const PATIENCE = { steps: 60, shortest: 1 / 256 };
/** Times that a move is halved before it is given up. */
const ATTEMPTS = 8;
/** Share of its area that a move must leave to every cell. */
const LEAST_LEFT = 0.1;
/** How far an edge may shift in one move, in square roots of the area of the smaller cell at it. */
const STRIDE = 0.5;
/** Cells drawn, over and over, after which the sites stay where they are: about a second. */
const MOST_DRAWN = 200_000;
const CELLS_PER_SLICE = 2048;

/**
 * Round cells of given areas: a power diagram whose sites are about the centres of their cells.
 *
 * The areas are fitted roughly, the sites move to the centres (Lloyd's algorithm), and so on; in the end the areas
 * are fitted to 1e-6 of each. Returns null where they cannot be.
 *
 * @param places  of sites, distinct, inside the rectangle [0, width] × [0, 1]
 * @param wanted  areas, above 0, that add up to the rectangle's
 */
export function* roundCells(
  places: Places,
  wanted: Float64Array,
  width: number,
): Generator<void, Drawn | null> {
  const n = wanted.length;
  const sites = { ...places, weight: new Float64Array(n) };
  const within = ({ off, precision }: typeof ROUGHLY): Goal => ({
    wanted,
    allowed: wanted.map((area) => off * area),
    precision,
    ...PATIENCE,
  });
  const roughly = within(ROUGHLY);
  yield;
  const tree = yield* SiteTree.of(sites);
  yield;
  let drawn: Drawn = { sites, diagram: yield* powerDiagram(sites, tree, width), drawings: 1 };
  let fitted = yield* fitAreas(drawn, tree, roughly, width);
  for (let round = 0; round < ROUNDS && fitted !== null; round++) {
    drawn = fitted;
    if (drawn.drawings * n > MOST_DRAWN) break;
    const moved = yield* recentre(drawn, tree, width);
    fitted = yield* fitAreas(moved, tree, roughly, width);
  }
  return yield* fitAreas(fitted ?? drawn, tree, within(CLOSELY), width);
}

/** Move the sites towards the centres of their cells, only so far that all of them keep a cell. */
function* recentre(drawn: Drawn, tree: SiteTree, width: number): Generator<void, Drawn> {
  const { sites, diagram } = drawn;
  const n = sites.x.length;
  const dx = new Float64Array(n);
  const dy = new Float64Array(n);
  const share = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const { x, y } = centre(diagram, i);
    dx[i] = x;
    dy[i] = y;
    share[i] = Math.min(1, leeway(drawn, i, x, y) / distance(x, y));
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const x = sites.x.map((value, i) => value + share[i] * dx[i]);
    const y = sites.y.map((value, i) => value + share[i] * dy[i]);
    // A cell keeps its pull, |p - site|² - weight, at its centre.
    const weight = sites.weight.map(
      (value, i) => value - share[i] * (2 - share[i]) * (dx[i] ** 2 + dy[i] ** 2),
    );
    const trial = { x, y, weight };
    const next = yield* powerDiagram(trial, tree, width, diagram);
    const crushed = new Set<number>();
    for (let i = 0; i < n; i++) if (next.area[i] < LEAST_LEFT * diagram.area[i]) crushed.add(i);
    if (crushed.size === 0) return { sites: trial, diagram: next, drawings: drawn.drawings + attempt + 1 };
    for (let i = 0; i < n; i++) share[i] *= crushed.has(i) ? LEAST_LEFT : 0.5;
  }
  return { ...drawn, drawings: drawn.drawings + ATTEMPTS };
}

/**
 * How far a site may move to (cx, cy).
 *
 * The edge to a site at distance d turns with the move, and shifts by (distance from the centre / d) of it.
 */
function leeway({ sites, diagram }: Drawn, i: number, cx: number, cy: number): number {
  const { start, corners, beyond, area } = diagram;
  let least = Number.POSITIVE_INFINITY;
  for (let k = start[i], before = start[i + 1] - 1; k < start[i + 1]; before = k++) {
    const j = beyond[k];
    if (j < 0) continue;
    const apart = distance(sites.x[j] - sites.x[i], sites.y[j] - sites.y[i]);
    const mx = (corners[2 * k] + corners[2 * before]) / 2;
    const my = (corners[2 * k + 1] + corners[2 * before + 1]) / 2;
    const room = STRIDE * Math.sqrt(Math.min(area[i], area[j]));
    least = Math.min(least, (room * apart) / distance(mx - cx, my - cy));
  }
  return least;
}

/** Much faster than `Math.hypot`, and nothing here overflows. */
const distance = (x: number, y: number) => Math.sqrt(x * x + y * y);
