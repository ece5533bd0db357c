/** A search of a graph as text for other places: Markdown, Python, comma-separated values. */

import { count, plural } from "../../model/format";
import {
  costText,
  csvText,
  escaped,
  exact,
  field,
  findingText,
  pythonText,
  type SharedAnswer,
  type SharedState,
} from "../../model/sharedText";
import { type Reason, reasonText } from "./missReason";

/** A row of a list that is shared, with its label. */
export interface SharedNeighbour {
  readonly place: number;
  readonly id: bigint;
  readonly distance: number;
  readonly label: string | null;
  /** Why it did not come back, with the numbers; null for one that did. */
  readonly why: string | null;
  readonly lostTo: Reason | null;
  /** The efSearch that finds it; null for none, where that is not told, and for a result. */
  readonly needs: number | null;
}

/** What is told of the search on screen. */
export interface SharedWalk extends SharedAnswer {
  /** The efSearch at which 1, 2, … true neighbours are found, as far as any is known to find them. */
  readonly foundAt: readonly number[];
  /** Whether distances tie, so that beyond some efSearch only a search at each tells. */
  readonly isTied: boolean;
  /** Nodes that are handed to a second pass; 0 where there is none. */
  readonly handedOver: number;
  readonly efSearch: number;
  /** The efSearch that the engine uses. */
  readonly efUsed: number;
  readonly missed: readonly SharedNeighbour[];
}

/** The lines of Python that show this search in the widget. */
export function pythonOf(state: SharedState & Pick<SharedWalk, "efSearch">): string {
  return pythonText(state, `ef_search=${state.efSearch}`);
}

/** The text of `w.finding()`; see `graph_text.py` and `graph_report.py`. */
export function markdownOf(search: SharedWalk): string {
  return findingText(search, {
    settings: settingsOf(search),
    columns: ["missed", "row", "label", "distance", "needs efSearch", "why"],
    missed: search.missed.map(({ place, id, label, distance, needs, lostTo }) => [
      place,
      id,
      escaped(label ?? ""),
      exact(distance),
      needs === null ? (lostTo === "tied" ? "unknown" : "none") : count(needs),
      lostTo === null ? "" : reasonText(lostTo, true, search.efUsed, search.handedOver),
    ]),
    remedy: remedyOf(search),
    python: pythonOf(search),
  });
}

function settingsOf(search: SharedWalk): string {
  const { family, metric, ntotal, efSearch, efUsed, k, handedOver } = search;
  const used = efUsed > efSearch ? ` (the search uses ${count(efUsed)})` : "";
  return (
    `${family}, ${plural(ntotal, "vector")}, ${metric}; efSearch ${count(efSearch)}${used}, k ${count(k)}; ` +
    costText(search, handedOver > 0 ? " besides the re-ranking" : "")
  );
}

/** What finds the neighbours that were missed. */
function remedyOf({ foundAt, isTied, handedOver, found, total, efSearch }: SharedWalk): string {
  const why = handedOver > 0 ? "" : ", for distances tie";
  const [best, last] = [foundAt.length, foundAt[foundAt.length - 1]];
  if (best === total) {
    const lost = handedOver > 0 ? "lose some" : "lose some to the code";
    const loses = isTied ? `may lose some${why}` : lost;
    return `efSearch = ${count(last)} finds all${last <= efSearch ? `; larger ones ${loses}` : ""}.`;
  }
  const some = best > found ? `efSearch = ${count(last)} finds ${count(best)}; ` : "";
  if (isTied) {
    const start = some === "" ? "Whether" : `${some}whether`;
    return `${start} a larger efSearch finds more takes a search at each${why}.`;
  }
  return some === "" ? "No efSearch finds more." : `${some}no efSearch finds all.`;
}

/** Rows as comma-separated values, with a line of names. */
export function csvOf(rows: readonly SharedNeighbour[], hasReasons: boolean): string {
  const names = ["place", "id", "distance", "label"];
  return csvText(
    hasReasons ? [...names, "needs efSearch", "why"] : names,
    rows.map(({ place, id, distance, label, needs, why }) => [
      place,
      id,
      exact(distance),
      field(label),
      ...(hasReasons ? [needs ?? "", field(why)] : []),
    ]),
  );
}
