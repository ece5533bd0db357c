import { useEffect, useMemo } from "preact/hooks";
import { count, distance, plural } from "../../../model/format";
import { byNearness } from "../../model/districts";
import { useGraphApp } from "../../state/graphApp";
import { districtRows } from "./districtRows";
import { mapScene } from "./mapScene";

/** The districts that the search came to, nearest first. */
export function MapTable() {
  const { exploration } = useGraphApp();
  const { districts, settings, player } = exploration;
  const walk = exploration.walk.value;
  const drawn = districts.drawn.value;
  const spots = districts.spots.value;
  const distances = districts.distances.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const ef = settings.efSearch.value;
  const step = player.step.value;
  const { similarity, ntotal } = exploration.facts.value;
  useEffect(() => districts.use(), [districts]);
  const rows = useMemo(() => {
    if (walk === null || distances === null) return null;
    const scene = mapScene({ walk, spots, truth, results, missed, ef, step });
    return districtRows(scene, byNearness(distances, similarity));
  }, [walk, distances, spots, truth, results, missed, ef, step, similarity]);
  if (drawn === null || distances === null || rows === null)
    return <p class="feder-waiting">Drawing the map…</p>;
  const visited = rows.reduce((sum, row) => sum + row.visited, 0);
  const reached = rows.filter((row) => row.visited > 0).length;
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Districts as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {`${count(visited)} of ${plural(ntotal, "node")} visited on level 0, in ${count(reached)} of ` +
            `${plural(drawn.sizes.length, "district")}; other districts are left out`}
        </caption>
        <thead>
          <tr>
            <th scope="col">district</th>
            <th scope="col">nearness to query</th>
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
