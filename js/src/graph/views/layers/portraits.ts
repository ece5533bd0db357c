import { type Box, BoxPlacer, boxAround } from "../../../views/placer";
import { DOT } from "./bands";
import type { LayersScene } from "./layersScene";
import type { LayersState } from "./layersState";

/** A picture of a row and the place of its node. */
export interface Portrait {
  readonly id: bigint;
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly toX: number;
  readonly toY: number;
  /** A node at which the descent stayed, a level's nearest that it did not reach, or a missed neighbour. */
  readonly kind: "stay" | "rival" | "missed";
  /** The place of a missed neighbour among the true ones. */
  readonly rank: number | null;
}

const LARGEST = 36;
const LEAST = 22;
const MOST_MISSED = 4;
/** Room for the rank on a corner. */
const CORNER = 8;
/** CSS pixels from a place to the next that is tried. */
const STEP = 8;
/** CSS pixels that it is worth to a picture to stand on its node's side of the lines. */
const ACROSS = 90;
/** CSS pixels from a node, these included, at which its picture stands at most. */
const FARTHEST = 190;

/** The side of a picture in a room of this height; null where it would be too small. */
export function sideIn(room: number): number | null {
  return room < LEAST ? null : Math.min(LARGEST, room);
}

/** Places for a picture over the line of a band, the nearest first. */
export function over(x: number, { top, base }: { top: number; base: number }, side: number): Box[] {
  const y = (top + base - DOT) / 2 - 2;
  return [0, 10, -10, 22, -22, 34, -34, 46, -46].map((dx) => boxAround(x + dx, y, side, side));
}

/** What the line from a picture down to its node covers. */
function alongLeader({ left, right, bottom }: Box, x: number, y: number): Box[] {
  const from = Math.max(left + CORNER, Math.min(right - CORNER, x));
  const parts = Math.ceil(Math.abs(y - bottom) / 6);
  return Array.from({ length: parts }, (_, i) => {
    const share = (i + 0.5) / parts;
    return boxAround(from + share * (x - from), bottom + share * (y - bottom), 5, 6);
  });
}

/** Pictures of missed neighbours over the dots of level 0, each as near to its dot as there is room. */
export function missedPortraits(
  { missed }: LayersState,
  { frame, floor }: LayersScene,
  placer: BoxPlacer,
): Portrait[] {
  const side = sideIn((floor.bottom - floor.top) / 3.4);
  if (side === null) return [];
  const ranks = new Map(missed.map(({ id, rank }) => [id, rank]));
  const lines = [floor.plot.barX, floor.plot.lastX].filter((x) => x !== null);
  const whole = side + 2 * CORNER;
  // Pictures and the lines to their nodes keep off each other; a line may cross dots.
  const drawn = new BoxPlacer();
  const isFree = (of: BoxPlacer, box: Box) => (of.choose([box])?.covered ?? 0) <= 0;
  const found: Portrait[] = [];
  const rankOf = ({ id }: { id: bigint }) => ranks.get(id) ?? Number.POSITIVE_INFINITY;
  const dots = floor.plot.dots.filter(({ kind }) => kind === "missed");
  dots.sort((a, b) => rankOf(a) - rankOf(b));
  for (const { id, x, y } of dots.slice(0, MOST_MISSED)) {
    const places: { box: Box; cost: number }[] = [];
    for (let at = floor.top + whole / 2; at < y - whole / 2 - 4; at += STEP) {
      for (let middle = frame.plotLeft + whole / 2; middle < frame.right - whole / 2; middle += STEP) {
        const across = lines.filter((line) => line > x !== line > middle).length;
        const cost = Math.hypot(middle - x, at - y) + ACROSS * across;
        if (cost < FARTHEST) places.push({ box: boxAround(middle, at, whole, whole), cost });
      }
    }
    places.sort((a, b) => a.cost - b.cost);
    const chosen = places.find(
      ({ box }) =>
        isFree(placer, box) &&
        isFree(drawn, box) &&
        alongLeader(box, x, y).every((part) => isFree(drawn, part)),
    );
    if (chosen === undefined) continue;
    const { box } = chosen;
    for (const part of [box, ...alongLeader(box, x, y)]) {
      placer.take(part);
      drawn.take(part);
    }
    const [left, top] = [box.left + CORNER, box.top + CORNER];
    found.push({ id, left, top, side, toX: x, toY: y, kind: "missed", rank: ranks.get(id) ?? null });
  }
  return found;
}
