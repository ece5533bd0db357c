import type { Exploration } from "../../state/exploration";
import type { PointLabels } from "../points/pointColours";
import type { Points } from "../points/points";

/** Levels of a scale: see `RowLevels`. */
const LEVELS = 253;

/** The labels of points, or their levels, as far as the page knows them, where they are what colours mean; null elsewhere. */
export function pointLabels(exploration: Exploration, points: Points): PointLabels | null {
  const { labels, search } = exploration;
  const order = search.value?.order;
  const { coloursBy, scale } = labels;
  if (coloursBy.value === "rank" || order === undefined) return null;
  const isScale = coloursBy.value === "scale";
  const rows = isScale ? scale.rows : labels.rows;
  rows.revision.value;
  const named = isScale ? LEVELS : (labels.counts.value?.names.length ?? 0);
  const codes = codesOf(points, (rank) => rows.of(order[rank - 1]), named + 2);
  return { codes, named, chosen: isScale ? null : labels.chosenPlace.value, isScale };
}

interface KnownRows {
  readonly ids: BigInt64Array;
  readonly codes: Uint8Array;
}

/**
 * By point: the code of its label.
 *
 * @param rowsOf  rows of the cluster at a rank, with their codes; null where none are known
 * @param unknown  the code of rows that are not among these
 */
export function codesOf(
  { count, ids, ranks }: Pick<Points, "count" | "ids" | "ranks">,
  rowsOf: (rank: number) => KnownRows | null,
  unknown: number,
): Uint8Array {
  const codes = new Uint8Array(count).fill(unknown);
  for (let start = 0, end = 0; start < count; start = end) {
    while (end < count && ranks[end] === ranks[start]) end++;
    const rows = rowsOf(ranks[start]);
    if (rows === null) continue;
    // The usual case: the points of a cluster are its rows in the order of the list.
    if (areSame(ids, start, end, rows.ids)) codes.set(rows.codes, start);
    else {
      const codeOf = new Map(Array.from(rows.ids, (id, i) => [id, rows.codes[i]]));
      for (let i = start; i < end; i++) codes[i] = codeOf.get(ids[i]) ?? unknown;
    }
  }
  return codes;
}

function areSame(ids: BigInt64Array, start: number, end: number, others: BigInt64Array): boolean {
  if (end - start !== others.length) return false;
  for (let i = start; i < end; i++) if (ids[i] !== others[i - start]) return false;
  return true;
}

/** Ask for the labels of these points' rows, where labels are what colours mean. */
export function needPointLabels({ labels, search }: Exploration, { count, ranks }: Points): void {
  const order = search.value?.order;
  // Each count names labels anew.
  labels.counts.value;
  if (labels.coloursBy.value === "rank" || order === undefined) return;
  const needed = new Set<number>();
  for (let i = 0; i < count; i++) if (i === 0 || ranks[i] !== ranks[i - 1]) needed.add(ranks[i]);
  const nearestFirst = [...needed].sort((left, right) => left - right);
  const { rows } = labels.coloursBy.value === "scale" ? labels.scale : labels;
  rows.need(nearestFirst.map((rank) => order[rank - 1]));
}
