import type { GraphWalk } from "../../model/walk";

const TURN = 2 * Math.PI;
/** The share of the circle, at 6 o'clock, that is left for rows that the walk does not come to. */
export const APART = 0.07;

/**
 * The direction of each visit, in radians from 12 o'clock clockwise. The first node stands at 12 o'clock. All that are
 * visited through a node share a part of the circle, as wide as they are many, with the node in its middle; so no lines
 * cross that need not.
 */
export function treeAngles({ ids, expanded, ledBy }: GraphWalk): Float64Array {
  const count = ids.length;
  const above = Int32Array.from(ledBy, (led) => (led < 0 ? -1 : expanded[led]));
  const sizes = new Float64Array(count).fill(1);
  for (let place = count - 1; place > 0; place--) if (above[place] >= 0) sizes[above[place]] += sizes[place];
  const starts = new Float64Array(count);
  /** Where the next of those visited through a node begins. */
  const next = new Float64Array(count);
  const angles = new Float64Array(count);
  const unit = (TURN * (1 - APART)) / Math.max(1, count);
  for (let place = 0; place < count; place++) {
    const from = above[place];
    if (from < 0) starts[place] = -unit * (count / 2);
    else {
      starts[place] = next[from];
      next[from] += unit * sizes[place];
    }
    next[place] = starts[place] + unit / 2;
    angles[place] = starts[place] + (unit * sizes[place]) / 2;
  }
  return angles;
}
