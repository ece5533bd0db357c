import { useMemo } from "preact/hooks";
import { count, distance, plural } from "../../../model/format";
import { byNearness } from "../../model/districts";
import { useGraphApp } from "../../state/graphApp";
import { districtRows } from "./districtRows";
import { useMapScene } from "./useMapScene";

/** The districts that the search came to, nearest first. */
export function MapTable() {
  const { exploration } = useGraphApp();
  const { drawn, scene } = useMapScene();
  const distances = exploration.districts.distances.value;
  const { similarity, ntotal } = exploration.facts.value;
  const rows = useMemo(
    () =>
      scene === null || distances === null ? null : districtRows(scene, byNearness(distances, similarity)),
    [scene, distances, similarity],
  );
  if (drawn === null || distances === null || scene === null || rows === null) {
    return <p class="feder-waiting">Drawing the map…</p>;
  }
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Districts as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {`${count(scene.counts.visited)} of ${plural(ntotal, "node")} visited on level 0, in ` +
            `${count(scene.counts.districts)} of ${plural(drawn.sizes.length, "district")}; others are left out`}
        </caption>
        <thead>
          <tr>
            <th scope="col">district</th>
            <th scope="col">rank</th>
            <th scope="col">query to district</th>
            <th scope="col">vectors</th>
            <th scope="col">visited</th>
            <th scope="col">expanded</th>
            <th scope="col">results</th>
            <th scope="col">missed</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.district}>
              <td>{count(row.district)}</td>
              <td>{count(row.rank)}</td>
              <td>{distance(distances[row.district])}</td>
              <td>{count(drawn.sizes[row.district])}</td>
              <td>{count(row.visited)}</td>
              <td>{count(row.expanded)}</td>
              <td>{row.results.map(String).join(", ")}</td>
              <td>{row.missed.map(String).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
