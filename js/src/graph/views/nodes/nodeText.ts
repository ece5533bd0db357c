import { count, distance, ordinal, plural } from "../../../model/format";
import type { GraphExploration } from "../../state/graphExploration";
import { rowStanding } from "../../state/rowStanding";
import type { NodeScene } from "./nodeScene";

/** What the keys do. */
export const KEYS_TEXT =
  "Arrow keys move from node to node, Page Up and Page Down go through results and missed neighbours, Enter opens a " +
  "row, plus and minus zoom, 0 shows all, F fits the search.";

/** A search in words, sentence by sentence. */
export function searchText(exploration: GraphExploration, { counts, descent, nodes }: NodeScene): string[] {
  const { ntotal } = exploration.facts.value;
  const parts: string[] = [];
  if (descent.length > 0) {
    const stops = descent.map(({ id, level }) => `row ${id} on level ${level}`);
    parts.push(`The descent goes through ${stops.join(", ")}.`);
  }
  // Places are told after the map.
  const where = counts.districts === 0 ? "" : `, in ${plural(counts.districts, "district")}`;
  parts.push(
    `Level 0: ${count(counts.visited)} of ${plural(ntotal, "node")} visited${where}, ` +
      `${count(counts.expanded)} expanded.`,
  );
  const deleted = nodes.filter(({ isDeleted }) => isDeleted).length;
  if (deleted > 0) parts.push(`${count(deleted)} of them deleted: visited, never returned.`);
  const truth = exploration.truth.value;
  if (truth === null) return parts;
  parts.push(
    `${count(exploration.found.value)} of ${plural(truth.neighbours.length, "true neighbour")} found.`,
  );
  for (const { id, rank, ledBy } of exploration.missed.value) {
    parts.push(
      `Missed: row ${id}, ${ordinal(rank)} nearest${ledBy === null ? "" : `; row ${ledBy} leads to it`}.`,
    );
  }
  return parts;
}

/** One node in words. */
export function nodeText(exploration: GraphExploration, id: bigint): string {
  const { distance: far, distanceName, rank, lines } = rowStanding(exploration, id);
  return [
    `Row ${id}`,
    ...(far === null ? [] : [`${distanceName} ${distance(far)}`]),
    ...(rank === null ? [] : [`${ordinal(rank)} nearest`]),
    ...lines.map(([name, value]) => `${name} ${value}`),
  ].join(", ");
}
