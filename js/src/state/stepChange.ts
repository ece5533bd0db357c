import { computed, type ReadonlySignal } from "@preact/signals";
import { type Result, resultsAt } from "../model/results";
import type { Summary } from "../model/summary";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";

/** What the player's step does. */
export interface StepChange {
  /** The cluster whose vectors it compares; null outside of such a step. */
  readonly comparedCluster: ReadonlySignal<number | null>;
  /** The results that it brings in, and the ones that these put out. */
  readonly entered: ReadonlySignal<readonly Result[]>;
  readonly left: ReadonlySignal<readonly Result[]>;
}

export function stepChange(
  { search, revision }: SearchProgress,
  { step, wanted }: ProbedClusters,
  results: ReadonlySignal<readonly Result[]>,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
): StepChange {
  const compared = computed(() => {
    const at = step.value;
    const { ranks, count } = wanted.value;
    const found = search.value;
    if (found === null || at === null || at < 2 || at - 2 >= count) return null;
    const cluster = found.order[ranks[at - 2] - 1];
    return cluster < 0 ? null : cluster;
  });
  const before = computed(() => {
    revision.value;
    const [found, at] = [search.value, step.value];
    if (found === null || at === null || at < 2) return [];
    const { similarity } = summary.value;
    const { k, includeSelf } = settings;
    return resultsAt(found, wanted.value.first(at - 2), k.value, similarity, includeSelf.value);
  });
  return {
    comparedCluster: compared,
    entered: computed(() => (compared.value === null ? [] : without(results.value, before.value))),
    left: computed(() => (compared.value === null ? [] : without(before.value, results.value))),
  };
}

function without(rows: readonly Result[], others: readonly Result[]): Result[] {
  const keys = new Set(others.map(({ id, clusterRank }) => `${clusterRank}/${id}`));
  return rows.filter(({ id, clusterRank }) => !keys.has(`${clusterRank}/${id}`));
}
