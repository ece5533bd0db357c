import { computed, type ReadonlySignal } from "@preact/signals";
import { prunedRanks } from "../model/probe";
import { areTied, type Result, resultsAt, resultsOf } from "../model/results";
import type { Summary } from "../model/summary";
import type { FaissResults } from "../protocol/messages";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";

/** The results on screen, and how they are known. */
export interface ShownResults {
  readonly results: ReadonlySignal<readonly Result[]>;
  /** The row that is the query and does not count among its own results and neighbours; null for none. */
  readonly leftOut: ReadonlySignal<bigint | null>;
  /** The results of Faiss as the kernel has computed them; null where the page tells them from the candidates. */
  readonly outcome: ReadonlySignal<FaissResults | null>;
  /** Whether the results are the best of the candidates only, and Faiss may return others. */
  readonly estimated: ReadonlySignal<boolean>;
  /** Whether the results are the ones of these clusters: they have all arrived, and none is a guess. */
  readonly areKnown: ReadonlySignal<boolean>;
  /** Whether no Faiss search returns what is shown: a part of a search, or one of clusters chosen by hand. */
  readonly isHypothetical: ReadonlySignal<boolean>;
  /** Whether a search at this nprobe may rank the clusters in another way than the one on screen. */
  readonly isOtherRanking: ReadonlySignal<boolean>;
  /** Whether this ranking tells which clusters a search at another nprobe probes. */
  readonly isSteady: ReadonlySignal<boolean>;
  /** Ranks of probed clusters that lack candidates for this set of clusters. */
  readonly prunedRanks: ReadonlySignal<readonly number[]>;
}

export function shownResults(
  { search, revision, faissResults }: SearchProgress,
  { probe, wanted, step, switched }: ProbedClusters,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
): ShownResults {
  const isHypothetical = computed(() => step.value !== null || switched.value.size > 0);
  const isSteady = computed(() => {
    const { steady, coarseExact } = summary.value;
    // Of centroids at one distance, an approximate search chooses others at another nprobe.
    return steady && (coarseExact || search.value?.hasTies !== true);
  });
  const isOtherRanking = computed(() => {
    const found = search.value;
    const nprobe = settings.nprobe.value;
    if (found === null || found.nprobe === nprobe) return false;
    // Beyond the ranks that came with a search, only another one tells which clusters are probed.
    if (found.isPartial && nprobe >= found.ranked) return true;
    return !isSteady.value || found.distances[nprobe - 1] === found.distances[nprobe];
  });
  const outcome = computed(() => {
    const said = faissResults.value;
    if (said === null || isHypothetical.value || isOtherRanking.value) return null;
    const { nprobe, k, includeSelf } = settings;
    const isFor = said.nprobe === nprobe.value && said.k === k.value;
    return isFor && said.include_self === includeSelf.value ? said : null;
  });
  const results = computed(() => {
    revision.value;
    const found = search.value;
    if (found === null) return [];
    if (outcome.value !== null) return resultsOf(outcome.value, found);
    const { k, includeSelf } = settings;
    return resultsAt(found, probe.value, k.value, summary.value.similarity, includeSelf.value);
  });
  const pruned = computed(() => {
    revision.value;
    return search.value === null ? [] : prunedRanks(search.value, wanted.value);
  });
  const estimated = computed(() => {
    const found = search.value;
    if (found === null || outcome.value !== null) return false;
    const { replayable, renamed, similarity } = summary.value;
    if (!replayable || isOtherRanking.value || pruned.value.length > 0) return true;
    revision.value;
    const { k, includeSelf } = settings;
    return renamed && areTied(found, probe.value, k.value, similarity, includeSelf.value);
  });
  const areKnown = computed(() => {
    revision.value;
    const { ranks, count } = probe.value;
    return search.value !== null && search.value.received >= (ranks[count - 1] ?? 0) && !estimated.value;
  });
  return {
    results,
    leftOut: computed(() => (settings.includeSelf.value ? null : (search.value?.id ?? null))),
    outcome,
    estimated,
    areKnown,
    isHypothetical,
    isOtherRanking,
    isSteady,
    prunedRanks: pruned,
  };
}
