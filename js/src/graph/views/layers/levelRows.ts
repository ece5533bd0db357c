import { type LayersState, progressOf } from "./layersState";

/** A hop of the descent, or a level that has been left, as a row of a table. */
export interface HopRow {
  readonly level: number;
  readonly from: bigint;
  readonly compared: number;
  /** The nearest node so far. */
  readonly nearest: { readonly id: bigint; readonly distance: number };
  /** Whether the level is left here. */
  readonly isLast: boolean;
  /** The place of that node among the level's nodes, and the level's nearest; null before the level is left. */
  readonly place: number | null;
  readonly rival: { readonly id: bigint; readonly distance: number } | null;
}

/** The hops that are shown. */
export function hopRows(state: LayersState): HopRow[] {
  const { walk, truth } = state;
  return walk.hops.slice(0, progressOf(state).hops).map(({ level, from, to, distance, start, end }) => {
    const isLast = from === to;
    const known = isLast ? truth?.levels[level - 1] : undefined;
    return {
      level,
      from,
      compared: end - start,
      nearest: { id: to, distance },
      isLast,
      place: known?.place ?? null,
      rival: known === undefined ? null : { id: known.nearest, distance: known.distance },
    };
  });
}

/** A level that the descent has left. */
export interface LevelRow {
  readonly level: number;
  readonly compared: number;
  readonly left: { readonly id: bigint; readonly distance: number };
  readonly place: number | null;
  readonly nearest: bigint | null;
}

/** The levels left, from the top level down. */
export function levelRows(state: LayersState): LevelRow[] {
  const rows: LevelRow[] = [];
  let compared = 0;
  for (const hop of hopRows(state)) {
    compared += hop.compared;
    if (!hop.isLast) continue;
    const { level, place, nearest, rival } = hop;
    rows.push({ level, compared, left: nearest, place, nearest: rival?.id ?? null });
    compared = 0;
  }
  return rows;
}
