import type { Projected } from "../../state/projections";

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Room around the picture, in CSS pixels, at most: half a result's picture, the buttons, and the note below. */
const LEFT = 30;
const RIGHT = 58;
const ABOVE = 30;
const BELOW = 44;

export interface Fitted {
  /** x y x y … in CSS pixels. */
  readonly positions: Float32Array;
  readonly query: { readonly x: number; readonly y: number };
}

/**
 * All candidates and the query in the canvas, as large as it allows, with one scale for both axes: stretching
 * would change the projection.
 */
export function fitted({ positions, query }: Projected, { width, height }: Extent): Fitted {
  let [left, top] = query;
  let [right, bottom] = query;
  for (let i = 0; i < positions.length; i += 2) {
    left = Math.min(left, positions[i]);
    right = Math.max(right, positions[i]);
    top = Math.min(top, positions[i + 1]);
    bottom = Math.max(bottom, positions[i + 1]);
  }
  const before = Math.min(LEFT, width / 8);
  const after = Math.min(RIGHT, width / 6);
  const above = Math.min(ABOVE, height / 10);
  const below = Math.min(BELOW, height / 8);
  const wide = right - left || 1;
  const high = bottom - top || 1;
  const scale = Math.max(0, Math.min((width - before - after) / wide, (height - above - below) / high));
  const x = (before + width - after) / 2 - (scale * (left + right)) / 2;
  const y = (above + height - below) / 2 - (scale * (top + bottom)) / 2;
  const placed = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 2) {
    placed[i] = positions[i] * scale + x;
    placed[i + 1] = positions[i + 1] * scale + y;
  }
  return { positions: placed, query: { x: query[0] * scale + x, y: query[1] * scale + y } };
}

/** Whether all candidates lie at one place. */
export function isOnePlace({ positions }: Projected): boolean {
  for (let i = 2; i < positions.length; i++) if (positions[i] !== positions[i % 2]) return false;
  return positions.length > 0;
}
