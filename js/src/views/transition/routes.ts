import { copiesOf, rowName } from "../../model/rowNames";
import type { Mark } from "../points/marks";
import { NO_POINTS, type Place, type Points } from "../points/points";
import type { Drawing, DrawnRow } from "./drawing";

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
  const add = (row: DrawnRow): boolean => {
    const start = from.placeOf(row, ids.length);
    const end = to.placeOf(row, ids.length);
    if (start === null || end === null) return false;
    starts.push(start.x, start.y);
    ends.push(end.x, end.y);
    ids.push(row.id);
    ranks.push(row.rank);
    return true;
  };
  const marks: { start: Mark; end: Mark }[] = [];
  const before = markedRows(from);
  const after = markedRows(to);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const { row, mark } = (after.get(name) ?? before.get(name)) as MarkedRow;
    const point = ids.length;
    if (!add(row)) continue;
    const dot = { ...mark, side: 0, dx: 0, dy: 0 };
    const at = (marked: MarkedRow | undefined) => ({ ...dot, ...marked?.mark, point });
    marks.push({ start: at(before.get(name)), end: at(after.get(name)) });
  }
  const stride = Math.max(1, points.count / MOST);
  for (let k = 0; k < points.count; k += stride) {
    const row = { id: points.ids[Math.floor(k)], rank: points.ranks[Math.floor(k)], copy: 0 };
    const name = rowName(row.id, row.rank);
    if (!before.has(name) && !after.has(name)) add(row);
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

interface MarkedRow {
  readonly row: DrawnRow;
  readonly mark: Mark;
}

/** The results and missed neighbours by the names of their rows. */
function markedRows({ points, marks }: Drawing): Map<string, MarkedRow> {
  if (points === null) return new Map();
  const ids = marks.map(({ point }) => points.ids[point]);
  const ranks = marks.map(({ point }) => points.ranks[point]);
  const copies = copiesOf(ids, ranks);
  return new Map(
    marks.map((mark, i) => {
      const row = { id: ids[i], rank: ranks[i], copy: copies[i] };
      return [rowName(row.id, row.rank, row.copy), { row, mark }];
    }),
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
