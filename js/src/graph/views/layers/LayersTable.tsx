import { count, distance, plural } from "../../../model/format";
import { useGraphApp } from "../../state/graphApp";
import type { LayersState } from "./layersState";
import { hopRows } from "./levelRows";

/** The hops of the descent, and where each level was left. */
export function LayersTable() {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const facts = exploration.facts.value;
  if (walk === null) return null;
  const state: LayersState = {
    walk,
    truth: exploration.truth.value,
    results: exploration.results.value,
    missed: exploration.missed.value,
    ef: exploration.efUsed.value,
    k: exploration.settings.k.value,
    similarity: facts.similarity,
    levelSizes: facts.levelSizes,
    isOneMeasure: facts.isTruthOfWalk,
    areResultsOfWalk: facts.areResultsOfWalk || exploration.player.step.value !== null,
    step: exploration.player.step.value,
  };
  const rows = hopRows(state);
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="The descent as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {plural(rows.length, "hop")} of the descent, from the top level down
        </caption>
        <thead>
          <tr>
            <th scope="col">level</th>
            <th scope="col">from row</th>
            <th scope="col">links compared</th>
            <th scope="col">nearest so far</th>
            <th scope="col">{facts.distance}</th>
            <th scope="col">place on the level</th>
            <th scope="col">level’s nearest</th>
            <th scope="col">its distance</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ level, from, compared, nearest, place, rival, isLast }, i) => (
            <tr
              key={i}
              data-id={nearest.id.toString()}
              onPointerMove={() => {
                exploration.hoveredRow.value = nearest.id;
              }}
            >
              <td>{level}</td>
              <td>{from.toString()}</td>
              <td>{count(compared)}</td>
              <td>{isLast ? `${nearest.id}, none is nearer` : nearest.id.toString()}</td>
              <td>{distance(nearest.distance)}</td>
              <td>{place === null ? "" : `${count(place)} of ${count(facts.levelSizes[level] ?? 0)}`}</td>
              <td>{rival?.id.toString() ?? ""}</td>
              <td>{rival === null ? "" : distance(rival.distance)}</td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td>0</td>
              <td colSpan={7}>
                {walk.hops.length === 0
                  ? `The graph has one level: the search begins at row ${walk.entry}.`
                  : `The search is at the entry point, row ${walk.entry}.`}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
