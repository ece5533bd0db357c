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
  /** What each of the shares of the queries that the workload can tell reach, in their order. */
  readonly reached: readonly number[];
  /** The share of the vectors compared. */
  readonly compared: number;
  /** The share of the queries that find no true neighbour. */
  readonly withoutAny: number;
}

/** The smallest nprobe that reaches a target, of the ones evaluated; null where none does. */
export function nprobeFor(workload: Workload, target: Target): number | null {
  const values = valuesOf(workload, target);
  const at = values.findIndex((value) => value >= target.recall - ROUNDING);
  return at < 0 ? null : workload.nprobes[at];
}

/** The most that the queries of a target reach, and the smallest nprobe evaluated that gives it. */
export function mostReached(workload: Workload, target: Target): { nprobe: number; recall: number } {
  const values = valuesOf(workload, target);
  const recall = values.reduce((most, value) => Math.max(most, value), 0);
  return { nprobe: workload.nprobes[values.indexOf(recall)], recall };
}

/** Recall at each nprobe evaluated: the mean, or what a share of the queries reach. */
function valuesOf({ nprobes, recall, reached, shares }: Workload, { share }: Target): Float32Array {
  const n = nprobes.length;
  const i = share === null ? -1 : shares.indexOf(share);
  return i < 0 ? recall : reached.subarray(i * n, (i + 1) * n);
}

/** The fewest queries of which this share are not all: with fewer, the worst one alone decides. */
export function fewestQueries(share: number): number {
  return Math.ceil(1 / (1 - share) - ROUNDING);
}

/** Whether so many queries tell what this share of queries reach. */
export function canTell(queries: number, share: number): boolean {
  return share === 1 || queries >= fewestQueries(share);
}

/** The shares that the queries of a workload can tell, with their places among all of its shares. */
export function toldShares({ shares, computed }: Workload): { share: number; place: number }[] {
  return shares.map((share, place) => ({ share, place })).filter(({ share }) => canTell(computed, share));
}

export function recallAt(workload: Workload, nprobe: number): RecallAt {
  const { nprobes, recall, reached, compared, without_any } = workload;
  const n = nprobes.length;
  const at = placeOf(nprobes, nprobe);
  return {
    nprobe: nprobes[at],
    mean: recall[at],
    reached: toldShares(workload).map(({ place }) => reached[place * n + at]),
    compared: compared[at],
    withoutAny: without_any[at],
  };
}
