import type { Result } from "../../model/results";
import type { Missed } from "../../model/truth";
import type { Projected } from "../../state/projections";
import type { Found, Mark, Place } from "../points/points";
import type { Fitted } from "./fit";

/** More results than this are dots with a ring. */
export const MOST_PICTURES = 40;
const SIDES = [44, 36, 30, 24] as const;
/** Share of the canvas that the pictures may cover. */
const COVERAGE = 0.12;
const GAP = 3;
/** Places tried around a point, farther and farther out. */
const TRIES = 400;
const TURN = Math.PI * (3 - Math.sqrt(5));
/** What the query takes. */
const QUERY = 13;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

/** The points that are results or missed, by place; those that the picture does not hold are left out. */
export function pointsOf(
  results: readonly Result[],
  missed: readonly Missed[],
  { ids, starts }: Projected,
): Found[] {
  const pointOf = ({ id, clusterRank }: Result): number => {
    for (let point = starts[clusterRank - 1]; point < starts[clusterRank]; point++) {
      if (ids[point] === id) return point;
    }
    return -1;
  };
  return [
    ...results.map((result, i) => ({ point: pointOf(result), place: i + 1, isMissed: false })),
    ...missed.map((one) => ({ point: pointOf(one), place: one.place, isMissed: true })),
  ].filter(({ point }) => point >= 0);
}

/**
 * The results as pictures, none over another or over the query: the best at its place, the others beside theirs, with
 * a line to it. They are as large as finds room; where even the smallest overlap, they overlap as little as can be.
 * In a picture enlarged `k` times points are farther apart, and their pictures keep their size.
 */
export function marksOf(
  found: readonly Found[],
  scene: Fitted,
  { width, height }: { readonly width: number; readonly height: number },
  k = 1,
): Mark[] {
  if (found.length > MOST_PICTURES) {
    return found.map((one) => ({ ...one, side: 0, dx: 0, dy: 0 }));
  }
  let marks: Mark[] = [];
  for (const side of SIDES.slice(SIDES.indexOf(sideFor(found.length, { width, height })))) {
    const taken: Box[] = [{ x: k * scene.query.x, y: k * scene.query.y, half: QUERY }];
    let isCrowded = false;
    marks = found.map((one) => {
      const { point } = one;
      const x = k * scene.positions[2 * point];
      const y = k * scene.positions[2 * point + 1];
      const spot = freeSpot(x, y, side / 2, taken, { width: k * width, height: k * height });
      isCrowded ||= spot.covered > 0;
      taken.push({ ...spot, half: side / 2 });
      return { ...one, side, dx: spot.x - x, dy: spot.y - y };
    });
    if (!isCrowded) break;
  }
  return marks;
}

/** Marks on their way from where they were beside their points, by id, to where they will be. */
export function marksBetween(
  before: ReadonlyMap<bigint, Mark>,
  marks: readonly Mark[],
  ids: BigInt64Array,
  share: number,
): Mark[] {
  return marks.map((mark) => {
    const { dx, dy } = before.get(ids[mark.point]) ?? { dx: 0, dy: 0 };
    return { ...mark, dx: dx + (mark.dx - dx) * share, dy: dy + (mark.dy - dy) * share };
  });
}

function sideFor(
  count: number,
  { width, height }: { width: number; height: number },
): (typeof SIDES)[number] {
  const room = Math.sqrt((width * height * COVERAGE) / Math.max(1, count));
  return SIDES.find((side) => side <= room) ?? SIDES[SIDES.length - 1];
}

/** The place nearest to a point where a box lies on no other; where there is none, the one that covers the least. */
function freeSpot(
  x: number,
  y: number,
  half: number,
  taken: readonly Box[],
  { width, height }: { width: number; height: number },
): Place & { readonly covered: number } {
  let best: Place = { x, y };
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const reach = i === 0 ? 0 : half * (0.55 + 0.6 * Math.sqrt(i));
    const spot = {
      x: within(x + reach * Math.cos(i * TURN), half, width),
      y: within(y + reach * Math.sin(i * TURN), half, height),
    };
    let covered = 0;
    for (const box of taken) covered += overlap(spot, half + GAP, box);
    if (covered < least) {
      least = covered;
      best = spot;
    }
    if (covered === 0) break;
  }
  return { ...best, covered: least };
}

function within(value: number, half: number, length: number): number {
  const margin = half + 10;
  return length < 2 * margin ? value : Math.min(length - margin, Math.max(margin, value));
}

function overlap({ x, y }: Place, half: number, box: Box): number {
  const reach = half + box.half;
  return Math.max(0, reach - Math.abs(x - box.x)) * Math.max(0, reach - Math.abs(y - box.y));
}
