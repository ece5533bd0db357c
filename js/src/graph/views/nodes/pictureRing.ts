import { type Box, BoxPlacer, boxAround, centreOf } from "../../../views/placer";

/** A node that wants a picture beside it, in CSS pixels. */
export interface Anchor {
  readonly node: number;
  readonly x: number;
  readonly y: number;
}

/** A picture beside the search, and the node that it is of. */
export interface RingPlace extends Anchor {
  readonly box: Box;
}

interface Room {
  readonly width: number;
  readonly height: number;
  /** CSS pixels of a picture and of the room above and beside it. */
  readonly side: number;
  /** Where no picture may be. */
  readonly taken: readonly Box[];
}

const GAP = 5;
const RINGS = 7;
const TURNS = 24;
/** CSS pixels between a node and its picture at least. */
const THREAD = 26;
const EDGE = 8;

/**
 * Places pictures on a ring round the nodes that they are of, without touching; those for which there is no room are
 * left out, the last ones first.
 *
 * @param anchors  the most important ones first
 */
export function ringPlaces(anchors: readonly Anchor[], { width, height, side, taken }: Room): RingPlace[] {
  if (anchors.length === 0) return [];
  const dots = anchors.map(({ x, y }) => boxAround(x, y, 12, 12));
  const placer = new BoxPlacer({ taken: [...taken, ...dots], gap: GAP });
  const middle = (of: (anchor: Anchor) => number) => {
    const values = anchors.map(of).sort((a, b) => a - b);
    return (values[0] + values[values.length - 1]) / 2;
  };
  const [cx, cy] = [middle(({ x }) => x), middle(({ y }) => y)];
  const [rx, ry] = [
    Math.max(...anchors.map(({ x }) => Math.abs(x - cx))),
    Math.max(...anchors.map(({ y }) => Math.abs(y - cy))),
  ];
  const places: RingPlace[] = [];
  for (const anchor of anchors) {
    const own = Math.atan2(anchor.y - cy, anchor.x - cx);
    const boxes: { box: Box; cost: number }[] = [];
    for (let ring = 0; ring < RINGS; ring++) {
      const beyond = THREAD + side / 2 + ring * (side / 2 + GAP);
      for (let turn = 0; turn < TURNS; turn++) {
        const angle = own + (2 * Math.PI * turn) / TURNS;
        const x = cx + (0.8 * rx + beyond) * Math.cos(angle);
        const y = cy + (0.8 * ry + beyond) * Math.sin(angle);
        const box = boxAround(x, y, side, side);
        const isInside =
          box.left >= EDGE && box.top >= EDGE && box.right <= width - EDGE && box.bottom <= height - EDGE;
        if (isInside) boxes.push({ box, cost: Math.hypot(x - anchor.x, y - anchor.y) });
      }
    }
    boxes.sort((a, b) => a.cost - b.cost);
    const box = placer.placeFree(boxes.filter(({ cost }) => cost > THREAD).map((each) => each.box));
    if (box !== null) places.push({ ...anchor, box });
  }
  return untangled(places);
}

/** Exchanges pictures whose threads cross, until none do or nothing is won. */
function untangled(places: readonly RingPlace[]): RingPlace[] {
  const found = [...places];
  const length = ({ x, y }: Anchor, box: Box) => {
    const [bx, by] = centreOf(box);
    return Math.hypot(bx - x, by - y);
  };
  for (let round = 0; round < 8; round++) {
    let isBetter = false;
    for (let i = 0; i < found.length; i++) {
      for (let j = i + 1; j < found.length; j++) {
        const [one, other] = [found[i], found[j]];
        const now = length(one, one.box) + length(other, other.box);
        if (length(one, other.box) + length(other, one.box) >= now - 0.5) continue;
        found[i] = { ...one, box: other.box };
        found[j] = { ...other, box: one.box };
        isBetter = true;
      }
    }
    if (!isBetter) break;
  }
  return found;
}
