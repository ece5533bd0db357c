import { effect, type ReadonlySignal } from "@preact/signals";
import type { Conversation } from "./conversation";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";

/**
 * Asks for the rank of a cluster that the search came without, once it is pinned or is to be switched by hand.
 *
 * @returns  a function that switches a cluster, as soon as its rank is known
 */
export function clusterRanks(
  conversation: Conversation,
  { search, revision }: SearchProgress,
  { toggleProbed }: Pick<ProbedClusters, "toggleProbed">,
  { cluster }: Pick<Settings, "cluster">,
  abort: AbortSignal,
): (cluster: number) => void {
  const canAsk: ReadonlySignal<boolean> = conversation.canComplete;
  let waiting: { readonly serial: number; readonly cluster: number } | null = null;
  const stop = effect(() => {
    revision.value;
    const [found, pinned] = [search.value, cluster.value];
    if (found === null || !found.isPartial || !canAsk.value) return;
    if (pinned !== null) conversation.needRank(pinned);
    if (waiting === null) return;
    const { serial, cluster: wanted } = waiting;
    if (serial === found.serial && found.rankIn(wanted) === null) return;
    waiting = null;
    if (serial === found.serial) toggleProbed(wanted);
  });
  abort.addEventListener("abort", stop);
  return (wanted) => {
    const found = search.peek();
    if (found === null) return;
    if (found.rankIn(wanted) !== null) toggleProbed(wanted);
    else {
      waiting = { serial: found.serial, cluster: wanted };
      conversation.needRank(wanted);
    }
  };
}
