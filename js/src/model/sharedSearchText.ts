/** A search of an inverted file as text for other places: Markdown, Python, comma-separated values. */

import { count, plural } from "./format";
import {
  costText,
  csvText,
  escaped,
  exact,
  field,
  findingText,
  pythonText,
  type SharedAnswer,
} from "./sharedText";
import type { Stage } from "./truth";

/** A row of a list that is shared, with its label. */
export interface SharedRow {
  readonly place: number | null;
  readonly id: bigint;
  readonly distance: number;
  readonly cluster: number;
  readonly rank: number;
  readonly label: string | null;
  /** Why it did not come back, with the numbers; null for one that did. */
  readonly why: string | null;
  /** The stage that lost it. */
  readonly lostTo: Stage | null;
}

/** What is told of the search on screen. */
export interface SharedSearch extends SharedAnswer {
  /** The nprobe at which 1, 2, … of them are found, as far as any finds them; null where that is not known. */
  readonly foundAt: readonly number[] | null;
  /** Why not. */
  readonly noCurve: string | null;
  readonly nlist: number;
  readonly nprobe: number;
  /** Whether the coarse search is exact: only then are its distances among those computed. */
  readonly coarseExact: boolean;
  readonly missed: readonly SharedRow[];
}

const LOSSES: Readonly<Record<Stage, string>> = {
  coarse: "its cluster was not probed",
  ranking: "the coarse quantizer ranked its cluster wrongly",
  limit: "the search stopped before it",
  unreached: "the coarse search does not come to its cluster",
  both: "lost to the code at any nprobe; its cluster was not probed either",
  code: "lost to the code",
  refine: "lost in the re-ranking",
  off: "its cluster is switched off",
};

/** The lines of Python that show this search in the widget. */
export function pythonOf(search: SharedSearch): string {
  return pythonText(search, `nprobe=${search.nprobe}`);
}

/** The text of `w.finding()`; see `answer_text.py` and `search_report.py`. */
export function markdownOf(search: SharedSearch): string {
  return findingText(search, {
    settings: settingsOf(search),
    columns: ["missed", "row", "label", "distance", "cluster", "rank", "why"],
    missed: search.missed.map(({ place, id, label, distance, cluster, rank, lostTo }) => [
      place ?? "",
      id,
      escaped(label ?? ""),
      exact(distance),
      cluster,
      lostTo === "unreached" ? "none" : count(rank),
      lostTo === null ? "" : LOSSES[lostTo],
    ]),
    remedy: remedyOf(search),
    python: pythonOf(search),
  });
}

function settingsOf(search: SharedSearch): string {
  const { family, metric, ntotal, nlist, nprobe, k, coarseExact } = search;
  const besides = coarseExact ? "" : " besides an approximate coarse search";
  return (
    `${family}, ${plural(ntotal, "vector")}, ${metric}; nprobe ${count(nprobe)} of ${count(nlist)}, ` +
    `k ${count(k)}; ${costText(search, besides)}`
  );
}

/** What finds the neighbours that were missed. */
function remedyOf({ foundAt, noCurve, found, total, nprobe }: SharedSearch): string {
  if (foundAt === null) return `Whether a larger nprobe finds them takes a search at each: ${noCurve}.`;
  const [best, last] = [foundAt.length, foundAt[foundAt.length - 1]];
  if (best < (total ?? 0)) {
    return best <= found
      ? "No nprobe finds more."
      : `nprobe = ${count(last)} finds ${count(best)}; no nprobe finds all.`;
  }
  return `nprobe = ${count(last)} finds all${last <= nprobe ? "; larger ones lose some to the code" : ""}.`;
}

/** Rows as comma-separated values, with a line of names. */
export function csvOf(rows: readonly SharedRow[], hasReasons: boolean): string {
  const names = ["place", "id", "distance", "cluster", "rank", "label"];
  return csvText(
    hasReasons ? [...names, "why"] : names,
    rows.map(({ place, id, distance, cluster, rank, label, why }) => [
      place ?? "",
      id,
      exact(distance),
      cluster,
      rank,
      field(label),
      ...(hasReasons ? [field(why)] : []),
    ]),
  );
}
