import { count, distance, ordinal } from "../../model/format";
import type { GraphExploration } from "./graphExploration";

/** Where a row stands in the search on screen. */
export interface RowStanding {
  readonly distance: number | null;
  /** Name of the distance. */
  readonly distanceName: string;
  /** Its place among the true neighbours. */
  readonly rank: number | null;
  /** Names and values, for a card. */
  readonly lines: readonly (readonly [name: string, value: string])[];
}

export function rowStanding(exploration: GraphExploration, id: bigint): RowStanding {
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  const neighbour = truth?.neighbours.find((row) => row.id === id);
  const place = walk?.placeOf(id) ?? null;
  const { kFactor, distance: walkDistance, resultDistance, trueDistance } = exploration.facts.value;
  const lines: [string, string][] = [];
  const result = exploration.results.value.find((row) => row.id === id);
  if (kFactor > 0 && exploration.areKnown.value && result !== undefined) {
    lines.push([`re-ranked: ${resultDistance}`, distance(result.distance)]);
  }
  const nearestOf = (truth?.levels ?? []).filter(({ nearest }) => nearest === id);
  if (nearestOf.length > 0) lines.push(["nearest of level", nearestOf.map(({ level }) => level).join(", ")]);
  if (walk !== null && place !== null) {
    const ef = exploration.efUsed.value;
    const expansion = walk.expansionOf(place);
    const led = walk.ledBy[place];
    const isVisited = place < walk.visitedBy(ef);
    lines.push(["top level", walk.levels[place].toString()]);
    if (walk.deleted[place] === 1) lines.push(["deleted", "visited, never returned"]);
    lines.push(["visited", isVisited ? ordinal(place + 1) : `from efSearch ${count(walk.need[place])}`]);
    if (led >= 0) lines.push(["through row", walk.ids[walk.expanded[led]].toString()]);
    if (isVisited) {
      const isExpanded = expansion !== null && expansion < walk.expandedBy(ef);
      lines.push(["expanded", isExpanded ? ordinal(expansion + 1) : "no"]);
    }
    return {
      distance: walk.distances[place],
      distanceName: walkDistance,
      rank: neighbour?.rank ?? null,
      lines,
    };
  }
  if (walk !== null) {
    for (const { level, start, end } of walk.hops) {
      const at = walk.linkIds.subarray(start, end).indexOf(id);
      if (at >= 0) {
        lines.push(["compared on level", level.toString()]);
        return {
          distance: walk.linkDistances[start + at],
          distanceName: walkDistance,
          rank: neighbour?.rank ?? null,
          lines,
        };
      }
    }
    if (neighbour?.visitedFrom === null) lines.push(["visited", "never: no path leads to it"]);
    else if (neighbour !== undefined)
      lines.push(["visited", `from efSearch ${count(neighbour.visitedFrom)}`]);
    else lines.push(["visited", "no"]);
  }
  return {
    distance: neighbour?.distance ?? nearestOf[0]?.distance ?? null,
    distanceName: neighbour === undefined ? walkDistance : trueDistance,
    rank: neighbour?.rank ?? null,
    lines,
  };
}
