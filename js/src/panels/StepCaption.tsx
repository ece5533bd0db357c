import { count, distance, ordinal, plural } from "../model/format";
import { useApp } from "../state/app";
import type { Exploration } from "../state/exploration";

/** The player's step in a sentence. */
export function StepCaption() {
  const { exploration } = useApp();
  const step = exploration.step.value;
  return (
    <p class="feder-step" aria-live="polite" hidden={step === null}>
      {step === null ? "" : stepSentence(exploration, step)}
    </p>
  );
}

/** The sentence of a step. */
export function stepSentence(exploration: Exploration, step: number): string {
  const { search, results, wanted, entered, left } = exploration;
  const summary = exploration.summary.value;
  const shown = search.value;
  if (shown === null || step === 0)
    return `Overview: ${plural(summary.ntotal, "vector")} in ${plural(summary.nlist, "cluster")}`;
  if (step === 1)
    return summary.coarseExact
      ? `Coarse search: ${plural(summary.nlist, "centroid")} ranked by distance to the query`
      : `Coarse search: an approximate search ranks ${plural(summary.nlist, "cluster")}`;
  const { ranks, count: probed } = wanted.value;
  if (step - 2 >= probed) return "Re-ranking: the best of the first pass are compared again";
  const rank = ranks[step - 2];
  const found = results.value;
  const last = found[found.length - 1];
  const worst =
    last === undefined ? "" : `; ${ordinal(found.length)} result now at ${distance(last.distance)}`;
  const isNow = exploration.player.now === step && exploration.step.value !== null;
  const change = isNow
    ? `: ${count(entered.value.length)} came in, ${count(left.value.length)} went out`
    : "";
  return (
    `Fine search: cluster ${shown.order[rank - 1]}, ${ordinal(step - 1)} of ${count(probed)}, ` +
    `${plural(shown.sizeAt(rank), "vector")} compared${change}${worst}` +
    (summary.refinedDistance !== null && step > probed ? "; the best are re-ranked next" : "")
  );
}
