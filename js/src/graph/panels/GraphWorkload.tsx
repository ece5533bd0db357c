import { useComputed } from "@preact/signals";
import { WorkloadSection } from "../../panels/workload/WorkloadPanel";
import { WorkloadContext, type WorkloadSetting } from "../../state/workloadContext";
import { useGraphApp } from "../state/graphApp";

const SEEN = { vectors: ", by the original vectors", lists: "", codes: ", as the codes see it" } as const;

/** The workload of a graph: which efSearch is enough. */
export function GraphWorkload() {
  const { exploration, target } = useGraphApp();
  const { workloads, settings, asker } = exploration;
  const facts = exploration.facts.value;
  const isDisconnected = useComputed(() => exploration.status.value === "disconnected");
  const evaluated = workloads.latest.value?.nprobes;
  const setting: WorkloadSetting = {
    workloads,
    target,
    parameter: {
      name: "efSearch",
      value: settings.efSearch,
      stored: facts.storedEf,
      most: evaluated === undefined ? facts.efLimit : evaluated[evaluated.length - 1],
      remedy:
        facts.basis === "vectors"
          ? "The rest takes finer codes, a re-ranking or a graph with more links."
          : "The rest takes a larger efSearch or a graph with more links.",
      code: (ef) => `index.hnsw.efSearch = ${ef}`,
    },
    k: settings.k,
    includeSelf: settings.includeSelf,
    rows: facts.ntotal,
    sampleLimit: facts.constants.sampleLimit,
    refused: null,
    evaluatedAt: [],
    noCurve: null,
    given: facts.basis === "vectors",
    seen: SEEN[facts.basis],
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
