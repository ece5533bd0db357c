import type { QueryRecalls } from "../protocol/messages";
import { plural, recallNumber } from "./format";

/** A mean of fewer queries says little: their cluster stays neutral. */
export const LEAST_QUERIES = 3;

/** The recall of a workload by cluster: each query counts for the cluster at rank 1, the nearest one. */
export interface ClusterRecall {
  /** By cluster: the mean recall of its queries; NaN where they are fewer than `LEAST_QUERIES`. */
  readonly means: Float32Array;
  /** By cluster: the number of its queries. */
  readonly queries: Int32Array;
  /** Where the scale of colours begins: the least mean, rounded down to a twentieth; it ends at 1. */
  readonly low: number;
  /** The nprobe of the recall: the present one, or the next smaller one that the workload was evaluated at. */
  readonly nprobe: number;
}

/** @param parts  the recall of each query, in order */
export function clusterRecall(parts: readonly QueryRecalls[], nlist: number, nprobe: number): ClusterRecall {
  const sums = new Float64Array(nlist);
  const queries = new Int32Array(nlist);
  for (const { clusters, counts, offsets, nprobes, changes } of parts) {
    for (let i = 0; i < clusters.length; i++) {
      const cluster = clusters[i];
      if (cluster < 0 || cluster >= nlist) continue;
      let found = 0;
      for (let j = offsets[i]; j < offsets[i + 1] && nprobes[j] <= nprobe; j++) found += changes[j];
      queries[cluster]++;
      // A query without true neighbours has missed none.
      sums[cluster] += counts[i] === 0 ? 1 : found / counts[i];
    }
  }
  const means = new Float32Array(nlist);
  for (let cluster = 0; cluster < nlist; cluster++) {
    const count = queries[cluster];
    means[cluster] = count < LEAST_QUERIES ? Number.NaN : sums[cluster] / count;
  }
  return { means, queries, low: lowEnd(means), nprobe };
}

const STEP = 0.05;

function lowEnd(means: Float32Array): number {
  const least = means.reduce((low, mean) => (mean < low ? mean : low), 1 - STEP);
  return Math.floor(least / STEP + 1e-5) * STEP;
}

/** The place of a recall on the scale of colours, from 0 to 1. */
export function recallShade({ low }: ClusterRecall, recall: number): number {
  // The lower end is computed from float32 numbers.
  return Math.max(0, (recall - low) / (1 - low));
}

/** The recall of a cluster in words. */
export function clusterRecallText({ means, queries }: ClusterRecall, cluster: number): string {
  const count = queries[cluster];
  if (count === 0) return "nearest cluster of no query of the workload";
  if (count < LEAST_QUERIES)
    return `nearest cluster of ${plural(count, "query", "queries")}: too few for a mean`;
  return `mean recall ${recallNumber(means[cluster])} of ${plural(count, "query", "queries")}`;
}
