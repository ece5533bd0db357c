import { useMemo, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { count, percent, plural } from "../../model/format";
import { asSeen } from "../../model/truth";
import type { Workload } from "../../protocol/messages";
import { useApp } from "../../state/app";
import { HardestQueries } from "./HardestQueries";
import { IncludeSelf } from "./IncludeSelf";
import { RecallChart } from "./RecallChart";

const SAMPLE = 1000;
/** The mean recall that a sentence names the smallest nprobe of. */
const ENOUGH = 0.95;

/** Recall of many queries at every nprobe, and the hardest queries. */
export function WorkloadPanel() {
  const { exploration } = useApp();
  const workload = exploration.workloads.latest.value;
  return (
    <>
      {workload !== null && workload.computed > 0 && <Curves workload={workload} />}
      <div class="feder-words">
        <Evaluate />
        {workload !== null && <Facts workload={workload} />}
        {workload !== null && workload.computed > 0 && <HardestQueries />}
      </div>
    </>
  );
}

function Curves({ workload }: { workload: Workload }) {
  const { exploration } = useApp();
  const { k, nprobes, recall, reached, compared, shares, computed, apart } = workload;
  const n = nprobes.length;
  const [mean, share, ...band] = useMemo(() => {
    const bands = shares.map((_, i) => reached.subarray(i * n, (i + 1) * n));
    return [recall, compared, ...bands].map((values) => ({ at: nprobes, values }));
  }, [nprobes, n, recall, reached, compared, shares]);
  const nprobe = exploration.settings.nprobe.value;
  const at = placeOf(nprobes, nprobe);
  const height = mean.values[at];
  const where = apart && nprobes[at] !== nprobe ? ` at nprobe ${count(nprobes[at])}` : "";
  return (
    <div>
      <RecallChart
        name={`Mean recall@${k} of ${plural(computed, "query", "queries")} at ${apart ? `nprobe ${listed(Array.from(nprobes, count))}` : "every nprobe"}, and the recall that ${listed(shares.map(shareText))} of them reach`}
        curve={mean}
        band={band}
        share={apart ? null : share}
        isApart={apart}
        label={`mean recall@${k} = ${height.toFixed(3)}${where}`}
        height={height}
        stored={exploration.summary.value.storedNprobe}
      />
      <div class="feder-legend feder-bands">
        {["mean", ...bandNames(shares)].map((name) => (
          <span key={name}>
            <i /> {name}
          </span>
        ))}
      </div>
    </div>
  );
}

/** A form that starts the evaluation of a workload, or its progress. */
function Evaluate() {
  const { exploration } = useApp();
  const { workloads, settings } = exploration;
  const summary = exploration.summary.value;
  const [sample, setSample] = useState(Math.min(SAMPLE, summary.ntotal));
  const progress = workloads.progress.value;
  if (summary.unexplained !== null) return <p class="feder-muted">No workload: {summary.unexplained}.</p>;
  if (progress !== null) {
    const { done, asked, cancellable } = progress;
    return (
      <p class="feder-evaluate">
        <progress max={asked} value={done} aria-label="Evaluating" /> {count(Math.floor(done))} of{" "}
        {plural(asked, "query", "queries")}
        {cancellable && (
          <Button kind="small" onClick={() => workloads.cancel()}>
            Cancel
          </Button>
        )}
      </p>
    );
  }
  return (
    <>
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
      </form>
      <IncludeSelf />
      {summary.evaluatedAt.length > 0 && (
        <p class="feder-muted">
          {searchesText(summary.evaluatedAt)}: {summary.noCurve}.
        </p>
      )}
    </>
  );
}

/** The curves in words. */
function Facts({ workload }: { workload: Workload }) {
  const { exploration } = useApp();
  const {
    computed,
    asked,
    k,
    source,
    seed,
    include_self,
    reason,
    nprobes,
    recall,
    reached,
    compared,
    apart,
  } = workload;
  const n = nprobes.length;
  const nprobe = exploration.settings.nprobe.value;
  const at = placeOf(nprobes, nprobe);
  const reaches = workload.shares.map((share, i) => {
    const recalled = percent(reached[i * n + at]);
    return share === 1
      ? `every query reaches ${recalled}`
      : `${shareText(share)} of the queries reach ${recalled}`;
  });
  const enough = nprobes[recall.findIndex((mean) => mean >= ENOUGH - 1e-6)];
  const queries = plural(computed, "query", "queries");
  const from =
    source === "sample"
      ? `drawn from the index with seed ${seed}`
      : source === "ids"
        ? "rows of the index"
        : "vectors";
  return (
    <>
      <p class="feder-muted" role="status">
        {queries}
        {computed < asked && ` of ${count(asked)}${reason === null ? " so far" : ` (${reason})`}`}, {from}
        {source !== "vectors" &&
          (include_self
            ? ", each counted among its own neighbours"
            : ", each left out of its own neighbours")}{" "}
        · k = {k}
        {asSeen(exploration.summary.value)}
      </p>
      {computed > 0 && (
        <p>
          At nprobe = {count(nprobes[at])}
          {apart && nprobes[at] !== nprobe && `, the next below ${count(nprobe)} that was searched at`}:{" "}
          {listed(reaches)}, comparing {percent(compared[at])} of the vectors.
          {enough !== undefined && ` nprobe = ${count(enough)} gives ${shareText(ENOUGH)} on average.`}
        </p>
      )}
    </>
  );
}

/** The cost of a workload where recall takes a search at each nprobe. */
export function searchesText(at: readonly number[]): string {
  const few =
    at.length <= 4
      ? listed(at.map(count))
      : `${at.slice(0, 3).map(count).join(", ")}, … ${count(at[at.length - 1])}`;
  return `At nprobe ${few}, by ${plural(at.length, "search", "searches")} of each query`;
}

/** A share of the queries in percent: one that the kernel names, without more digits than it has. */
function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(6))}\u00a0%`;
}

/** The bands between the curves of these shares of the queries. */
export function bandNames(shares: readonly number[]): string[] {
  const name = (share: number) =>
    share === 1 ? "the worst query" : share === 0.5 ? "median" : shareText(share);
  return shares.slice(1).map((share, i) => `${i === 0 ? `${name(shares[0])} ` : ""}to ${name(share)}`);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** The last place in `nprobes` whose value is at most `nprobe`. */
function placeOf(nprobes: Int32Array, nprobe: number): number {
  let place = 0;
  while (place + 1 < nprobes.length && nprobes[place + 1] <= nprobe) place++;
  return place;
}
