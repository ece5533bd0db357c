import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { nearest, type Probe, probeOf, type Switched } from "../model/probe";
import type { Search } from "../model/search";
import type { Summary } from "../model/summary";
import { Player } from "./player";
import type { Settings } from "./settings";

/** The clusters that the fine search compares, in the end and at the player's step. */
export interface ProbedClusters {
  readonly player: Player;
  /** The player's step: 0 overview, 1 coarse search, 1 + r after r clusters; null at the end. */
  readonly step: ReadonlySignal<number | null>;
  readonly switched: Signal<Switched>;
  /** The clusters that are probed in the end, by nprobe and by hand. */
  readonly wanted: ReadonlySignal<Probe>;
  /** The clusters that are probed at the player's step. */
  readonly probe: ReadonlySignal<Probe>;
  readonly probed: ReadonlySignal<number>;
  /** The clusters whose ranks are shown: the probed ones; in the coarse step, those to be probed as they are named. */
  readonly namedClusters: ReadonlySignal<Probe>;
  /** Probe a cluster that nprobe leaves out, or leave out one that it probes; and back. */
  toggleProbed(cluster: number): void;
}

export function probedClusters(
  search: ReadonlySignal<Search | null>,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
  abort: AbortSignal,
): ProbedClusters {
  const switched = signal<Switched>(new Map());
  const wanted = computed(() => {
    const found = search.value;
    const nprobe = Math.min(settings.nprobe.value, summary.value.nlist);
    return found === null ? nearest(nprobe) : probeOf(found, nprobe, switched.value);
  });
  const player = new Player(
    computed(() => wanted.value.count + Number(summary.value.refinedDistance !== null)),
    abort,
  );
  const step = computed(() => {
    const at = player.step.value;
    return at !== null && at < player.last ? at : null;
  });
  const probe = computed(() =>
    step.value === null ? wanted.value : wanted.value.first(Math.max(0, step.value - 1)),
  );
  return {
    player,
    step,
    switched,
    wanted,
    probe,
    probed: computed(() => probe.value.count),
    namedClusters: computed(() =>
      step.value === 1 ? wanted.value.first(Math.min(wanted.value.count, player.named.value)) : probe.value,
    ),
    toggleProbed(cluster) {
      const found = search.peek();
      if (found === null) return;
      const changed = new Map(switched.peek());
      const rank = found.rankOf[cluster];
      const isOn = !wanted.peek().has(rank);
      if (isOn === rank <= Math.min(settings.nprobe.peek(), found.reach)) changed.delete(cluster);
      else changed.set(cluster, isOn);
      switched.value = changed;
    },
  };
}
