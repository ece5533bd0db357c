import { computed, effect, type ReadonlySignal } from "@preact/signals";
import type { Summary } from "../model/summary";
import { Patience } from "../protocol/retry";
import type { Conversation } from "./conversation";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";
import type { ShownResults } from "./shownResults";
import type { TrueNeighbours } from "./trueNeighbours";

/** Milliseconds that the settings have to rest before the kernel is asked about them. */
const REST = 150;

/** Asks the kernel for what a finished search lacks once the settings have changed. */
export function followUps(
  conversation: Conversation,
  { search, revision }: SearchProgress,
  { wanted, step }: ProbedClusters,
  { estimated, isHypothetical, isOtherRanking, prunedRanks }: ShownResults,
  { lacksTruth }: TrueNeighbours,
  summary: ReadonlySignal<Summary>,
  { nprobe, k, includeSelf }: Settings,
  abort: AbortSignal,
): void {
  const mayAsk = computed(() => conversation.canComplete.value && !conversation.isRefused.value);
  // The kernel may grant for other settings what it has refused for these.
  const forgive = effect(() => {
    for (const change of [nprobe, k, includeSelf, wanted]) change.value;
    conversation.isRefused.value = false;
  });
  const compareRest = effect(() => {
    const { ranks, count } = wanted.value;
    const found = search.value;
    // Where it lacks the ranks, another search answers.
    if (found?.isPartial && nprobe.value >= found.ranked) return;
    if (mayAsk.value && found?.exhaustive === false) conversation.needRest(ranks[count - 1] ?? 0);
  });
  const settle = effect(() => {
    nprobe.value;
    k.value;
    includeSelf.value;
    revision.value;
    const pruned = step.value === null ? prunedRanks.value : [];
    const lacking = estimated.value || lacksTruth.value;
    if (!mayAsk.value || !(pruned.length > 0 || (lacking && !isHypothetical.value))) return;
    const ask = (isRepeat: boolean) => {
      const active = conversation.current();
      if (pruned.length > 0) active?.askClusters(pruned, summary.peek().constants.batchLimit, isRepeat);
      else if (isOtherRanking.peek()) conversation.rankAgain();
      else {
        const asked = [nprobe.peek(), k.peek(), includeSelf.peek()] as const;
        if (estimated.peek()) active?.askResults(...asked);
        if (lacksTruth.peek()) active?.askTruth(...asked);
      }
    };
    const patience = new Patience(() => ask(true));
    const timer = setTimeout(() => {
      patience.begin();
      ask(false);
    }, REST);
    return () => {
      clearTimeout(timer);
      patience.end();
    };
  });
  abort.addEventListener("abort", () => {
    forgive();
    compareRest();
    settle();
  });
}
