import { useEffect } from "preact/hooks";
import { plural } from "../../model/format";
import { useApp } from "../../state/app";
import { Decision } from "./Decision";
import { Evaluate } from "./Evaluate";
import { HardestQueries } from "./Hardest";
import { Percentiles } from "./Percentiles";

/** Recall of many queries: the nprobe that reaches a target, the spread, and the hardest queries. */
export function WorkloadPanel() {
  const { exploration } = useApp();
  const { workloads } = exploration;
  const workload = workloads.latest.value;
  const isSaved = exploration.asker.recorded !== null;
  useEffect(() => workloads.want(), [workloads]);
  return (
    <section class="feder-workload" aria-label="Workload">
      <Evaluate />
      {workload === null || workload.computed === 0 ? (
        isSaved ? (
          <p class="feder-muted">No workload was evaluated before this page was saved.</p>
        ) : (
          <p class="feder-muted">
            Many queries, each searched for at every nprobe and compared with an exhaustive search: which
            nprobe is enough, for how many of them, at what cost. {plural(1000, "row")} take seconds for most
            indexes.
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
