import { count, plural } from "../../model/format";
import type { WalkVerdict } from "../../protocol/messages";
import type { GraphExploration } from "./graphExploration";

/** Why a row is among the results, or why it is not, in words. */
export function verdictText(exploration: GraphExploration, verdict: WalkVerdict): string {
  const { settings, results, facts } = exploration;
  const [ef, k] = [exploration.efUsed.value, settings.k.value];
  const handed = exploration.handedOver.value;
  const { id, need, position, led_by: ledBy, gate, holds_until: holdsUntil } = verdict;
  const links =
    verdict.in_ids.length === 0
      ? "No row links to it."
      : `${plural(verdict.in_ids.length, "row")} ${verdict.in_ids.length === 1 ? "links" : "link"} to it.`;
  if (id === exploration.walk.value?.id && !settings.includeSelf.value) {
    return "It is the query itself, which does not count among its neighbours.";
  }
  if (results.value.some((row) => row.id === id)) return "It came back.";
  if (need === 0) return `No path leads to it at any efSearch. ${links}`;
  const isTied = holdsUntil < facts.value.ntotal && need > holdsUntil;
  if (isTied) return `Distances tie: only a search at each efSearch tells which one visits it. ${links}`;
  const way =
    ledBy === null
      ? ""
      : ` Row ${ledBy} leads to it: when ${gate === null || gate === ledBy ? "its turn comes" : `row ${gate} has its turn`}, ${count(need - 1)} visited ${need === 2 ? "node is" : "nodes are"} nearer.`;
  if (need > ef) {
    const nearer = position <= k ? "" : `, but ${plural(position - 1, "row")} are nearer`;
    // Whether the first pass hands it over is known of true neighbours only.
    const enough = position <= k && handed === 0 ? "finds it" : `visits it${nearer}`;
    return `Not visited at efSearch ${count(ef)}: efSearch ${count(need)} ${enough}.${way} ${links}`;
  }
  if (position > k) return `Visited, but ${plural(position - 1, "row")} are nearer.`;
  const by = handed > 0 ? exploration.facts.value.distance : "the distances of the search";
  return `Visited, but ${plural(handed || k, "visited row")} are nearer by ${by}.`;
}
