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

/** @param failure  the reason where a search has failed */
export function queryHistory(
  search: ReadonlySignal<Search | null>,
  settings: Settings,
  failure: ReadonlySignal<string | null>,
  ask: (query: Wish) => void,
  abort: AbortSignal,
): History {
  const visits = signal<readonly Visit[]>([]);
  const at = signal(-1);
  /** Where `go` leads, one after the other, until the search for the last comes on screen. */
  let goals: readonly Visit[] = [];
  const follow = effect(() => {
    const found = search.value;
    if (found === null) return;
    untracked(() => {
      const reached = goals.findIndex((goal) => isSame(goal, found));
      const to = visits.peek().indexOf(goals[reached]);
      goals = goals.slice(to < 0 ? goals.length : reached + 1);
      if (to < 0) visit(found);
      else at.value = to;
      note();
    });
  });
  const keep = effect(() => {
    for (const setting of [settings.nprobe, settings.k]) setting.value;
    note();
  });
  // The query on screen stays, and so do its parameters.
  const stay = effect(() => {
    if (failure.value === null || goals.length === 0) return;
    goals = [];
    const here = visits.peek()[at.peek()];
    if (here !== undefined) untracked(() => restore(here));
  });
  /** Note the parameters that the present query is left with. */
  function note(): void {
    const here = visits.peek()[at.peek()];
    if (here === undefined || goals.length > 0) return;
    here.nprobe = settings.nprobe.peek();
    here.k = settings.k.peek();
  }
  function restore({ nprobe, k }: Visit): void {
    batch(() => {
      settings.nprobe.value = nprobe;
      settings.k.value = k;
    });
  }
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
    stay();
  });
  return {
    canGoBack: computed(() => at.value > 0),
    canGoForward: computed(() => at.value < visits.value.length - 1),
    go(by) {
      const last = goals[goals.length - 1];
      const from = last === undefined ? at.peek() : visits.peek().indexOf(last);
      const to = visits.peek()[from + by];
      if (to === undefined) return;
      goals = [...goals, to];
      restore(to);
      ask(to.id === null ? to.vector : { id: to.id.toString(), cluster: null });
    },
  };
}

function isSame({ id, vector }: Visit, found: Search): boolean {
  if (id !== null || found.id !== null) return id === found.id;
  return vector.length === found.vector.length && vector.every((value, i) => value === found.vector[i]);
}
