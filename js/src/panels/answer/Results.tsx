import { useRoving } from "../../controls/roving";
import { rowKeys } from "../../controls/rowKeys";
import { distance, distancesFormat, ordinal } from "../../model/format";
import { useApp } from "../../state/app";
import { Tile } from "../Tile";

const SIDE = 90;

/** What the search returns, where there are no true neighbours to rank it by. */
export function Results() {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const outcome = exploration.outcome.value;
  const name = (outcome !== null && summary.refinedDistance) || summary.distance;
  const query = exploration.search.value?.id ?? null;
  const results = exploration.results.value;
  const format = distancesFormat(results.map((result) => result.distance));
  const roving = useRoving<HTMLOListElement>(results.length);
  const keys = rowKeys(results.map(({ id }) => id));
  return (
    <ol
      ref={roving.list}
      class="feder-tiles"
      aria-label="Results"
      onFocusIn={roving.onFocusIn}
      onKeyDown={roving.onKeyDown}
    >
      {results.map((result, i) => (
        <li key={keys[i]} data-id={result.id.toString()} data-distance={result.distance}>
          <Tile
            id={result.id}
            cluster={result.cluster}
            distance={result.distance}
            distanceName={name}
            distanceText={format(result.distance, i)}
            clusterRank={result.clusterRank}
            side={SIDE}
            rank={i + 1}
            tabIndex={roving.tabIndexOf(i)}
            {...(result.id === query
              ? { tag: "query" }
              : result.before === undefined
                ? {}
                : { tag: `was ${ordinal(result.before)}` })}
            name={
              `Row ${result.id}, ${name} ${distance(result.distance)}, ` +
              `cluster ${result.cluster}, rank ${result.clusterRank}, result ${i + 1}` +
              (result.before === undefined ? "" : `, ${ordinal(result.before)} in the first pass`) +
              `${result.id === query ? ", the query itself" : ""}`
            }
          />
        </li>
      ))}
    </ol>
  );
}
