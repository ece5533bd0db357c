import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Target } from "../model/decision";
import type { RecordedQuery } from "../protocol/transport";
import type { Workloads } from "./workloads";

/** The search parameter that a workload is evaluated at: nprobe, or efSearch. */
export interface Parameter {
  readonly name: string;
  readonly value: Signal<number>;
  /** The index's own. */
  readonly stored: number;
  /** The largest value evaluated. */
  readonly most: number;
  /** What brings back true neighbours that no value of it finds. */
  readonly remedy: string;
  /** The line of Python that sets it on the index. */
  code(value: number): string;
}

/** What the panels of a workload work with, whatever kind of index it is about. */
export interface WorkloadSetting {
  readonly workloads: Workloads;
  readonly target: Signal<Target>;
  readonly parameter: Parameter;
  readonly k: ReadonlySignal<number>;
  readonly includeSelf: Signal<boolean>;
  /** Rows of the index, and queries of one evaluation at most. */
  readonly rows: number;
  readonly sampleLimit: number;
  /** Why nothing can be evaluated; null where it can. */
  readonly refused: string | null;
  /** The values that take a search each, and why; none where one pass tells all. */
  readonly evaluatedAt: readonly number[];
  readonly noCurve: string | null;
  /** Whether a larger value can lose a true neighbour again. */
  readonly given: boolean;
  /** What true neighbours are by, for the end of a sentence. */
  readonly seen: string;
  /** The queries that a recording answers; null where a kernel answers any. */
  readonly recorded: readonly RecordedQuery[] | null;
  readonly isDisconnected: ReadonlySignal<boolean>;
  /** Search for the query at a place of the workload. */
  ask(place: number): void;
  complain(message: string): void;
}

export const WorkloadContext = createContext<WorkloadSetting | null>(null);

export function useWorkload(): WorkloadSetting {
  const setting = useContext(WorkloadContext);
  if (setting === null) throw new Error("outside of a workload");
  return setting;
}
