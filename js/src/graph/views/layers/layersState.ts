import type { GraphResult } from "../../model/results";
import type { GraphTruth, Neighbour } from "../../model/truth";
import type { GraphWalk } from "../../model/walk";

/** What the Layers view shows of a search. */
export interface LayersState {
  readonly walk: GraphWalk;
  readonly truth: GraphTruth | null;
  readonly results: readonly GraphResult[];
  readonly missed: readonly Neighbour[];
  readonly ef: number;
  readonly k: number;
  readonly similarity: boolean;
  /** Nodes of each level, from 0 up. */
  readonly levelSizes: readonly number[];
  /** Whether true neighbours are measured as the walk measures. */
  readonly isOneMeasure: boolean;
  /** Whether results are: not those of a second pass. */
  readonly areResultsOfWalk: boolean;
  /** Hops, then expansions, that the player shows; null for all. */
  readonly step: number | null;
}

/** How much of the search the player shows. */
export interface Progress {
  /** Hops of the descent. */
  readonly hops: number;
  /** Expansions and visits on level 0; none of either before the descent has ended. */
  readonly expansions: number;
  readonly visits: number;
}

export function progressOf({ walk, ef, step }: LayersState): Progress {
  const all = walk.expandedBy(ef);
  if (step === null) return { hops: walk.hops.length, expansions: all, visits: walk.visitedBy(ef) };
  if (step < walk.hops.length) return { hops: step, expansions: 0, visits: 0 };
  const expansions = Math.min(all, step - walk.hops.length);
  return { hops: walk.hops.length, expansions, visits: walk.first[expansions] };
}
