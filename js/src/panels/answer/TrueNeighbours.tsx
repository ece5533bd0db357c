import { useRoving } from "../../controls/roving";
import { rowKeys } from "../../controls/rowKeys";
import { count, distance, distancesFormat, ordinal } from "../../model/format";
import type { RankedNeighbour } from "../../model/rankedTruth";
import type { Missed } from "../../model/truth";
import { useApp } from "../../state/app";
import { rowDistance, rowLoss } from "../../state/rowTexts";
import { Tile } from "../Tile";

const SIDE = 90;
const STAGE_TAGS = {
  off: "switched off",
  ranking: "wrongly ranked",
  unreached: "never probed",
  limit: "not compared",
  both: "lost to code",
  code: "lost to code",
  refine: "lost in re-rank",
} as const;

/** The k true neighbours in order: came back, or missed, dashed in its place. */
export function TrueNeighbours({ neighbours }: { neighbours: readonly RankedNeighbour[] }) {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const roving = useRoving<HTMLOListElement>(neighbours.length);
  const keys = rowKeys(neighbours.map(({ id }) => id));
  const query = exploration.search.value?.id ?? null;
  const format = distancesFormat(neighbours.map((row) => row.distance));
  const entered = new Set(exploration.entered.value.map(({ id }) => id));
  const isPartial = exploration.step.value !== null;
  const came = exploration.foundAmong.value === "results" ? "came back" : "among the candidates";
  return (
    <ol
      ref={roving.list}
      class="feder-tiles"
      aria-label="True neighbours"
      onFocusIn={roving.onFocusIn}
      onKeyDown={roving.onKeyDown}
    >
      {neighbours.map((row, i) => {
        const { id, cluster, clusterRank, place, state, missed } = row;
        const isQuery = id === query && row.distance === neighbours[0].distance;
        return (
          <li
            key={keys[i]}
            data-id={id.toString()}
            data-distance={row.distance}
            data-state={state}
            data-rank={clusterRank}
            data-entered={entered.has(id)}
          >
            <Tile
              id={id}
              cluster={cluster}
              distance={row.distance}
              distanceName={summary.trueDistance}
              distanceText={format(row.distance, i)}
              clusterRank={state === "found" || (state === "pending" && !isPartial) ? clusterRank : null}
              side={SIDE}
              rank={place}
              isMissed={state === "missed"}
              isPending={state === "pending" && isPartial}
              tabIndex={roving.tabIndexOf(i)}
              {...(missed !== null ? { tag: tagOf(missed) } : isQuery ? { tag: "query" } : {})}
              name={
                `Row ${id}, ${ordinal(place)} nearest of all, ${
                  missed === null
                    ? `${summary.trueDistance} ${distance(row.distance)}`
                    : rowDistance(exploration, missed)
                }, ` +
                `cluster ${cluster}, rank ${clusterRank}, ` +
                (missed !== null
                  ? `missed: ${rowLoss(exploration, missed)}`
                  : state === "pending"
                    ? isPartial
                      ? "not compared yet"
                      : "a candidate, not known to come back"
                    : `${came}${isQuery ? ", the query itself" : ""}`)
              }
            />
          </li>
        );
      })}
    </ol>
  );
}

/** On its picture: the rank of its cluster, or the stage that lost it. */
function tagOf({ lostTo, clusterRank }: Missed): string {
  return lostTo === "coarse" ? `rank ${count(clusterRank)}` : STAGE_TAGS[lostTo];
}
