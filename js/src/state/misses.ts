import { computed, effect, type ReadonlySignal, untracked } from "@preact/signals";
import type { Summary } from "../model/summary";
import type { Hardest } from "../protocol/messages";
import type { Conversation } from "./conversation";
import type { Settings } from "./settings";
import type { Workloads } from "./workloads";

/** Multiplications that the look for queries may cost, about a second of a processor. */
const WORK = 2e9;
const LEAST = 20;
const MOST = 1000;

/** A query of the last workload that misses true neighbours at the present nprobe. */
export interface MissingQuery {
  /** Its place in the workload. */
  readonly place: number;
  /** Its row; null for a vector. */
  readonly id: bigint | null;
  readonly label: string | null;
  readonly found: number;
  readonly total: number;
}

/** Queries that miss true neighbours. */
export interface Misses {
  /** Of the last workload, most missed first. */
  readonly queries: ReadonlySignal<readonly MissingQuery[]>;
  /** Whether a sample can be searched for them. */
  readonly isPossible: ReadonlySignal<boolean>;
  readonly isLooking: ReadonlySignal<boolean>;
  /** Evaluate a small sample of rows. */
  look(): void;
  /** The same, unless it was done unasked before: a kernel that fails at it is not asked again. */
  lookUnasked(): void;
  /** Search for the next of them, or look for some first. */
  next(): void;
}

export function misses(
  workloads: Workloads,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
  conversation: Conversation,
  abort: AbortSignal,
): Misses {
  /** While `next` waits for the list of queries: ends the wish for it. */
  let awaited: (() => void) | null = null;
  let hasLooked = false;
  let last: number | null = null;
  const queries = computed(() => {
    const list = workloads.hardest.value;
    return list === null ? [] : missing(list);
  });
  const isPossible = computed(
    () => summary.value.unexplained === null && summary.value.noCurve === null && summary.value.ntotal > 1,
  );
  const show = () => {
    const all = queries.peek();
    const at = all.findIndex(({ place }) => place === last);
    const next = all[(at + 1) % Math.max(1, all.length)];
    if (next === undefined) {
      conversation.complain(
        `No query of the sample misses a true neighbour at nprobe ${settings.nprobe.peek()}.`,
      );
      return;
    }
    last = next.place;
    conversation.ask({ workload: next.place });
  };
  const look = () => {
    if (!isPossible.peek() || workloads.progress.peek() !== null) return;
    const { ntotal, dim } = summary.peek();
    const sample = Math.round(Math.max(LEAST, Math.min(MOST, WORK / Math.max(1, ntotal * dim))));
    const { k, includeSelf } = settings;
    const seed = Math.floor(Math.random() * 2 ** 31);
    workloads.evaluate(Math.min(sample, ntotal), seed, k.peek(), includeSelf.peek());
  };
  const stop = effect(() => {
    const isUnderWay = workloads.progress.value !== null;
    const isListed = workloads.isListed.value;
    const refusal = workloads.refusal.value;
    // A sample without queries, or one that failed, leaves nothing to list.
    const isOver = !workloads.latest.value?.computed || refusal !== null;
    if (awaited === null || isUnderWay || !(isListed || isOver)) return;
    untracked(() => {
      awaited?.();
      awaited = null;
      if (isListed) show();
      else if (refusal !== null) conversation.complain(refusal);
    });
  });
  abort.addEventListener("abort", stop);
  return {
    queries,
    isPossible,
    isLooking: computed(() => workloads.progress.value !== null),
    look,
    lookUnasked() {
      if (hasLooked) return;
      hasLooked = true;
      look();
    },
    next() {
      if (workloads.isListed.peek()) show();
      else if (awaited === null) {
        conversation.dismiss();
        if (workloads.latest.peek() === null) look();
        const isComing = workloads.progress.peek() !== null || workloads.latest.peek() !== null;
        if (isComing) awaited = workloads.want();
      }
    },
  };
}

function missing({ places, ids, labels, found, counts }: Hardest): MissingQuery[] {
  const all = Array.from(places, (place, i): MissingQuery => {
    return { place, id: ids[i] ?? null, label: labels[i] ?? null, found: found[i], total: counts[i] };
  });
  const missed = ({ found, total }: MissingQuery) => total - found;
  return all.filter((query) => missed(query) > 0).sort((a, b) => missed(b) - missed(a));
}
