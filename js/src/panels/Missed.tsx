import { Button } from "../controls/Button";
import { rowKeys } from "../controls/rowKeys";
import { count, ordinal, plural } from "../model/format";
import type { Summary } from "../model/summary";
import { asSeen, foundFrom, type Missed as MissedRow, nprobeNeeded, STAGE_NAMES } from "../model/truth";
import { useApp } from "../state/app";
import type { Exploration } from "../state/exploration";
import { rowDistance, rowLoss } from "../state/rowTexts";
import { Tile } from "./Tile";

const SIDE = 90;

/** The true neighbours that the search did not return, and the nprobe that finds them. */
export function Missed() {
  const { exploration } = useApp();
  const { missed, truth, settings } = exploration;
  const summary = exploration.summary.value;
  const lost = missed.value;
  if (truth.value === null || exploration.step.value !== null) return null;
  const keys = rowKeys(lost.map(({ id }) => id));
  const needed = nprobeNeeded(truth.value);
  const isFoundThere = summary.given || (summary.replayable && summary.steady);
  return (
    <section class="feder-missed">
      <h3>
        {lost.length === 0 ? (
          <>
            Missed <small>{nothingText(exploration, truth.value.neighbours.length)}</small>
          </>
        ) : (
          <>
            <span class="feder-danger">{plural(lost.length, "true neighbour")} missed</span>
            {asSeen(summary) && <small>{asSeen(summary).slice(2)}</small>}
            {needed !== null && needed > settings.nprobe.value && (
              <Button
                kind="small"
                onClick={() => {
                  exploration.switched.value = new Map();
                  settings.nprobe.value = needed;
                }}
              >
                nprobe = {count(needed)} {isFoundThere ? "finds" : "probes"} all
              </Button>
            )}
          </>
        )}
      </h3>
      <ol class="feder-tiles" aria-label="Missed">
        {lost.map((row, i) => {
          const { id, cluster, clusterRank, distance: value, place } = row;
          return (
            <li key={keys[i]} data-id={id.toString()} data-distance={value} data-found={clusterRank}>
              <Tile
                id={id}
                cluster={cluster}
                distance={value}
                distanceName={summary.trueDistance}
                clusterRank={null}
                side={SIDE}
                rank={place}
                isMissed
                note={noteOf(row, settings.nprobe.value, summary)}
                name={
                  `Row ${id}, missed: ${ordinal(place)} nearest of all, ${rowDistance(exploration, row)}, ` +
                  `cluster ${cluster}, rank ${clusterRank}, ` +
                  rowLoss(exploration, row)
                }
              />
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Why no true neighbour is listed: all came back, or the results are not known. */
function nothingText({ summary, foundAmong }: Exploration, total: number): string {
  if (foundAmong.value === null) return "not known yet";
  const came = foundAmong.value === "results" ? "came back" : "are among the candidates";
  return `nothing: all ${plural(total, "true neighbour")} ${came}${asSeen(summary.value)}`;
}

/** For its tile: the nprobe that finds a missed row, or the stage that lost it. */
function noteOf(row: MissedRow, nprobe: number, summary: Summary): string {
  if (row.lostTo === "limit") return "not compared";
  if (row.lostTo !== "coarse") return `lost to ${STAGE_NAMES[row.lostTo]}`;
  if (row.clusterRank <= nprobe) return "switched off";
  const from = foundFrom(row, summary);
  return from === null ? `from nprobe\u00a0${count(row.clusterRank)}` : `nprobe\u00a0${count(from)}`;
}
