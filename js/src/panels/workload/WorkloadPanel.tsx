import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { plural } from "../../model/format";
import type { Summary } from "../../model/summary";
import { asSeen } from "../../model/truth";
import { useApp } from "../../state/app";
import { useWorkload, WorkloadContext, type WorkloadSetting } from "../../state/workloadContext";
import { Decision } from "./Decision";
import { Evaluate } from "./Evaluate";
import { HardestQueries } from "./Hardest";
import { Percentiles } from "./Percentiles";

/** The workload of an index of inverted lists. */
export function WorkloadPanel() {
  const { exploration, target } = useApp();
  const { workloads, settings, asker } = exploration;
  const summary = exploration.summary.value;
  const isDisconnected = useComputed(() => exploration.status.value === "disconnected");
  const setting: WorkloadSetting = {
    workloads,
    target,
    parameter: {
      name: "nprobe",
      value: settings.nprobe,
      stored: summary.storedNprobe,
      most: summary.nlist,
      remedy: remedyText(summary),
      code: (nprobe) => `faiss.extract_index_ivf(index).nprobe = ${nprobe}`,
    },
    k: settings.k,
    includeSelf: settings.includeSelf,
    rows: summary.ntotal,
    sampleLimit: summary.constants.sampleLimit,
    refused: summary.unexplained,
    evaluatedAt: summary.evaluatedAt,
    noCurve: summary.noCurve,
    given: summary.given,
    seen: asSeen(summary),
    recorded: asker.recorded,
    isDisconnected,
    ask: (place) => exploration.ask({ workload: place }),
    complain: (message) => exploration.complain(message),
  };
  return (
    <WorkloadContext.Provider value={setting}>
      <WorkloadSection />
    </WorkloadContext.Provider>
  );
}

function remedyText({ given, exact, refinedDistance }: Summary): string {
  if (!given || exact) return "Ask for less recall, or for fewer of the queries.";
  return refinedDistance === null
    ? "What the code loses comes back with finer codes or a re-ranking."
    : "What the code loses comes back with finer codes or a larger k_factor.";
}

/** Recall of many queries: the value of the parameter that reaches a target, the spread, the hardest queries. */
export function WorkloadSection() {
  const { workloads, recorded, parameter } = useWorkload();
  const workload = workloads.latest.value;
  useEffect(() => workloads.want(), [workloads]);
  return (
    <section class="feder-workload" aria-label="Workload">
      <Evaluate />
      {workload === null || workload.computed === 0 ? (
        recorded !== null ? (
          <p class="feder-muted">No workload was evaluated before this page was saved.</p>
        ) : (
          <p class="feder-muted">
            Many queries, each searched for at every {parameter.name} and compared with an exhaustive search:
            which {parameter.name} is enough, for how many of them, at what cost. {plural(1000, "row")} take
            seconds for most indexes.
          </p>
        )
      ) : (
        <>
          <Decision workload={workload} />
          <Percentiles workload={workload} />
          <HardestQueries />
        </>
      )}
    </section>
  );
}
