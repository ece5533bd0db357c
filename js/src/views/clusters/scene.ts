import type { CellMap } from "../../model/mapCells";
import type { Probe } from "../../model/probe";
import type { Search } from "../../model/search";
import type { CellLabels } from "../labels/cellLabels";

/** Clusters by nearness of their centroids to the query. */
interface CellRanking {
  /** Clusters by rank: `order[rank - 1]`. */
  readonly order: Int32Array;
  /** The rank of each cluster. */
  readonly rankOf: Int32Array;
  /** By cluster: from 0 at the farthest centroid to `SHADES - 1` at the nearest. */
  readonly shades: Uint8Array;
}

interface MissedCell {
  readonly cell: number;
  readonly rank: number;
  /** Missed neighbours in the cluster. */
  readonly count: number;
}

/** The map of the clusters as plain data. */
export interface ClusterScene {
  readonly cells: CellMap;
  /** Null before a search. */
  readonly ranking: CellRanking | null;
  readonly probe: Probe;
  readonly missed: readonly MissedCell[];
  /** Null where colours mean ranks. */
  readonly labels?: CellLabels | null;
  readonly hovered: number | null;
  readonly pinned: number | null;
}

/** @param missed  how many true neighbours were missed in each cluster */
export function missedCells(missed: ReadonlyMap<number, number>, search: Search | null): MissedCell[] {
  if (search === null) return [];
  return Array.from(missed, ([cell, count]) => ({ cell, rank: search.rankOf[cell], count }));
}

export const SHADES = 48;

export function cellRanking({ order, rankOf, distances }: Search): CellRanking {
  const scale = nearness(distances);
  const shades = new Uint8Array(order.length);
  for (let rank = 1; rank <= order.length; rank++) {
    shades[order[rank - 1]] = Math.round(scale(distances[rank - 1]) * (SHADES - 1));
  }
  return { order, rankOf, shades };
}

/** Most centroids are far from the query; a power gives the near ones more shades. */
const EMPHASIS = 2.2;

/** Share of the centroids that have shades of their own, and how much farther than these others may be. */
const USUAL = 0.95;
const SLACK = 2;

/** The distance where the shades end: at the farthest centroid, or this side of a few outliers. */
export function rampEnd(distances: Float32Array): number {
  const nearest = distances[0];
  const last = distances[distances.length - 1];
  const reach = SLACK * (distances[Math.floor(USUAL * (distances.length - 1))] - nearest);
  return reach !== 0 && Math.abs(last - nearest) > Math.abs(reach) ? nearest + reach : last;
}

/** 1 at the nearest centroid, 0 where the shades end, falling with the distance that Faiss reports. */
export function nearness(distances: Float32Array): (distance: number) => number {
  const nearest = distances[0];
  const span = rampEnd(distances) - nearest;
  return (distance) => (span === 0 ? 1 : shade(1 - (distance - nearest) / span));
}

/** How strongly a cell is coloured at this share of the way from the farthest to the nearest distance. */
export function shade(share: number): number {
  return Math.min(1, Math.max(0, share)) ** EMPHASIS;
}
