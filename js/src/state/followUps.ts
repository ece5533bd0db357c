import { effect } from "@preact/signals";
import type { Conversation } from "./conversation";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";
import type { ShownResults } from "./shownResults";
import type { TrueNeighbours } from "./trueNeighbours";

/** Milliseconds that the settings have to rest before the kernel is asked about them. */
const REST = 150;
/** Milliseconds until an answer counts as lost and is asked for again; twice as long each time. */
const LOST = 10_000;

/** Asks the kernel for what a finished search lacks once the settings have changed. */
export function followUps(
  conversation: Conversation,
  { search, revision }: SearchProgress,
  { wanted, step }: ProbedClusters,
  { estimated, isHypothetical, isOtherRanking, prunedRanks }: ShownResults,
  { lacksTruth }: TrueNeighbours,
  { nprobe, k }: Settings,
  abort: AbortSignal,
): void {
  const { canComplete } = conversation;
  const compareRest = effect(() => {
    const { ranks, count } = wanted.value;
    if (canComplete.value && search.value?.exhaustive === false) {
      conversation.needRest(ranks[count - 1] ?? 0);
    }
  });
  const settle = effect(() => {
    nprobe.value;
    k.value;
    revision.value;
    const pruned = step.value === null ? prunedRanks.value : [];
    const lacking = estimated.value || lacksTruth.value;
    if (!canComplete.value || !(pruned.length > 0 || (lacking && !isHypothetical.value))) return;
    let timer: ReturnType<typeof setTimeout>;
    const ask = () => {
      if (pruned.length > 0) conversation.current()?.askClusters(pruned);
      else if (isOtherRanking.peek()) conversation.ask({ resume: true });
      else {
        const active = conversation.current();
        if (estimated.peek()) active?.askResults(nprobe.peek(), k.peek());
        if (lacksTruth.peek()) active?.askTruth(nprobe.peek(), k.peek());
      }
    };
    const wait = (milliseconds: number, then: number) => {
      timer = setTimeout(() => {
        ask();
        wait(then, 2 * then);
      }, milliseconds);
    };
    wait(REST, LOST);
    return () => clearTimeout(timer);
  });
  abort.addEventListener("abort", () => {
    compareRest();
    settle();
  });
}
