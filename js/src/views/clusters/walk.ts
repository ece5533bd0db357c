import type { CellMap } from "../../cells/cells";
import type { Search } from "../../search";

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The cluster that a key leads to: the neighbour in that direction, or the next or previous rank; null for other keys. */
export function step(key: string, cells: CellMap, from: number, search: Search | null): number | null {
  const direction = DIRECTIONS[key];
  if (direction !== undefined) return neighbourTowards(cells, from, direction);
  if (search === null) return null;
  const rank = search.rankOf[from];
  switch (key) {
    case "PageDown":
      return search.order[Math.min(rank, search.nlist - 1)];
    case "PageUp":
      return search.order[Math.max(rank - 2, 0)];
    case "Home":
      return search.order[0];
    case "End":
      return search.order[search.nlist - 1];
    default:
      return null;
  }
}

/** The neighbour whose centre lies most nearly in the direction; the cell itself where there is none. */
function neighbourTowards(cells: CellMap, from: number, [dx, dy]: readonly [number, number]): number {
  let best = from;
  let bestCosine = 0.3;
  for (const cell of cells.neighbours(from)) {
    const x = cells.centres[2 * cell] - cells.centres[2 * from];
    const y = cells.centres[2 * cell + 1] - cells.centres[2 * from + 1];
    const cosine = (x * dx + y * dy) / (Math.hypot(x, y) || 1);
    if (cosine > bestCosine) {
      best = cell;
      bestCosine = cosine;
    }
  }
  return best;
}
