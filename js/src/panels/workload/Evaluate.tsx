import { useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { DashboardLink } from "../../controls/DashboardLink";
import { IncludeSelf } from "../../controls/IncludeSelf";
import { count, plural } from "../../model/format";
import { searchesText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useWorkload } from "../../state/workloadContext";

const SAMPLE = 1000;

/** A form that starts the evaluation of a workload, or its progress. */
function EvaluateForm() {
  const { workloads, k, includeSelf, rows, sampleLimit, isDisconnected, complain } = useWorkload();
  const [sample, setSample] = useState(Math.min(SAMPLE, rows));
  const progress = workloads.progress.value;
  if (progress !== null) {
    return (
      <p class="feder-evaluate">
        <progress max={progress.asked} value={progress.done} aria-label="Evaluating" />{" "}
        {count(Math.floor(progress.done))} of {plural(progress.asked, "query", "queries")}
        <DashboardLink address={progress.dashboard} />
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
          workloads.evaluate(sample, Math.floor(Math.random() * 2 ** 31), k.peek(), includeSelf.peek());
        } else complain("the number of queries must be a whole number above 0");
      }}
    >
      <input
        type="number"
        min={1}
        max={sampleLimit}
        aria-label="Queries drawn from the index"
        value={sample}
        onInput={(event) => setSample(event.currentTarget.valueAsNumber)}
      />
      <button
        type="submit"
        class="feder-button"
        disabled={isDisconnected.value}
        title="Search for rows drawn at random and compare with exhaustive searches"
      >
        Evaluate queries
      </button>
      <IncludeSelf value={includeSelf} />
    </form>
  );
}

/** What was evaluated; above it, where a kernel answers, a form that evaluates. */
export function Evaluate() {
  const { workloads, refused, recorded, evaluatedAt, noCurve, seen } = useWorkload();
  const workload = workloads.latest.value;
  if (refused !== null) return <p class="feder-muted">No workload: {refused}.</p>;
  return (
    <div class="feder-evaluation">
      {recorded === null && <EvaluateForm />}
      {evaluatedAt.length > 0 && (
        <p class="feder-muted">
          {searchesText(evaluatedAt)}: {noCurve}.
        </p>
      )}
      {workload !== null && (
        <p class="feder-muted" role="status">
          {sourceText(workload)}
          {seen}
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
