import { computed, type ReadonlySignal } from "@preact/signals";
import { nearestFirst, Orders } from "../model/candidateOrder";
import { type CandidateSet, candidatesAt, Prefixes } from "../model/candidates";
import { type RankedCandidates, rankCandidates } from "../model/rankedCandidates";
import type { Summary } from "../model/summary";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { TrueNeighbours } from "./trueNeighbours";

/** The vectors that the fine search has compared at the player's step, as far as they have arrived. */
export interface CandidateSets {
  readonly candidates: ReadonlySignal<CandidateSet | null>;
  /** Places of the candidates from the nearest to the farthest. */
  readonly candidateOrder: ReadonlySignal<Uint32Array | null>;
  /** The candidates of the whole search, at any step of the player, with the missed neighbours of other clusters. */
  readonly ranked: ReadonlySignal<RankedCandidates | null>;
}

export function candidateSets(
  { search, revision }: SearchProgress,
  { probe, wanted }: ProbedClusters,
  { missed }: TrueNeighbours,
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
  const isAll = computed(() => probe.value.count === wanted.value.count);
  const ranked = computed(() => {
    revision.value;
    const found = search.value;
    if (found === null) return null;
    const { similarity } = summary.value;
    const known = isAll.value ? candidates.value : null;
    const set = known ?? candidatesAt(found, wanted.value);
    const order = (known && candidateOrder.value) ?? nearestFirst(set.distances, similarity);
    return rankCandidates(set, order, wanted.value, missed.value, found, similarity);
  });
  return { candidates, candidateOrder, ranked };
}
