import { type Box, BoxPlacer, boxAround, type Choice } from "../placer";
import { type Found, type Mark, MOST_PICTURES } from "../points/marks";
import type { Place } from "../points/points";
import type { Size } from "../viewport";

const SIDES = [44, 36, 30, 24] as const;
/** Share of the canvas that the pictures may cover. */
const COVERAGE = 0.12;
const GAP = 3;
/** Places tried around a point, farther and farther out. */
const TRIES = 400;
const TURN = Math.PI * (3 - Math.sqrt(5));
/** Side of the box that the query takes. */
const QUERY = 26;
/** Room that a picture keeps to the edge of the canvas. */
const EDGE = 10;

type Extent = Pick<Size, "width" | "height">;

/**
 * The results as pictures, none over another or over the query: the best at its place, the others beside their points,
 * with a line to them. They are as large as finds room; where even the smallest overlap, they overlap the least.
 * In a picture enlarged `k` times points are farther apart, and their pictures keep their size.
 */
export function marksOf(
  found: readonly Found[],
  { positions, query }: { readonly positions: Float32Array; readonly query: Place },
  { width, height }: Extent,
  k = 1,
): Mark[] {
  if (found.length > MOST_PICTURES) return found.map((one) => ({ ...one, side: 0, dx: 0, dy: 0 }));
  const extent = { width: k * width, height: k * height };
  const sides = SIDES.slice(SIDES.indexOf(sideFor(found.length, { width, height })));
  let marks: Mark[] = [];
  for (const side of sides) {
    const placer = new BoxPlacer({ taken: [boxAround(k * query.x, k * query.y, QUERY, QUERY)], gap: GAP });
    let isCrowded = false;
    marks = found.map((one) => {
      const x = k * positions[2 * one.point];
      const y = k * positions[2 * one.point + 1];
      const { place, covered } = placer.chooseAmong(TRIES, boxesAround(x, y, side, extent)) as Choice<Box>;
      placer.take(place);
      isCrowded ||= covered > 0;
      return { ...one, side, dx: apart(place.left + side / 2, x), dy: apart(place.top + side / 2, y) };
    });
    if (!isCrowded) break;
  }
  return marks;
}

/** Marks on their way from where they were beside their points, by the names of their rows, to where they will be. */
export function marksBetween(
  before: ReadonlyMap<string, Mark>,
  marks: readonly Mark[],
  names: readonly string[],
  share: number,
): Mark[] {
  return marks.map((mark, i) => {
    const { dx, dy } = before.get(names[i]) ?? { dx: 0, dy: 0 };
    return { ...mark, dx: dx + (mark.dx - dx) * share, dy: dy + (mark.dy - dy) * share };
  });
}

function sideFor(count: number, { width, height }: Extent): (typeof SIDES)[number] {
  const room = Math.sqrt((width * height * COVERAGE) / Math.max(1, count));
  return SIDES.find((side) => side <= room) ?? SIDES[SIDES.length - 1];
}

/** Boxes inside the canvas around a place, on a spiral outward. */
function boxesAround(x: number, y: number, side: number, { width, height }: Extent): (i: number) => Box {
  const half = side / 2;
  return (i) => {
    const reach = i === 0 ? 0 : half * (0.55 + 0.6 * Math.sqrt(i));
    return boxAround(
      inside(x + reach * Math.cos(i * TURN), half, width),
      inside(y + reach * Math.sin(i * TURN), half, height),
      side,
      side,
    );
  };
}

function inside(value: number, half: number, length: number): number {
  const margin = half + EDGE;
  return length < 2 * margin ? value : Math.min(length - margin, Math.max(margin, value));
}

/** From one coordinate to another; exactly 0 where only rounding parts them. */
function apart(to: number, from: number): number {
  return Math.abs(to - from) < 1e-6 ? 0 : to - from;
}
