import type { Mark } from "../points/marks";
import { NO_POINTS, type Place, type Points } from "../points/points";
import type { Drawing } from "./drawing";

/** Most dots that move; a sample of more. */
const MOST = 2000;
/** A picture smaller than this is drawn as a dot with a ring. */
const LEAST_SIDE = 14;

/** Rows of two pictures, and their places in each: x y x y … */
export interface Routes {
  readonly points: Points;
  readonly starts: Float32Array;
  readonly ends: Float32Array;
  /** The first points: results and missed neighbours. */
  readonly marks: readonly { readonly start: Mark; readonly end: Mark }[];
  readonly query: readonly [Place, Place] | null;
}

/** Routes from one picture to another, of all results and missed neighbours and a sample of the other rows. */
export function routesOf(from: Drawing, to: Drawing): Routes {
  const count = (sight: Drawing) => sight.points?.count ?? Number.POSITIVE_INFINITY;
  const points = (count(from) < count(to) ? from : to).points ?? NO_POINTS;
  const ids: bigint[] = [];
  const ranks: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const add = (id: bigint, rank: number): boolean => {
    const start = from.placeOf(rank, id, ids.length);
    const end = to.placeOf(rank, id, ids.length);
    if (start === null || end === null) return false;
    starts.push(start.x, start.y);
    ends.push(end.x, end.y);
    ids.push(id);
    ranks.push(rank);
    return true;
  };
  const marks: { start: Mark; end: Mark }[] = [];
  const before = marksById(from);
  const after = marksById(to);
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const mark = (after.get(id) ?? before.get(id)) as Marked;
    const point = ids.length;
    if (!add(id, mark.rank)) continue;
    const dot = { ...mark, side: 0, dx: 0, dy: 0 };
    marks.push({ start: { ...dot, ...before.get(id), point }, end: { ...dot, ...after.get(id), point } });
  }
  const stride = Math.max(1, points.count / MOST);
  for (let k = 0; k < points.count; k += stride) {
    const id = points.ids[Math.floor(k)];
    if (!before.has(id) && !after.has(id)) add(id, points.ranks[Math.floor(k)]);
  }
  return {
    points: {
      count: ids.length,
      ids: BigInt64Array.from(ids),
      ranks: Uint32Array.from(ranks),
      distances: new Float32Array(ids.length),
    },
    starts: Float32Array.from(starts),
    ends: Float32Array.from(ends),
    marks,
    query: from.query && to.query && [from.query, to.query],
  };
}

type Marked = Mark & { readonly rank: number };

function marksById({ points, marks }: Drawing): Map<bigint, Marked> {
  return new Map(
    points === null
      ? []
      : marks.map((mark) => [points.ids[mark.point], { ...mark, rank: points.ranks[mark.point] }]),
  );
}

export function blend(start: number, end: number, share: number): number {
  return start + (end - start) * share;
}

/** A mark after a share of its route. */
export function markBetween(start: Mark, end: Mark, share: number): Mark {
  const side = blend(start.side, end.side, share);
  return {
    ...end,
    side: side < LEAST_SIDE ? 0 : side,
    dx: blend(start.dx, end.dx, share),
    dy: blend(start.dy, end.dy, share),
  };
}
