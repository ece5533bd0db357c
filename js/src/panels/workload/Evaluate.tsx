import { useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { count, plural } from "../../model/format";
import { asSeen } from "../../model/truth";
import { searchesText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useApp } from "../../state/app";
import { IncludeSelf } from "../IncludeSelf";

const SAMPLE = 1000;

/** A form that starts the evaluation of a workload, or its progress. */
function EvaluateForm() {
  const { exploration } = useApp();
  const { workloads, settings } = exploration;
  const summary = exploration.summary.value;
  const [sample, setSample] = useState(Math.min(SAMPLE, summary.ntotal));
  const progress = workloads.progress.value;
  if (progress !== null) {
    return (
      <p class="feder-evaluate">
        <progress max={progress.asked} value={progress.done} aria-label="Evaluating" />{" "}
        {count(Math.floor(progress.done))} of {plural(progress.asked, "query", "queries")}
        {progress.cancellable && (
          <Button kind="small" onClick={() => workloads.cancel()}>
            Cancel
          </Button>
        )}
      </p>
    );
  }
  return (
    <form
      class="feder-evaluate"
      onSubmit={(event) => {
        event.preventDefault();
        if (Number.isInteger(sample) && sample > 0) {
          const { k, includeSelf } = settings;
          workloads.evaluate(sample, Math.floor(Math.random() * 2 ** 31), k.peek(), includeSelf.peek());
        } else exploration.complain("the number of queries must be a whole number above 0");
      }}
    >
      <input
        type="number"
        min={1}
        max={summary.constants.sampleLimit}
        aria-label="Queries drawn from the index"
        value={sample}
        onInput={(event) => setSample(event.currentTarget.valueAsNumber)}
      />
      <button
        type="submit"
        class="feder-button"
        disabled={exploration.status.value === "disconnected"}
        title="Search for rows drawn at random and compare with exhaustive searches"
      >
        Evaluate queries
      </button>
      <IncludeSelf />
    </form>
  );
}

/** What was evaluated; above it, where a kernel answers, a form that evaluates. */
export function Evaluate() {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const workload = exploration.workloads.latest.value;
  if (summary.unexplained !== null) return <p class="feder-muted">No workload: {summary.unexplained}.</p>;
  return (
    <div class="feder-evaluation">
      {exploration.asker.recorded === null && <EvaluateForm />}
      {summary.evaluatedAt.length > 0 && (
        <p class="feder-muted">
          {searchesText(summary.evaluatedAt)}: {summary.noCurve}.
        </p>
      )}
      {workload !== null && (
        <p class="feder-muted" role="status">
          {sourceText(workload)}
          {asSeen(summary)}
        </p>
      )}
    </div>
  );
}

function sourceText({ computed, asked, reason, source, seed, include_self, k }: Workload): string {
  const from =
    source === "sample" ? `drawn with seed ${seed}` : source === "ids" ? "rows of the index" : "vectors";
  const part = computed < asked ? ` of ${count(asked)}${reason === null ? " so far" : ` (${reason})`}` : "";
  const self =
    source === "vectors"
      ? ""
      : include_self
        ? ", each counted among its own neighbours"
        : ", each left out of its own neighbours";
  return `${plural(computed, "query", "queries")}${part}, ${from}${self} · k = ${count(k)}`;
}
