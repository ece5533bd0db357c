import type { CellMap } from "../../model/mapCells";
import type { Search } from "../../model/search";
import { towards } from "../points/pointKeys";

/** The cluster that a key leads to: the neighbour in that direction, or the next or previous rank; null for other keys. */
export function step(key: string, cells: CellMap, from: number, search: Search | null): number | null {
  const next = towards(key, cells.centres, cells.inradii.length, from, (cell) => cells.inradii[cell] > 0);
  if (next !== null) return next;
  if (search === null) return null;
  const rank = search.rankOf[from];
  switch (key) {
    case "PageDown":
      return search.order[Math.min(rank, search.ranked - 1)];
    case "PageUp":
      return search.order[Math.min(Math.max(rank - 2, 0), search.ranked - 1)];
    case "Home":
      return search.order[0];
    case "End":
      return search.order[search.ranked - 1];
    default:
      return null;
  }
}
