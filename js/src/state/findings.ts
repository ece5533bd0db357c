import { computed, type ReadonlySignal } from "@preact/signals";
import type { Summary } from "../model/summary";
import { type OpenClusters, openClusters } from "../model/truth";
import type { Finding } from "../protocol/messages";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";
import type { ShownResults } from "./shownResults";
import type { TrueNeighbours } from "./trueNeighbours";

/** Remarks about the index and this query. */
export interface Findings {
  /** The kernel's: about the index, then about this query. */
  readonly findings: ReadonlySignal<readonly Finding[]>;
  /** Unprobed clusters that can hold a vector nearer than the last result; null where that is unknown. */
  readonly openClusters: ReadonlySignal<OpenClusters | null>;
}

export function findings(
  { search, revision, timings, bounds, remarks }: SearchProgress,
  { probe }: ProbedClusters,
  { results }: ShownResults,
  { truth }: TrueNeighbours,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
): Findings {
  return {
    findings: computed(() => [
      ...summary.value.findings,
      ...(timings.value?.findings ?? []),
      // What geometry alone tells says nothing more once the true neighbours are known.
      ...(truth.value === null ? (bounds.value?.findings ?? []) : []),
      ...(remarks.value?.findings ?? []),
    ]),
    openClusters: computed(() => {
      revision.value;
      const { ranks, count } = probe.value;
      const received = search.value?.received ?? 0;
      if (bounds.value === null || received < (ranks[count - 1] ?? 0)) return null;
      const { nlist, similarity } = summary.value;
      return openClusters(bounds.value, nlist, probe.value, results.value, settings.k.value, similarity);
    }),
  };
}
