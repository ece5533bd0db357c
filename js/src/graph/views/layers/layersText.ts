import { distance, ordinal, plural } from "../../../model/format";
import { type LayersState, progressOf } from "./layersState";
import { levelRows } from "./levelRows";

/** The picture in words. */
export function layersText(state: LayersState, distanceName: string): string {
  const { walk, truth, missed, levelSizes } = state;
  const progress = progressOf(state);
  const said = [`The levels of the graph by ${distanceName}, nearest at the left.`];
  for (const { level, compared, left, place, nearest } of levelRows(state)) {
    const where =
      place === null ? "" : place === 1 ? ", its nearest node" : `, its ${ordinal(place)} nearest`;
    const rival = place !== null && place > 1 && nearest !== null ? `; its nearest is row ${nearest}` : "";
    said.push(
      `Level ${level}: ${plural(levelSizes[level] ?? 0, "node")}, ${plural(compared, "distance")}, ` +
        `left at row ${left.id} at ${distance(left.distance)}${where}${rival}.`,
    );
  }
  if (progress.visits > 0) {
    said.push(
      `Level 0: begins at row ${walk.ids[0]}, ${plural(progress.visits, "node")} visited, ` +
        `${plural(progress.expansions, "node")} expanded.`,
    );
  }
  if (truth !== null && missed.length > 0) {
    said.push(`Missed: ${missed.map(({ id }) => `row ${id}`).join(", ")}.`);
  }
  return said.join(" ");
}
