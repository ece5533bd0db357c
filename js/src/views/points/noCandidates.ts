import { plural } from "../../model/format";
import type { Probe } from "../../model/probe";
import type { Search } from "../../model/search";

/** Why there are no candidates of these clusters: there are none, or they have not arrived. */
export function noCandidates(search: Search, probe: Probe): string {
  if (probe.count === 0) return "No cluster is probed, so there are no candidates.";
  if (search.scanned(probe.ranks) === 0) {
    return `No candidates: the ${plural(probe.count, "probed cluster")} ${probe.count === 1 ? "is" : "are"} empty.`;
  }
  return Array.from(probe.ranks).every((rank) => search.isWhole(rank))
    ? "No candidates: the search stops before it reaches the probed clusters."
    : "Waiting for candidates…";
}
