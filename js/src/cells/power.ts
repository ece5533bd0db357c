import type { Sites, SiteTree } from "./sitetree";

/** Cells in flat arrays: cell i has the corners `start[i]` to `start[i + 1]`, counter-clockwise. */
export interface Diagram {
  readonly start: Uint32Array;
  /** Corners, x y x y …, relative to the cell's own site: a small cell keeps its digits. */
  readonly corners: Float64Array;
  /** The site beyond the edge that ends at each corner; negative for the rectangle. */
  readonly beyond: Int32Array;
  readonly area: Float64Array;
}

const CELLS_PER_SLICE = 128;
const ROOM_FOR_CORNERS = 64;

/**
 * The power diagram of sites in the rectangle [0, width] × [0, 1]: a Voronoi diagram in which a site with a greater
 * weight gets a greater cell. Cell i holds the points where |p - site i|² - weight i is least.
 *
 * Exact: a cell is cut by every site that can reach it (Aurenhammer 1987, "Power diagrams: properties, algorithms
 * and applications"). A diagram of similar sites as a guess makes it quick, whatever is in it.
 *
 * @param tree  a tree of as many sites; it takes these
 * @param least  null is returned as soon as a cell is smaller than this
 */
export function powerDiagram(
  sites: Sites,
  tree: SiteTree,
  width: number,
  guess?: Diagram,
): Generator<void, Diagram>;
export function powerDiagram(
  sites: Sites,
  tree: SiteTree,
  width: number,
  guess: Diagram,
  least: number,
): Generator<void, Diagram | null>;
export function* powerDiagram(
  sites: Sites,
  tree: SiteTree,
  width: number,
  guess?: Diagram,
  least = 0,
): Generator<void, Diagram | null> {
  const { x, y, weight } = sites;
  const n = x.length;
  tree.update(sites);
  yield;
  const start = new Uint32Array(n + 1);
  const area = new Float64Array(n);
  let corners = new Float64Array(16 * n);
  let beyond = new Int32Array(8 * n);
  const cell = new CellClipper();
  const done = new Int32Array(n).fill(-1);

  for (let i = 0; i < n; i++) {
    cell.reset(-x[i], -y[i], width - x[i], 1 - y[i]);
    if (guess) {
      for (let e = guess.start[i]; e < guess.start[i + 1]; e++) {
        const j = guess.beyond[e];
        if (j < 0 || done[j] === i) continue;
        done[j] = i;
        cell.cut(x[j] - x[i], y[j] - y[i], weight[i] - weight[j], j);
      }
    }
    tree.carve(i, cell, done);
    const end = start[i] + cell.count;
    start[i + 1] = end;
    if (end > beyond.length) {
      corners = grown(corners, new Float64Array(4 * end));
      beyond = grown(beyond, new Int32Array(2 * end));
    }
    corners.set(cell.corners.subarray(0, 2 * cell.count), 2 * start[i]);
    beyond.set(cell.beyond.subarray(0, cell.count), start[i]);
    area[i] = cell.area();
    if (area[i] < least) return null;
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  return { start, corners, beyond, area };
}

/** The centre of area of a cell, relative to its site. */
export function centre({ start, corners }: Diagram, cell: number) {
  let twice = 0;
  let sx = 0;
  let sy = 0;
  for (let k = start[cell], j = start[cell + 1] - 1; k < start[cell + 1]; j = k++) {
    const cross = corners[2 * j] * corners[2 * k + 1] - corners[2 * k] * corners[2 * j + 1];
    twice += cross;
    sx += cross * (corners[2 * j] + corners[2 * k]);
    sy += cross * (corners[2 * j + 1] + corners[2 * k + 1]);
  }
  return { x: sx / (3 * twice), y: sy / (3 * twice) };
}

function grown<T extends Float64Array | Int32Array>(old: T, roomy: T): T {
  roomy.set(old);
  return roomy;
}

/** A convex polygon around the origin being cut down to a cell, with the site beyond each edge. */
class CellClipper {
  corners = new Float64Array(2 * ROOM_FOR_CORNERS);
  beyond = new Int32Array(ROOM_FOR_CORNERS);
  count = 0;
  /** Squared distance of the farthest corner from the site. */
  reach = 0;
  left = 0;
  bottom = 0;
  right = 0;
  top = 0;
  #corners = new Float64Array(2 * ROOM_FOR_CORNERS);
  #beyond = new Int32Array(ROOM_FOR_CORNERS);

  reset(left: number, bottom: number, right: number, top: number): void {
    this.corners.set([left, bottom, right, bottom, right, top, left, top]);
    this.beyond.set([-1, -2, -3, -4]);
    this.count = 4;
    this.#measure();
  }

  /** Keep what is nearer, less `lead`, to the origin than to the site at (dx, dy). */
  cut(dx: number, dy: number, lead: number, site: number): void {
    const squared = dx * dx + dy * dy;
    const limit = (squared + lead) / 2;
    if (limit > 0 && limit * limit >= this.reach * squared) return;
    const { corners, beyond, count } = this;
    if (count === 0) return;
    // A line adds one corner to a convex polygon; rounding can add no more than one per corner.
    if (2 * count > this.#beyond.length) {
      this.#corners = new Float64Array(8 * count);
      this.#beyond = new Int32Array(4 * count);
    }
    const out = this.#corners;
    const outBeyond = this.#beyond;
    let kept = 0;
    let ax = corners[2 * count - 2];
    let ay = corners[2 * count - 1];
    let a = limit - (ax * dx + ay * dy);
    let isCut = false;
    for (let k = 0; k < count; k++) {
      const bx = corners[2 * k];
      const by = corners[2 * k + 1];
      const b = limit - (bx * dx + by * dy);
      if ((a < 0 && b > 0) || (a > 0 && b < 0)) {
        const t = a / (a - b);
        out[2 * kept] = ax + (bx - ax) * t;
        out[2 * kept + 1] = ay + (by - ay) * t;
        // Leaving: the edge so far ends here. Coming back: the new edge ends here.
        outBeyond[kept++] = a > 0 ? beyond[k] : site;
        isCut = true;
      }
      if (b >= 0) {
        out[2 * kept] = bx;
        out[2 * kept + 1] = by;
        outBeyond[kept++] = a < 0 && b === 0 ? site : beyond[k];
      } else {
        isCut = true;
      }
      ax = bx;
      ay = by;
      a = b;
    }
    if (!isCut) return;
    this.count = kept < 3 ? 0 : kept;
    this.#corners = corners;
    this.#beyond = beyond;
    this.corners = out;
    this.beyond = outBeyond;
    this.#measure();
  }

  area(): number {
    const { corners, count } = this;
    let twice = 0;
    for (let k = 0, j = count - 1; k < count; j = k++) {
      twice += corners[2 * j] * corners[2 * k + 1] - corners[2 * k] * corners[2 * j + 1];
    }
    return Math.max(0, twice / 2);
  }

  #measure(): void {
    const { corners, count } = this;
    let reach = 0;
    let left = Number.POSITIVE_INFINITY;
    let bottom = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      const x = corners[2 * k];
      const y = corners[2 * k + 1];
      const squared = x * x + y * y;
      if (squared > reach) reach = squared;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < bottom) bottom = y;
      if (y > top) top = y;
    }
    this.reach = reach;
    this.left = left;
    this.bottom = bottom;
    this.right = right;
    this.top = top;
  }
}
