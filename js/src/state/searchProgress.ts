import { computed, type ReadonlySignal } from "@preact/signals";
import { isOutdated, type Search } from "../model/search";
import type { Summary } from "../model/summary";
import type {
  Bounds,
  Done,
  FaissResults,
  Remarks,
  TrueNeighbours,
  TruthProgress,
} from "../protocol/messages";
import type { ActiveSearch } from "./activeSearch";
import type { Conversation } from "./conversation";

/** The search on screen as far as it has been answered; null before the first. */
export interface SearchProgress {
  readonly search: ReadonlySignal<Search | null>;
  /** Grows whenever more candidates have arrived. */
  readonly revision: ReadonlySignal<number>;
  /** Once all probed clusters have been compared, and the others where that was not too much work. */
  readonly timings: ReadonlySignal<Done | null>;
  /** The best distance that any vector of each cluster can have, once the index is surveyed. */
  readonly bounds: ReadonlySignal<Bounds | null>;
  /** What came after the answer: whether a row shows the picture that is the query. */
  readonly remarks: ReadonlySignal<Remarks | null>;
  readonly faissResults: ReadonlySignal<FaissResults | null>;
  readonly groundTruth: ReadonlySignal<TrueNeighbours | null>;
  /** How far the kernel is with the true neighbours by the original vectors. */
  readonly truthProgress: ReadonlySignal<TruthProgress | null>;
  /** Whether the index has changed since the search. */
  readonly isOutdated: ReadonlySignal<boolean>;
}

export function searchProgress(
  { active, revision }: Conversation,
  summary: ReadonlySignal<Summary>,
): SearchProgress {
  const of = <T>(read: (active: ActiveSearch) => ReadonlySignal<T>) =>
    computed(() => (active.value === null ? null : read(active.value).value));
  const search = computed(() => active.value?.search ?? null);
  return {
    search,
    revision,
    timings: of(({ timings }) => timings),
    bounds: of(({ bounds }) => bounds),
    remarks: of(({ remarks }) => remarks),
    faissResults: of(({ faissResults }) => faissResults),
    groundTruth: of(({ groundTruth }) => groundTruth),
    truthProgress: of(({ truthProgress }) => truthProgress),
    isOutdated: computed(() => search.value !== null && isOutdated(search.value, summary.value)),
  };
}
