import type { ClusterRecall } from "../../model/clusterRecall";
import type { ColumnScale } from "../../model/columnScale";
import type { CellMap } from "../../model/mapCells";
import type { Probe } from "../../model/probe";
import type { Result } from "../../model/results";
import type { Search } from "../../model/search";
import type { Missed, Truth } from "../../model/truth";
import type { CellLabels } from "../labels/cellLabels";

/** Clusters by nearness of their centroids to the query. */
interface CellRanking {
  /** Clusters by rank: `order[rank - 1]`. */
  readonly order: Int32Array;
  /** The rank of each cluster; 0 where it is unknown. */
  readonly rankOf: Int32Array;
  /** By cluster: from 0 at the farthest centroid, and at those of unknown rank, to `SHADES - 1` at the nearest. */
  readonly shades: Uint8Array;
}

interface MissedCell {
  readonly cell: number;
  readonly rank: number;
  /** Missed neighbours in the cluster. */
  readonly count: number;
}

/** A result or a missed neighbour. */
export interface RowMark {
  readonly isMissed: boolean;
  /** Its place among the true neighbours, 1 = nearest; null where it is none, or none are known. */
  readonly place: number | null;
}

/** The map of the clusters as plain data. */
export interface ClusterScene {
  readonly cells: CellMap;
  /** Null before a search. */
  readonly ranking: CellRanking | null;
  readonly probe: Probe;
  /** The clusters that wear their rank: the probed ones, or those named so far in the coarse step. */
  readonly named: Probe;
  /** By rank. */
  readonly missed: readonly MissedCell[];
  /** By cluster and row id: the results and missed neighbours. */
  readonly marks: Marks;
  /** The row that is the query. */
  readonly query: bigint | null;
  /** Null where colours do not mean labels. */
  readonly labels?: CellLabels | null;
  /** Null where colours do not mean the recall of a workload. */
  readonly recall?: ClusterRecall | null;
  /** Null where colours do not mean numbers of a column. */
  readonly scale?: ColumnScale | null;
  readonly hovered: number | null;
  readonly pinned: number | null;
  readonly hoveredRow: bigint | null;
  readonly selected: ReadonlySet<bigint>;
}

/** Whether colours tell ranks; otherwise probed clusters are outlined in the colour of text. */
export function coloursMeanRanks(scene: Pick<ClusterScene, "labels" | "recall" | "scale">): boolean {
  return !scene.labels && !scene.recall && !scene.scale;
}

export type Marks = ReadonlyMap<number, ReadonlyMap<bigint, RowMark>>;

/** @param missed  how many true neighbours were missed in each cluster */
export function missedCells(missed: ReadonlyMap<number, number>, search: Search | null): MissedCell[] {
  if (search === null) return [];
  const cells = Array.from(missed, ([cell, count]) => ({ cell, rank: search.rankOf[cell], count }));
  return cells.sort((left, right) => left.rank - right.rank);
}

/** Results and missed neighbours by cluster and row id. Rows of several clusters may share an id. */
export function rowMarks(results: readonly Result[], missed: readonly Missed[], truth: Truth | null): Marks {
  const marks = new Map<number, Map<bigint, RowMark>>();
  const mark = ({ cluster, id }: Result, isMissed: boolean, place: number | null) => {
    const rows = marks.get(cluster) ?? new Map();
    marks.set(cluster, rows.set(id, { isMissed, place }));
  };
  for (const row of results) mark(row, false, null);
  truth?.neighbours.forEach((row, i) => {
    if (marks.get(row.cluster)?.has(row.id)) mark(row, false, i + 1);
  });
  for (const row of missed) mark(row, true, row.place);
  return marks;
}

export const SHADES = 48;

export function cellRanking(search: Search): CellRanking {
  const { order, rankOf, distances, ranked } = search;
  const scale = nearness(knownDistances(search));
  const shades = new Uint8Array(order.length);
  for (let rank = 1; rank <= ranked; rank++) {
    shades[order[rank - 1]] = Math.round(scale(distances[rank - 1]) * (SHADES - 1));
  }
  return { order, rankOf, shades };
}

/** Most centroids are far from the query; a power gives the near ones more shades. */
const EMPHASIS = 2.2;

/** Share of the centroids that have shades of their own, and how much farther than these others may be. */
const USUAL = 0.95;
const SLACK = 2;

/** The distances of the clusters whose ranks came with a search, by rank. */
export function knownDistances({ distances, ranked }: Search): Float32Array {
  return distances.subarray(0, ranked);
}

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
