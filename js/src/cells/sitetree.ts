export interface Places {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Sites of a power diagram: |p - site|² - weight is what a point p compares. */
export interface Sites extends Places {
  readonly weight: Float64Array;
}

const LEAF = 4;
/** Sites ordered between two yields: a millisecond or two. */
const WORK_PER_SLICE = 8192;
/** A tree of 2³¹ sites is no deeper than half of this. */
const STACK = 64;

/**
 * Boxes around sites, each with the greatest weight inside, so that whole groups are passed over that are too far
 * or too light to matter.
 *
 * Which sites share a box is settled once. Later sites that are near the first ones are as quick to search.
 */
export class SiteTree {
  readonly #order: Uint32Array;
  /** Node k holds `#order[#from[k] .. #to[k])`; its halves are 2k + 1 and 2k + 2. */
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  readonly #leaves: number;
  readonly #box: Float64Array;
  readonly #heaviest: Float64Array;
  readonly #stack = new Int32Array(STACK);
  #sites: Sites;

  static *of(sites: Sites): Generator<void, SiteTree> {
    const tree = new SiteTree(sites);
    yield* tree.#divide();
    tree.update(sites);
    return tree;
  }

  private constructor(sites: Sites) {
    const n = sites.x.length;
    let leaves = 1;
    while (leaves * LEAF < n) leaves *= 2;
    const nodes = 2 * leaves - 1;
    this.#leaves = leaves;
    this.#order = Uint32Array.from(sites.x.keys());
    this.#from = new Uint32Array(nodes);
    this.#to = new Uint32Array(nodes);
    this.#box = new Float64Array(4 * nodes);
    this.#heaviest = new Float64Array(nodes);
    this.#sites = sites;
    this.#to[0] = n;
  }

  *#divide(): Generator<void, void> {
    let work = 0;
    for (let node = 0; node < this.#leaves - 1; node++) {
      const from = this.#from[node];
      const to = this.#to[node];
      const middle = (from + to) >> 1;
      this.#halve(from, to, middle);
      this.#from[2 * node + 1] = from;
      this.#to[2 * node + 1] = middle;
      this.#from[2 * node + 2] = middle;
      this.#to[2 * node + 2] = to;
      work += to - from;
      if (work > WORK_PER_SLICE) {
        work = 0;
        yield;
      }
    }
  }

  /** Take the sites' new places and weights. */
  update(sites: Sites): void {
    this.#sites = sites;
    const { x, y, weight } = sites;
    const box = this.#box;
    const heaviest = this.#heaviest;
    for (let node = heaviest.length - 1; node >= 0; node--) {
      const b = 4 * node;
      if (node >= this.#leaves - 1) {
        box[b] = box[b + 1] = Number.POSITIVE_INFINITY;
        box[b + 2] = box[b + 3] = heaviest[node] = Number.NEGATIVE_INFINITY;
        for (let k = this.#from[node]; k < this.#to[node]; k++) {
          const i = this.#order[k];
          if (x[i] < box[b]) box[b] = x[i];
          if (y[i] < box[b + 1]) box[b + 1] = y[i];
          if (x[i] > box[b + 2]) box[b + 2] = x[i];
          if (y[i] > box[b + 3]) box[b + 3] = y[i];
          if (weight[i] > heaviest[node]) heaviest[node] = weight[i];
        }
      } else {
        const p = 8 * node + 4;
        const q = p + 4;
        box[b] = Math.min(box[p], box[q]);
        box[b + 1] = Math.min(box[p + 1], box[q + 1]);
        box[b + 2] = Math.max(box[p + 2], box[q + 2]);
        box[b + 3] = Math.max(box[p + 3], box[q + 3]);
        heaviest[node] = Math.max(heaviest[2 * node + 1], heaviest[2 * node + 2]);
      }
    }
  }

  /** Cut a cell around site i, with coordinates relative to it, by all sites that can reach it and are not `done`. */
  carve(i: number, cell: Carved, done: Int32Array): void {
    const { x, y, weight } = this.#sites;
    const box = this.#box;
    let depth = 0;
    this.#stack[depth++] = 0;
    while (depth > 0) {
      const node = this.#stack[--depth];
      // No site in the box can take any corner if it cannot, from its nearest point, take the farthest one.
      const dx = Math.max(0, box[4 * node] - x[i] - cell.right, x[i] + cell.left - box[4 * node + 2]);
      const dy = Math.max(0, box[4 * node + 1] - y[i] - cell.top, y[i] + cell.bottom - box[4 * node + 3]);
      if (dx * dx + dy * dy + weight[i] - this.#heaviest[node] >= cell.reach) continue;
      if (!this.#reaches(node, i, cell)) continue;
      if (node < this.#leaves - 1) {
        depth = this.#descend(node, x[i], y[i], depth);
        continue;
      }
      for (let k = this.#from[node]; k < this.#to[node]; k++) {
        const j = this.#order[k];
        if (j !== i && done[j] !== i) cell.cut(x[j] - x[i], y[j] - y[i], weight[i] - weight[j], j);
      }
    }
  }

  /** Whether a site anywhere in a node's box could take a corner of a cell around site i. */
  #reaches(node: number, i: number, { corners, count }: Carved): boolean {
    const { x, y, weight } = this.#sites;
    const lead = weight[i] - this.#heaviest[node];
    for (let k = 0; k < count; k++) {
      const cx = corners[2 * k];
      const cy = corners[2 * k + 1];
      if (this.#squared(node, x[i] + cx, y[i] + cy) + lead < cx * cx + cy * cy) return true;
    }
    return false;
  }

  /** Put both halves on the stack, the nearer one on top. */
  #descend(node: number, px: number, py: number, depth: number): number {
    const left = 2 * node + 1;
    const isLeftNearer = this.#squared(left, px, py) <= this.#squared(left + 1, px, py);
    this.#stack[depth] = isLeftNearer ? left + 1 : left;
    this.#stack[depth + 1] = isLeftNearer ? left : left + 1;
    return depth + 2;
  }

  /** Squared distance of a point from a node's box. */
  #squared(node: number, px: number, py: number): number {
    const box = this.#box;
    const b = 4 * node;
    const dx = px < box[b] ? box[b] - px : px > box[b + 2] ? px - box[b + 2] : 0;
    const dy = py < box[b + 1] ? box[b + 1] - py : py > box[b + 3] ? py - box[b + 3] : 0;
    return dx * dx + dy * dy;
  }

  /** Order sites so that those before `middle` lie below those from it on, along the longer side of their box. */
  #halve(from: number, to: number, middle: number): void {
    const order = this.#order;
    const along = this.#longerSide(from, to);
    let low = from;
    let high = to - 1;
    while (low < high) {
      const pivot = along[order[(low + high) >> 1]];
      let i = low;
      let j = high;
      while (i <= j) {
        while (along[order[i]] < pivot) i++;
        while (along[order[j]] > pivot) j--;
        if (i > j) break;
        const swapped = order[i];
        order[i++] = order[j];
        order[j--] = swapped;
      }
      if (middle <= j) high = j;
      else if (middle >= i) low = i;
      else return;
    }
  }

  #longerSide(from: number, to: number): Float64Array {
    const { x, y } = this.#sites;
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = from; k < to; k++) {
      const i = this.#order[k];
      left = Math.min(left, x[i]);
      right = Math.max(right, x[i]);
      bottom = Math.min(bottom, y[i]);
      top = Math.max(top, y[i]);
    }
    return right - left > top - bottom ? x : y;
  }
}

/** A cell being cut. */
export interface Carved {
  /** `count` corners, x y x y …, relative to the site. */
  readonly corners: Float64Array;
  readonly count: number;
  /** Squared distance of the farthest corner from the site. */
  readonly reach: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
  cut(dx: number, dy: number, lead: number, site: number): void;
}
