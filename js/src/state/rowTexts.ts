import { distanceText, lossText } from "../model/missedText";
import { isSwitchedOff } from "../model/probe";
import type { Summary } from "../model/summary";
import { type Missed, nearestRankOf } from "../model/truth";
import { verdictText } from "../model/verdict";
import type { Verdict } from "../protocol/messages";
import type { Exploration } from "./exploration";

/** The index, with what holds for this search. */
function summaryNow({ summary, isSteady }: Exploration): Summary {
  return { ...summary.value, steady: isSteady.value };
}

/** Why a row came back in the search on screen, or why it did not. */
export function rowVerdict(exploration: Exploration, verdict: Verdict): string {
  const { results, outcome, probe, wanted, settings, missed, summary, leftOut, search } = exploration;
  return verdictText(
    {
      results: results.value,
      outcome: outcome.value,
      probe: probe.value,
      wanted: wanted.value,
      isSwitchedOff: (rank) =>
        search.value !== null && isSwitchedOff(search.value, exploration.switched.value, rank),
      nprobe: settings.nprobe.value,
      k: settings.k.value,
      missed: missed.value,
      leftOut: leftOut.value,
      summary: summaryNow(exploration),
      reach: search.value?.reach ?? summary.value.nlist,
      nearestRank: (rank) =>
        search.value === null ? rank : nearestRankOf(search.value, rank, summary.value),
    },
    verdict,
  );
}

/** The stage of the search on screen that loses a true neighbour. */
export function rowLoss(exploration: Exploration, row: Missed): string {
  return lossText(row, summaryNow(exploration));
}

/** The distances of a true neighbour that the search on screen does not find. */
export function rowDistance({ summary }: Exploration, row: Missed): string {
  return distanceText(row, summary.value);
}
