import { useEffect } from "preact/hooks";
import { rowKeys } from "../controls/rowKeys";
import { mark } from "../look/mark";
import { count, distance, ordinal, plural } from "../model/format";
import { useApp } from "../state/app";
import { Tile } from "./Tile";

const SIDE = 90;

export function Results() {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const outcome = exploration.outcome.value;
  const name = (outcome !== null && summary.refinedDistance) || summary.distance;
  const search = exploration.search.value;
  const results = exploration.results.value;
  const keys = rowKeys(results.map(({ id }) => id));
  const { ranks, count: probed } = exploration.probe.value;
  const last = ranks[probed - 1] ?? 0;
  const complete = search !== null && results.length > 0 && search.received >= last;
  useEffect(() => {
    if (!complete) return;
    const frame = requestAnimationFrame(() => mark("feder:results"));
    return () => cancelAnimationFrame(frame);
  }, [search, complete]);
  const holds = search?.scanned(ranks) ?? 0;
  const few =
    probed > 0 && holds < settings.k.value
      ? `k = ${settings.k.value} cannot be reached: the ${plural(probed, "probed cluster")} ${probed === 1 ? "holds" : "hold"} only ` +
        `${plural(holds, "vector")}.`
      : results.length === 0 && holds > 0 && !complete
        ? "Waiting for candidates…"
        : null;
  return (
    <section class="feder-results">
      <h3>
        Results{" "}
        <small>
          {search === null
            ? "pick a query to begin"
            : probed === 0
              ? "nothing compared yet"
              : `top ${count(results.length)} of ${plural(probed, "cluster")} · ${name}`}
        </small>
      </h3>
      {outcome !== null && outcome.first_k > 0 && (
        <p class="feder-muted">
          Re-ranked: the best {count(outcome.handed_over.length)} of the first pass, by {summary.distance}.
        </p>
      )}
      {exploration.estimated.value && results.length > 0 && (
        <p class="feder-muted" role="status">
          These are the nearest candidates; Faiss may return others.
        </p>
      )}
      <ol class="feder-tiles" aria-label="Results">
        {results.map((result, i) => (
          <li key={keys[i]} data-id={result.id.toString()} data-distance={result.distance}>
            <Tile
              id={result.id}
              cluster={result.cluster}
              distance={result.distance}
              distanceName={name}
              clusterRank={result.clusterRank}
              side={SIDE}
              rank={i + 1}
              {...(result.before === undefined ? {} : { note: `was ${ordinal(result.before)}` })}
              {...(result.id === search?.id ? { tag: "query" } : {})}
              name={
                `Row ${result.id}, ${name} ${distance(result.distance)}, ` +
                `cluster ${result.cluster}, rank ${result.clusterRank}, result ${i + 1}` +
                (result.before === undefined ? "" : `, ${ordinal(result.before)} in the first pass`) +
                `${result.id === search?.id ? ", the query itself" : ""}`
              }
            />
          </li>
        ))}
      </ol>
      {few !== null && <p class="feder-muted">{few}</p>}
    </section>
  );
}
