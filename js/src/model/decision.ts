import type { Workload } from "../protocol/messages";
import { placeOf } from "./workloadText";

const ROUNDING = 1e-6;

/** The recall that is wanted, and the share of the queries that must reach it; null for their mean. */
export interface Target {
  readonly recall: number;
  readonly share: number | null;
}

/** One line of the small table: recall at one nprobe. */
export interface RecallAt {
  readonly nprobe: number;
  readonly mean: number;
  /** What each of the workload's shares of the queries reach, in their order. */
  readonly reached: readonly number[];
  /** The share of the vectors compared. */
  readonly compared: number;
  /** The share of the queries that find no true neighbour. */
  readonly withoutAny: number;
}

/** The smallest nprobe that reaches a target, of the ones evaluated; null where none does. */
export function nprobeFor({ nprobes, recall, reached, shares }: Workload, target: Target): number | null {
  const n = nprobes.length;
  const i = target.share === null ? -1 : shares.indexOf(target.share);
  const values = i < 0 ? recall : reached.subarray(i * n, (i + 1) * n);
  const at = values.findIndex((value) => value >= target.recall - ROUNDING);
  return at < 0 ? null : nprobes[at];
}

export function recallAt(workload: Workload, nprobe: number): RecallAt {
  const { nprobes, recall, reached, compared, without_any, shares } = workload;
  const n = nprobes.length;
  const at = placeOf(nprobes, nprobe);
  return {
    nprobe: nprobes[at],
    mean: recall[at],
    reached: shares.map((_, i) => reached[i * n + at]),
    compared: compared[at],
    withoutAny: without_any[at],
  };
}
