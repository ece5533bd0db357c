import { useMemo } from "preact/hooks";
import { Button } from "../../controls/Button";
import { IdForm } from "../../controls/IdForm";
import { count, percent, plural } from "../../model/format";
import type { Summary } from "../../model/summary";
import {
  asSeen,
  foundBy,
  type Missed,
  nprobeNeeded,
  returnedAt,
  STAGE_NAMES,
  type Stage,
  type Truth,
} from "../../model/truth";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { IncludeSelf } from "./IncludeSelf";
import { RecallChart } from "./RecallChart";

/** Recall of this query at every nprobe, and in words at the current one. */
export function QueryRecall() {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const truth = exploration.truth.value;
  const found = exploration.found.value;
  const total = truth?.neighbours.length ?? 0;
  const share = useMemo(() => {
    const sizes = search?.upTo.subarray(1) ?? new Float64Array(summary.nlist);
    const all = Math.max(1, sizes[sizes.length - 1]);
    return { at: sizes.map((_, i) => i + 1), values: sizes.map((size) => size / all) };
  }, [search, summary]);
  // Where each nprobe needs a search of its own, cluster ranks give no curve.
  const curve = useMemo(() => (summary.noCurve === null ? curveOf(truth) : null), [truth, summary]);
  if (search === null) {
    return <p class="feder-muted">No query yet: pick one to see at which nprobe its neighbours are found.</p>;
  }
  const { k } = settings;
  const label =
    truth === null
      ? `${percent(share.values[settings.nprobe.value - 1])} of the vectors compared`
      : `recall@${k.value} ${exploration.foundAmong.value === "results" ? "=" : "≤"} ${found}/${total}`;
  const switched = exploration.switched.value.size;
  return (
    <>
      <RecallChart
        name={
          curve === null
            ? "Share of the vectors compared at every nprobe"
            : `Recall at every nprobe: ${curve.at.map((at, i) => `${Math.round(total * curve.values[i])} of ${total} from ${at}`).join(", ")}`
        }
        curve={curve}
        share={share}
        label={label}
        height={truth === null ? 0 : found / Math.max(1, total)}
      />
      <div class="feder-words">
        <p aria-live="polite">{sentence(exploration, truth)}</p>
        {truth !== null && summary.noCurve !== null && (
          <p class="feder-muted">No curve: recall takes a search at each nprobe, as {summary.noCurve}.</p>
        )}
        {search.id !== null && <IncludeSelf />}
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
        <Certainty />
        {exploration.findings.value.map(({ code, severity, sentence, remedy }) => (
          <p key={code} class="feder-finding" data-severity={severity}>
            {sentence} {remedy !== null && <span class="feder-muted">{remedy}</span>}
          </p>
        ))}
        <WhyNot />
      </div>
    </>
  );
}

/** A field to ask why a row did not come back. */
function WhyNot() {
  const { exploration, asker, card } = useApp();
  const why = async (id: bigint, opener: HTMLElement) => {
    const serial = exploration.search.peek()?.serial;
    const includeSelf = exploration.settings.includeSelf.peek();
    const answer = serial === undefined ? null : await asker.verdict(serial, id, includeSelf);
    if (serial !== exploration.search.peek()?.serial) return;
    if (answer?.kind === "verdict") {
      const { distance: distanceName } = exploration.summary.peek();
      card.value = { ...answer, distanceName, opener };
    } else if (answer !== null) exploration.complain(answer.message);
  };
  return (
    <div class="feder-evaluate">
      Why not this one?
      <IdForm name="Row that did not come back" button="Explain" submit={why} />
    </div>
  );
}

