import { useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { type ColumnScale, valueText } from "../../model/columnScale";
import { count, distance, plural, recallNumber } from "../../model/format";
import { tally } from "../../model/results";
import { useApp } from "../../state/app";
import { shownScale } from "../../state/columnScales";

const PAGE = 100;

/** Every cluster as a table: by rank once there is a search, else by number. */
export function ClustersTable() {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const [shown, setShown] = useState(PAGE);
  const search = exploration.search.value;
  const probe = exploration.probe.value;
  const found = tally(exploration.results.value);
  const missed = tally(exploration.missed.value);
  const recall = exploration.clusterRecall.value;
  const scale = shownScale(exploration.labels);
  const most = search?.ranked ?? summary.nlist;
  const rows = Math.min(shown, most);
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Clusters as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {plural(summary.nlist, "cluster")}
          {search === null ? "" : ", by rank"}
        </caption>
        <thead>
          <tr>
            {search !== null && <th scope="col">rank</th>}
            <th scope="col">cluster</th>
            <th scope="col">vectors</th>
            {recall !== null && (
              <>
                <th scope="col">queries of the workload</th>
                <th scope="col">their mean recall</th>
              </>
            )}
            {scale !== null && (
              <>
                <th scope="col">mean {summary.columns[scale.column]}</th>
                <th scope="col">least</th>
                <th scope="col">greatest</th>
              </>
            )}
            {search !== null && (
              <>
                <th scope="col">centroid {summary.coarseDistance}</th>
                <th scope="col">probed</th>
                <th scope="col">results</th>
                <th scope="col">missed</th>
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
                {recall !== null && (
                  <>
                    <td>{count(recall.queries[cluster])}</td>
                    <td>
                      {Number.isNaN(recall.means[cluster]) ? "too few" : recallNumber(recall.means[cluster])}
                    </td>
                  </>
                )}
                {scale !== null && <Values scale={scale} cluster={cluster} />}
                {search !== null && (
                  <>
                    <td>{distance(search.distances[i])}</td>
                    <td>{probe.has(i + 1) ? "yes" : "no"}</td>
                    <td>{found.get(cluster) ?? 0}</td>
                    <td>{missed.get(cluster) ?? 0}</td>
                  </>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows === most && search?.isPartial && (
        <p class="feder-muted">
          Ranks of the nearest {count(search.ranked)} of {plural(summary.nlist, "cluster")}.
        </p>
      )}
      {rows < most && (
        <Button onClick={() => setShown(shown + 10 * PAGE)}>
          Show more of {plural(summary.nlist, "cluster")}
        </Button>
      )}
    </div>
  );
}

/** The mean and the range of a cluster's numbers. */
function Values({ scale, cluster }: { scale: ColumnScale; cluster: number }) {
  const values = [scale.means, scale.least_values, scale.greatest_values].map((all) => all[cluster]);
  return (
    <>
      {values.map((value, i) => (
        <td key={i}>{scale.valued[cluster] > 0 ? valueText(scale, value) : "no value"}</td>
      ))}
    </>
  );
}
