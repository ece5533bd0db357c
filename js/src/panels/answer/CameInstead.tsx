import { useRoving } from "../../controls/roving";
import { rowKeys } from "../../controls/rowKeys";
import { count, distance, distancesFormat, ordinal, plural } from "../../model/format";
import type { Intruder } from "../../model/rankedTruth";
import { useApp } from "../../state/app";
import { Tile } from "../Tile";

const SIDE = 90;

/** The results that are no true neighbours. */
export function CameInstead({ intruders }: { intruders: readonly Intruder[] }) {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const roving = useRoving<HTMLOListElement>(intruders.length);
  const keys = rowKeys(intruders.map(({ id }) => id));
  const entered = new Set(exploration.entered.value.map(({ id }) => id));
  const isPartial = exploration.step.value !== null;
  const kind = exploration.estimated.value ? "candidate" : "result";
  const name =
    exploration.outcome.value !== null && summary.refinedDistance !== null
      ? summary.refinedDistance
      : summary.distance;
  const neighbours = exploration.truth.value?.neighbours ?? [];
  const k = neighbours.length;
  // Beside the true neighbours, their distances are told apart from theirs.
  // Distances by code stand apart from those of the true neighbours, which original vectors tell.
  const isByCode = summary.given && !summary.exact && name === summary.distance;
  const before = name === summary.trueDistance ? neighbours.map((row) => row.distance) : [];
  const format = distancesFormat([...before, ...intruders.map((row) => row.distance)]);
  return (
    <>
      <h4 class="feder-instead">
        <b>
          {isPartial ? "So far" : kind === "result" ? "Came instead" : "Instead"}:{" "}
          {plural(intruders.length, kind)}
        </b>
        <small>
          {k === 1 ? "not the nearest" : `not among the ${count(k)} true neighbours`}
          {isByCode && "; ≈\u00a0distance by code"}
        </small>
      </h4>
      <ol
        ref={roving.list}
        class="feder-tiles"
        aria-label="Came instead"
        onFocusIn={roving.onFocusIn}
        onKeyDown={roving.onKeyDown}
      >
        {intruders.map((row, i) => (
          <li
            key={keys[i]}
            data-id={row.id.toString()}
            data-distance={row.distance}
            data-entered={entered.has(row.id)}
          >
            <Tile
              id={row.id}
              cluster={row.cluster}
              distance={row.distance}
              distanceName={name}
              distanceText={format(row.distance, before.length + i)}
              measure={isByCode ? "≈" : ""}
              clusterRank={row.clusterRank}
              side={SIDE}
              rank={row.place}
              tabIndex={roving.tabIndexOf(i)}
              name={
                `Row ${row.id}, a ${kind} that is no true neighbour` +
                `${row.place === null ? "" : `: ${ordinal(row.place)} nearest of all`}, ` +
                `${name} ${distance(row.distance)}, cluster ${row.cluster}, rank ${row.clusterRank}`
              }
            />
          </li>
        ))}
      </ol>
    </>
  );
}
