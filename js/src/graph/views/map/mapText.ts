import { plural } from "../../../model/format";
import type { GraphExploration } from "../../state/graphExploration";
import type { NodeScene } from "../nodes/nodeScene";
import { searchText } from "../nodes/nodeText";

/** The map in words. */
export function mapText(exploration: GraphExploration, scene: NodeScene | null): string {
  const drawn = exploration.districts.drawn.value;
  if (drawn === null) return "Map of the vectors, being drawn.";
  const { ntotal } = exploration.facts.value;
  const map = `Map of ${plural(ntotal, "vector")} in ${plural(drawn.sizes.length, "district")}.`;
  return [map, ...(scene === null ? [] : searchText(exploration, scene))].join(" ");
}
