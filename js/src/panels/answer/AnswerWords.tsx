import { useEffect } from "preact/hooks";
import { Button } from "../../controls/Button";
import { DashboardLink } from "../../controls/DashboardLink";
import { IncludeSelf } from "../../controls/IncludeSelf";
import { mark } from "../../look/mark";
import { bytes, count, plural } from "../../model/format";
import type { Search } from "../../model/search";
import type { Summary } from "../../model/summary";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { FindingList, isGrave } from "./FindingList";

/** Everything else that there is to say about this answer. */
export function AnswerWords() {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const outcome = exploration.outcome.value;
  const search = exploration.search.value;
  const results = exploration.results.value;
  const { ranks, count: probed } = exploration.probe.value;
  const complete = search !== null && results.length > 0 && search.received >= (ranks[probed - 1] ?? 0);
  useEffect(() => {
    if (!complete) return;
    const frame = requestAnimationFrame(() => mark("feder:results"));
    return () => cancelAnimationFrame(frame);
  }, [search, complete]);
  const k = settings.k.value;
  const holds = search?.scanned(ranks) ?? 0;
  const isLeftOut = exploration.leftOut.value !== null;
  const own = search !== null && isLeftOut && holds < k + search.copies ? search.ownIn(ranks) : 0;
  const switched = exploration.switched.value.size;
  return (
    <div class="feder-words">
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
      {probed > 0 && holds - own < k && (
        <p class="feder-muted">
          k = {count(k)} cannot be reached: the {plural(probed, "probed cluster")}{" "}
          {probed === 1 ? "holds" : "hold"} only {plural(holds - own, "vector")}
          {own > 0 && " besides the query"}.
        </p>
      )}
      {probed > 0 && results.length === 0 && holds > 0 && !complete && (
        <p class="feder-muted">Waiting for candidates…</p>
      )}
      {switched > 0 && (
        <p>
          {plural(switched, "cluster")} switched by hand.{" "}
          <Button
            kind="small"
            onClick={() => {
              exploration.switched.value = new Map();
            }}
          >
            Reset
          </Button>
        </p>
      )}
      {search !== null && search.id !== null && <IncludeSelf value={settings.includeSelf} />}
      <Certainty />
      <FindingList findings={exploration.findings.value.filter((finding) => !isGrave(finding))} />
    </div>
  );
}

/** What geometry alone proves while the true neighbours are not known, and a button to compare the rest. */
function Certainty() {
  const { exploration } = useApp();
  const open = exploration.openClusters.value;
  const search = exploration.search.value;
  const summary = exploration.summary.value;
  const { nlist } = summary;
  const unprobed = nlist - exploration.probed.value;
  const missing = search === null ? 0 : search.upTo[nlist] - search.upTo[search.received];
  // Distances of a second pass are no bounds of distances by code.
  const isComparable = !exploration.isOutdated.value && !exploration.outcome.value?.first_k;
  const isKnown = exploration.truth.value !== null;
  return (
    <>
      {isComparable && !isKnown && open?.count === 0 && <p class="feder-certain">{certainText(summary)}</p>}
      {isComparable && open !== null && open.count > 0 && !isKnown && (
        <p class="feder-muted">
          By geometry alone, {open.isLeast && "at least "}
          {count(open.count)} of {plural(unprobed, "unprobed cluster")} could hold a vector nearer than the
          last result.
        </p>
      )}
      {search?.exhaustive === false && missing > 0 && (
        <Button disabled={!exploration.canComplete.value} onClick={() => exploration.needRest(nlist)}>
          Compare the other {plural(missing, "vector")}
          {timeText(exploration, missing)}
          {truthText(search)}
        </Button>
      )}
      <TruthProgress />
    </>
  );
}

/** How far the kernel is with the true neighbours by the original vectors. */
function TruthProgress() {
  const progress = useApp().exploration.truthProgress.value;
  if (progress === null) return null;
  return (
    <p class="feder-evaluate">
      <progress max={progress.asked} value={progress.done} aria-label="Comparing the original vectors" />{" "}
      {count(progress.done)} of {plural(progress.asked, "original vector")} compared
      <DashboardLink address={progress.dashboard} />
    </p>
  );
}

/** The price of a pass over the original vectors, which follows. */
function truthText({ truthBytes, truthSeconds }: Search): string {
  if (truthBytes === 0) return "";
  const seconds = truthSeconds > 0.1 ? `, about ${truthSeconds.toPrecision(2)} s` : "";
  return `, then the original vectors (${bytes(truthBytes)}${seconds})`;
}

/** What the geometry of the clusters proves where no unprobed cluster can hold anything nearer than the last result. */
function certainText({ exact, given }: Summary): string {
  if (exact && !given) return "Certified exact: no unprobed cluster can hold anything nearer.";
  return `No unprobed cluster can hold anything nearer ${exact ? "by the vectors in the index" : "by code"}.`;
}

/** The estimated time of comparing so many vectors, from the time of the probed ones. */
function timeText({ timings, search }: Exploration, vectors: number): string {
  const compared = search.value?.upTo[search.value.fine] ?? 0;
  const seconds = ((timings.value?.seconds.fine ?? 0) * vectors) / Math.max(1, compared);
  return seconds > 0.1 ? ` (about ${seconds.toPrecision(2)} s)` : "";
}
