import { count, plural } from "../../model/format";
import { isHandedAt, isReturnedAt, type Neighbour } from "./truth";
import type { GraphWalk } from "./walk";

/** Why a search misses a true neighbour, in one word. */
export type Reason = "tied" | "unreached" | "code" | "rerank" | "few" | "early";

/** See `graph_loss.py`. */
export function reasonOf(row: Neighbour, ef: number): Reason {
  const { isTold, visitedFrom, from, until } = row;
  if (visitedFrom === null) return "unreached";
  if (!isTold) return "tied";
  if (isHandedAt(row, ef) && !isReturnedAt(row, ef)) return "rerank";
  if (from === null || (until !== null && until <= ef)) return "code";
  return visitedFrom <= ef ? "few" : "early";
}

/**
 * Why a search at this efSearch misses these true neighbours, after their number.
 *
 * @param handed  nodes that are handed to a second pass; 0 where there is none
 */
export function lossText(rows: readonly Neighbour[], ef: number, handed = 0): string {
  const reasons = new Set(rows.map((row) => reasonOf(row, ef)));
  if (reasons.size !== 1) return "for the reasons below";
  return reasonText([...reasons][0], rows.length === 1, ef, handed);
}

/** Why a search misses one true neighbour, or several for one reason. */
export function reasonText(reason: Reason, isOne: boolean, ef: number, handed = 0): string {
  switch (reason) {
    case "tied":
      return handed > 0 ? "only a search tells why" : "distances tie";
    case "unreached":
      return `no path leads to ${isOne ? "it" : "them"}`;
    case "code":
      return isOne ? "its code made it look farther" : "their codes made them look farther";
    case "rerank":
      return "lost in the re-ranking";
    case "few":
      return `a search keeps no more than efSearch = ${count(ef)}`;
    case "early":
      return `the walk ends before it comes to ${isOne ? "it" : "them"}`;
  }
}

/**
 * Why a search at this efSearch misses a true neighbour, in a bold beginning and the rest.
 *
 * @param handed  nodes that are handed to a second pass; 0 where there is none
 */
export function missedText(
  row: Neighbour,
  walk: GraphWalk,
  ef: number,
  k: number,
  handed = 0,
): [head: string, text: string] {
  const { from, ledBy, gate, inLinks } = row;
  const reason = reasonOf(row, ef);
  if (reason === "tied") {
    const why = handed > 0 ? "Only a search at each" : "Distances tie: only a search at each";
    return ["Not found at this efSearch.", `${why} tells which one finds it.`];
  }
  if (reason === "unreached") return ["No path leads to it.", inLinksText(inLinks, walk, ef)];
  if (reason === "rerank") {
    return [
      "Lost in the re-ranking.",
      `Re-ranked, but ${plural(k, "vector")} are nearer in the second pass.`,
    ];
  }
  if (reason === "code" || from === null) {
    return ["Lost to its code.", `Visited, but ${plural(handed || k, "visited vector")} have nearer codes.`];
  }
  const head = `Needs efSearch ${count(from)}.`;
  if (reason === "few") return [head, `Visited, but a search keeps no more than efSearch = ${count(ef)}.`];
  if (ledBy === null) return [head, ""];
  const place = walk.placeOf(ledBy);
  const visits = walk.visitedBy(ef);
  const isVisited = place !== null && place < visits;
  const how = isVisited ? "visited, not expanded" : "not visited";
  const turn = `When ${gate === ledBy || gate === null ? "its turn comes" : `row ${gate}, before it, has its turn`}, ${count(from - 1)} visited ${from === 2 ? "node is" : "nodes are"} nearer.`;
  return [head, `Row ${ledBy} leads to it: ${how}. ${turn} ${inLinksText(inLinks, walk, ef)}`];
}

/** How many of the rows that link to a row were visited and expanded. */
function inLinksText(inLinks: BigInt64Array, walk: GraphWalk, ef: number): string {
  if (inLinks.length === 0) return "No row links to it.";
  const visits = walk.visitedBy(ef);
  const expanded = new Set(walk.expanded.subarray(0, walk.expandedBy(ef)));
  const places = Array.from(inLinks, (id) => walk.placeOf(id)).filter(
    (place) => place !== null && place < visits,
  );
  const opened = places.filter((place) => expanded.has(place as number)).length;
  const all = count(inLinks.length);
  if (places.length === 0) {
    return inLinks.length === 1
      ? "The row that links to it was not visited."
      : `None of the ${all} rows that link to it was visited.`;
  }
  return `${count(places.length)} of the ${all} ${inLinks.length === 1 ? "row" : "rows"} that link to it ${
    places.length === 1 ? "was" : "were"
  } visited, ${opened === 0 ? "none" : count(opened)} expanded.`;
}
