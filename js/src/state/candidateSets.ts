import { computed, type ReadonlySignal } from "@preact/signals";
import { Orders } from "../model/candidateOrder";
import { type CandidateSet, Prefixes } from "../model/candidates";
import type { Summary } from "../model/summary";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";

/** The vectors that the fine search has compared at the player's step, as far as they have arrived. */
export interface CandidateSets {
  readonly candidates: ReadonlySignal<CandidateSet | null>;
  /** Places of the candidates from the nearest to the farthest. */
  readonly candidateOrder: ReadonlySignal<Uint32Array | null>;
}

export function candidateSets(
  { search, revision }: SearchProgress,
  { probe }: ProbedClusters,
  summary: ReadonlySignal<Summary>,
): CandidateSets {
  const orders = computed(() => new Orders(summary.value.similarity));
  const prefixes = new Prefixes();
  const candidates = computed(() => {
    revision.value;
    return search.value === null ? null : prefixes.of(search.value, probe.value);
  });
  const candidateOrder = computed(() =>
    candidates.value === null ? null : orders.value.of(candidates.value.distances),
  );
  return { candidates, candidateOrder };
}
