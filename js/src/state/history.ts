import { batch, computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Search } from "../model/search";
import type { Wish } from "./conversation";
import type { Settings } from "./settings";

/** Earlier queries that are kept. */
const MOST = 100;

/** A query that was searched for, and the parameters it was left with. */
interface Visit {
  readonly id: bigint | null;
  readonly vector: Float32Array;
  nprobe: number;
  k: number;
}

/** The queries searched for in this page, and the way back and forward through them. */
export interface History {
  readonly canGoBack: ReadonlySignal<boolean>;
  readonly canGoForward: ReadonlySignal<boolean>;
  /** Search for the query before (-1) or after (1) this one, with the nprobe and k of that time. */
  go(by: -1 | 1): void;
}

export function queryHistory(
  search: ReadonlySignal<Search | null>,
  settings: Settings,
  ask: (query: Wish) => void,
  abort: AbortSignal,
): History {
  const visits = signal<readonly Visit[]>([]);
  const at = signal(-1);
  /** Where `go` leads, until its search comes on screen. */
  let goal: Visit | null = null;
  const follow = effect(() => {
    const found = search.value;
    if (found === null) return;
    untracked(() => {
      const to = goal === null ? -1 : visits.peek().indexOf(goal);
      if (goal !== null && to >= 0 && isSame(goal, found)) at.value = to;
      else visit(found);
      goal = null;
    });
  });
  // The parameters that the present query is left with.
  const keep = effect(() => {
    const now = { nprobe: settings.nprobe.value, k: settings.k.value };
    const here = visits.peek()[at.peek()];
    if (here !== undefined && goal === null) Object.assign(here, now);
  });
  function visit(found: Search): void {
    const here = visits.peek()[at.peek()];
    if (here !== undefined && isSame(here, found)) return;
    const { id, vector } = found;
    const next = { id, vector, nprobe: settings.nprobe.peek(), k: settings.k.peek() };
    const kept = [...visits.peek().slice(0, at.peek() + 1), next].slice(-MOST);
    batch(() => {
      visits.value = kept;
      at.value = kept.length - 1;
    });
  }

  abort.addEventListener("abort", () => {
    follow();
    keep();
  });
  return {
    canGoBack: computed(() => at.value > 0),
    canGoForward: computed(() => at.value < visits.value.length - 1),
    go(by) {
      const to = visits.peek()[at.peek() + by];
      if (to === undefined) return;
      goal = to;
      batch(() => {
        settings.nprobe.value = to.nprobe;
        settings.k.value = to.k;
      });
      ask(to.id === null ? to.vector : { id: to.id.toString(), cluster: null });
    },
  };
}

function isSame({ id, vector }: Visit, found: Search): boolean {
  if (id !== null || found.id !== null) return id === found.id;
  return vector.length === found.vector.length && vector.every((value, i) => value === found.vector[i]);
}
