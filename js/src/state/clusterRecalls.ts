import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type ClusterRecall, clusterRecall } from "../model/clusterRecall";
import { Parts } from "../model/parts";
import type { Summary } from "../model/summary";
import { placeOf } from "../model/workloadText";
import type { Asker } from "../protocol/asker";
import type { QueryRecalls, RequestName, Workload } from "../protocol/messages";
import type { Colouring } from "./colouring";
import type { Workloads } from "./workloads";

/** The recall of the workload's queries by cluster, as colours of the map. */
export interface ClusterRecalls {
  /** Whether a workload is there whose recall clusters can be coloured by. */
  readonly canColourByRecall: ReadonlySignal<boolean>;
  /** The recall at the present nprobe, where clusters are coloured by it; null elsewhere. */
  readonly clusterRecall: ReadonlySignal<ClusterRecall | null>;
  /** The reason why it cannot be shown; null where it can be, or is on its way. */
  readonly recallRefusal: ReadonlySignal<string | null>;
  /** The queries whose recalls are known one by one: fewer than the workload has where it is very large. */
  readonly recallQueries: ReadonlySignal<number>;
}

/** A request for the recalls of a workload's queries. */
interface Asked {
  readonly request: RequestName;
  readonly workload: Workload;
}

/** Ask for the recall of each query of a finished workload, once clusters are to be coloured by it. */
export function clusterRecalls(
  workloads: Workloads,
  wanted: ReadonlySignal<Colouring>,
  nprobe: ReadonlySignal<number>,
  summary: ReadonlySignal<Summary>,
  asker: Asker,
  abort: AbortSignal,
): ClusterRecalls {
  let asked: Asked | null = null;
  const parts = new Parts<QueryRecalls>();
  const received = signal<{ readonly workload: Workload; readonly parts: readonly QueryRecalls[] } | null>(
    null,
  );
  const refused = signal<{ readonly workload: Workload; readonly reason: string } | null>(null);
  asker.onMessage((message) => {
    if (asked === null || !("request" in message) || message.request !== asked.request) return;
    const { workload } = asked;
    if (message.kind === "query_recalls") {
      const all = parts.take(message, message.clusters.length);
      if (all !== null) received.value = { workload, parts: all };
    } else if (message.kind === "error") {
      asked = null;
      refused.value = { workload, reason: message.message };
    }
  });
  const finished = computed(() => {
    const workload = workloads.latest.value;
    return workload?.final && workload.computed > 0 ? workload : null;
  });
  effect(() => {
    // Without a signal that it reads, it ends.
    if (abort.aborted) return;
    const workload = finished.value;
    if (wanted.value !== "recall" || workload === null || !asker.connected.value) return;
    if (asked?.workload === workload || refused.peek()?.workload === workload) return;
    const request = asker.askQueryRecalls();
    asked = request === null ? null : { request, workload };
  });
  const known = computed(() => {
    const { workload, parts: all } = received.value ?? { workload: null, parts: [] };
    return wanted.value === "recall" && workload !== null && workload === finished.value
      ? { workload, parts: all }
      : null;
  });
  /** The nprobe that the recall is known at. */
  const at = computed(() => {
    const workload = known.value?.workload;
    return workload?.apart ? workload.nprobes[placeOf(workload.nprobes, nprobe.value)] : nprobe.value;
  });
  return {
    canColourByRecall: computed(() => finished.value !== null),
    clusterRecall: computed(() =>
      known.value === null ? null : clusterRecall(known.value.parts, summary.value.nlist, at.value),
    ),
    recallRefusal: computed(() =>
      refused.value !== null && refused.value.workload === finished.value ? refused.value.reason : null,
    ),
    recallQueries: computed(() => known.value?.parts[0].rows ?? 0),
  };
}
