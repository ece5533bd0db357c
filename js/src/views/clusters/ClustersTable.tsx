import { useState } from "preact/hooks";
import { useApp } from "../../app";
import { count, distance, plural } from "../../format";
import { distanceName } from "../../summary";

const PAGE = 100;

/** The map in words: every cluster, by rank once there is a search, else by number. */
export function ClustersTable() {
  const { exploration } = useApp();
  const { summary, settings } = exploration;
  const [shown, setShown] = useState(PAGE);
  const search = exploration.search.value;
  const probed = exploration.probed.value;
  const found = new Map<number, number>();
  for (const { cluster } of exploration.results.value) found.set(cluster, (found.get(cluster) ?? 0) + 1);
  const rows = Math.min(shown, summary.nlist);
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Clusters as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {plural(summary.nlist, "cluster")}
          {search === null ? "" : ", nearest to the query first"}
        </caption>
        <thead>
          <tr>
            {search !== null && <th scope="col">rank</th>}
            <th scope="col">cluster</th>
            <th scope="col">vectors</th>
            {search !== null && (
              <>
                <th scope="col">centroid {distanceName(summary)}</th>
                <th scope="col">probed</th>
                <th scope="col">results</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, i) => {
            const cluster = search === null ? i : search.order[i];
            return (
              <tr key={cluster} aria-selected={settings.cluster.value === cluster}>
                {search !== null && <td>{i + 1}</td>}
                <td>
                  <button
                    type="button"
                    class="feder-link"
                    onClick={() => {
                      settings.cluster.value = cluster;
                    }}
                  >
                    {cluster}
                  </button>
                </td>
                <td>{count(summary.sizes[cluster])}</td>
                {search !== null && (
                  <>
                    <td>{distance(search.distances[i])}</td>
                    <td>{i < probed ? "yes" : "no"}</td>
                    <td>{found.get(cluster) ?? 0}</td>
                  </>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows < summary.nlist && (
        <button type="button" class="feder-button" onClick={() => setShown(shown + 10 * PAGE)}>
          Show more of {plural(summary.nlist, "cluster")}
        </button>
      )}
    </div>
  );
}
