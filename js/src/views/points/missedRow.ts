import { count, distance } from "../../model/format";
import type { Search } from "../../model/search";
import { COARSE, lostTo, type Missed } from "../../model/truth";
import type { Exploration } from "../../state/exploration";
import { pointBetween } from "./points";

/** The distance that the search compares for a row; null while it has not come. */
export function codeDistance(
  search: Search,
  { id, clusterRank }: Pick<Missed, "id" | "clusterRank">,
): number | null {
  const list = search.at(clusterRank);
  if (list === null) return null;
  const at = pointBetween(list.ids, list.start, list.end, id);
  return at < 0 ? null : list.distances[at];
}

/** Where a search loses a true neighbour, in words. */
export function lossText({ wanted, settings, summary }: Exploration, row: Missed): string {
  const probe = wanted.value;
  const stage = lostTo(row, probe);
  const rank = row.clusterRank;
  if (stage !== COARSE) return `its cluster was probed: lost to ${stage === "code" ? "the code" : stage}`;
  if (probe.has(rank)) return "its cluster was probed, but not to its end";
  if (rank <= settings.nprobe.value) return "not probed: its cluster is switched off";
  const isFound = row.fate === undefined && summary.replayable;
  return `not probed: ${isFound ? "found" : "its cluster is probed"} from nprobe ${count(rank)}`;
}

/** How far a true neighbour is, by each kind of distance that is known. */
export function distanceText({ summary, search }: Exploration, row: Missed): string {
  const shown = search.value;
  if (!summary.given || shown === null) return `${summary.distance} ${distance(row.distance)}`;
  const code = codeDistance(shown, row);
  const original = `${summary.distance}: by the original vectors ${distance(row.distance)}`;
  return code === null
    ? original
    : `${original}, by ${summary.exact ? "the index" : "its code"} ${distance(code)}`;
}
