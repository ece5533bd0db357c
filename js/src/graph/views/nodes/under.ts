import type { NodeScene } from "./nodeScene";
import type { RingPlace } from "./pictureRing";

/** CSS pixels from the pointer within which a node counts as hovered. */
const NEAR = 12;

/** The node whose picture or dot is at a place of the canvas; -1 for none. */
export function nodeAt(
  { nodes }: Pick<NodeScene, "nodes">,
  places: readonly (readonly [x: number, y: number])[],
  ring: readonly RingPlace[],
  x: number,
  y: number,
): number {
  for (const { node, box } of ring) {
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return node;
  }
  let best = -1;
  let least = NEAR;
  for (let i = 0; i < nodes.length; i++) {
    // What matters lies above.
    const far = Math.hypot(places[i][0] - x, places[i][1] - y) - (nodes[i].kind === "visited" ? 0 : 2);
    if (far < least) [best, least] = [i, far];
  }
  return best;
}
