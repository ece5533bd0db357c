import { costOf } from "../model/cost";
import type { Exploration } from "./exploration";

/** Distances computed by the search on screen. */
export interface DistancesComputed {
  /** None where the coarse search is approximate: it does not tell. */
  readonly coarse: number;
  readonly fine: number;
  /** By re-ranking, without the row that is the query. */
  readonly again: number;
  readonly bruteForce: number;
}

/** The cost of the search on screen, with the clusters probed so far; null before the first. */
export function distancesComputed(exploration: Exploration): DistancesComputed | null {
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  if (search === null) return null;
  const outcome = exploration.outcome.value;
  const cost = costOf(search, exploration.probe.value.ranks, summary.sizes);
  return {
    coarse: summary.coarseExact && exploration.step.value !== 0 ? cost.coarse : 0,
    fine: outcome?.compared ?? cost.fine,
    again: outcome?.handed_over.length ?? 0,
    bruteForce: cost.bruteForce,
  };
}