/** The guarantee of geometry alone, and a button to compare the rest. */
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
  // Once the true neighbours are known, nothing is left to prove.
  const isOpen = isComparable && exploration.truth.value === null;
  return (
    <>
      {isOpen && open === 0 && <p class="feder-certain">{certainText(summary)}</p>}
      {isOpen && open !== null && open > 0 && (
        <p class="feder-muted">
          By geometry alone, {count(open)} of {plural(unprobed, "unprobed cluster")} could hold a vector
          nearer than the last result.
        </p>
      )}
      {search?.exhaustive === false && missing > 0 && (
        <Button disabled={!exploration.canComplete.value} onClick={() => exploration.needRest(nlist)}>
          Compare the other {plural(missing, "vector")}
          {timeText(exploration, missing)}
        </Button>
      )}
    </>
  );
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

/** The outcome of this search in words. */
function sentence(exploration: Exploration, truth: Truth | null): string {
  const { missed, wanted, found, step, status, settings, lacksTruth, switched, canComplete, foundAmong } =
    exploration;
  const summary = exploration.summary.value;
  if (step.value !== null) return "";
  if (summary.unexplained !== null) return `No true neighbours to compare with: ${summary.unexplained}.`;
  if (truth === null) {
    if (status.value === "searching") return "Comparing the other clusters…";
    if (!lacksTruth.value) return "Not all clusters have been compared.";
    if (switched.value.size > 0)
      return "Not compared with the true neighbours while clusters are switched by hand.";
    return canComplete.value ? "Waiting for the true neighbours…" : "The true neighbours have not arrived.";
  }
  const total = truth.neighbours.length;
  const lost = missed.value;
  const needed = nprobeNeeded(truth);
  const seen = asSeen(summary);
  if (lost.length === 0) {
    if (foundAmong.value === null) return "Whether all true neighbours came back is not known yet.";
    const isKnown = foundAmong.value === "results";
    const came = isKnown ? "came back" : `${total === 1 ? "is" : "are"} among the candidates`;
    const spare =
      needed !== null && needed < settings.nprobe.value ? ` nprobe = ${count(needed)} would do.` : "";
    return `${total === 1 ? "The true neighbour" : `All ${plural(total, "true neighbour")}`} ${came}${seen}.${spare}`;
  }
  const losses = (stage: Stage) => lost.filter(({ lostTo }) => lostTo === stage);
  const off = losses("coarse").filter(({ clusterRank }) => clusterRank <= settings.nprobe.value);
  const unseen = losses("coarse").filter((row) => !off.includes(row));
  const clusters = (rows: readonly Missed[]) => {
    const ranks = [...new Set(rows.map(({ clusterRank }) => clusterRank))].sort((a, b) => a - b);
    const few =
      ranks.length > 4
        ? [...ranks.slice(0, 3).map(count), `… ${count(ranks[ranks.length - 1])}`]
        : ranks.map(count);
    return `${ranks.length === 1 ? "the cluster" : "clusters"} ranked ${few.join(", ").replace(", …", " …")}`;
  };
  const was = (n: number) => `${n} ${n === 1 ? "was" : "were"}`;
  return [
    `${foundAmong.value === null ? "At most " : ""}${found.value} of the ${total} true neighbours ` +
      `${foundAmong.value === "candidates" ? "are among the candidates" : "came back"}${seen}.`,
    unseen.length > 0 &&
      `${was(unseen.length)} missed: the search probed ${plural(wanted.value.count, "cluster")}, and ` +
        `${unseen.length === 1 ? "it is" : "they are"} in ${clusters(unseen)}.`,
    off.length > 0 && `${was(off.length)} in ${clusters(off)}, switched off by hand.`,
    losses("limit").length > 0 &&
      `${was(losses("limit").length)} not compared: the search stopped before the end of the probed clusters.`,
    ...(["code", "refine"] as const).map((stage) => {
      const n = losses(stage).length;
      return n > 0 && `${was(n)} lost to the ${STAGE_NAMES[stage]}, which put others first.`;
    }),
  ]
    .filter(Boolean)
    .join(" ");
}

function curveOf(truth: Truth | null) {
  if (truth === null || truth.turns.length === 0) return null;
  const total = Math.max(1, truth.neighbours.length);
  return { at: truth.turns, values: truth.turns.map((at) => foundBy(truth, returnedAt(at)) / total) };
}
