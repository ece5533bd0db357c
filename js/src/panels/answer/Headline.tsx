import { Button } from "../../controls/Button";
import { headline, lossTexts } from "../../model/answerText";
import { count, plural } from "../../model/format";
import { asSeen, nprobeNeeded, nprobeNeededWith } from "../../model/truth";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";

/** The answer in one line, why true neighbours are missed, and what finds them. */
export function Headline() {
  const { exploration } = useApp();
  const { truth, found, foundAmong, step, results } = exploration;
  const summary = exploration.summary.value;
  const lost = exploration.missed.value;
  const outcome = exploration.outcome.value;
  const neighbours = truth.value?.neighbours ?? null;
  const isPartial = step.value !== null;
  const measure =
    neighbours === null && outcome !== null && summary.refinedDistance !== null
      ? summary.refinedDistance
      : summary.trueDistance;
  const name = `${measure}${summary.given ? "" : asSeen(summary)}`;
  return (
    <>
      <h3 class="feder-headline" role="status">
        <b>
          {neighbours === null
            ? plural(results.value.length, "result")
            : headline(found.value, neighbours.length, foundAmong.value, isPartial)}
        </b>
        <small title={name}>{name}</small>
      </h3>
      <p class="feder-reason-line" aria-live="polite">
        {lost.length > 0 ? (
          <span>
            <b class="feder-danger">{count(lost.length)} missed:</b> {lossTexts(lost).join("; ")}
          </span>
        ) : (
          quietReason(exploration)
        )}
        <Cure />
      </p>
    </>
  );
}

/** A button that finds what is missed: by a greater nprobe, or without what was switched off by hand. */
function Cure() {
  const { exploration } = useApp();
  const { settings, truth, missed, switched, isSteady } = exploration;
  const search = exploration.search.value;
  const { replayable, given } = exploration.summary.value;
  if (missed.value.length === 0 || truth.value === null || search === null) return null;
  // Where each nprobe ranks the clusters in its own way, this ranking tells of no other.
  const isKnown = given || isSteady.value;
  const nprobe = settings.nprobe.value;
  const isOff = missed.value.some(({ lostTo }) => lostTo === "off");
  const needed = !isKnown
    ? null
    : isOff || switched.value.size === 0
      ? nprobeNeeded(truth.value)
      : nprobeNeededWith(truth.value, search, switched.value);
  const isMore = needed !== null && needed > nprobe;
  if (!isOff && !isMore) return null;
  const finds = given || replayable ? "finds" : "probes";
  return (
    <Button
      kind="primary"
      onClick={() => {
        if (isOff) switched.value = new Map();
        if (isMore) settings.nprobe.value = needed;
      }}
    >
      {isMore ? `nprobe = ${count(needed)} ${isOff ? "alone " : ""}${finds} all` : "Probe by nprobe alone"}
    </Button>
  );
}

/** What is to be said where nothing is known to be missed. */
function quietReason(exploration: Exploration): string {
  const { truth, step, status, settings, lacksTruth, switched, canComplete, foundAmong, isSteady } =
    exploration;
  const { unexplained, given } = exploration.summary.value;
  if (unexplained !== null) return `No true neighbours to compare with: ${unexplained}.`;
  if (truth.value === null) {
    if (status.value === "searching") return "Comparing the other clusters…";
    if (!lacksTruth.value) return "Not all clusters have been compared.";
    if (switched.value.size > 0)
      return "Not compared with the true neighbours while clusters are switched by hand.";
    return canComplete.value ? "Waiting for the true neighbours…" : "The true neighbours have not arrived.";
  }
  if (step.value !== null || foundAmong.value === null) return "";
  const needed = given || isSteady.value ? nprobeNeeded(truth.value) : null;
  if (switched.value.size > 0 || needed === null || needed >= settings.nprobe.value) return "";
  return `nprobe = ${count(needed)} would do.`;
}
