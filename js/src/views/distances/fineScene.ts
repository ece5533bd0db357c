import type { CandidateSet } from "../../model/candidates";
import type { Probe } from "../../model/probe";
import type { RankedCandidates } from "../../model/rankedCandidates";
import type { Result } from "../../model/results";
import type { Search } from "../../model/search";
import type { FaissResults } from "../../protocol/messages";
import { NO_CONTENT, type PointContent } from "../points/scene";
import type { Size } from "../viewport";
import { type DrawnCandidates, firstClusters } from "./drawnCandidates";
import { type Circle, circleIn, type Layout, layoutDistances, roomIn } from "./layout";
import { placePictures } from "./pictures";
import { type RadialScale, radialScale } from "./radialScale";
import { angleOf, type Sectors, sectorAt, sectorsOf } from "./sectors";

/** The sectors, rings and labels around the candidates. */
export interface Chart {
  readonly circle: Circle;
  readonly scale: RadialScale;
  readonly sectors: Sectors;
  /** By sector: the rank, the number and the size of the cluster. The sector beyond these is not probed. */
  readonly ranks: ArrayLike<number>;
  readonly clusters: ArrayLike<number>;
  readonly sizes: ArrayLike<number>;
  /** Clusters probed as shown; the others of the sectors are still to come. */
  readonly probed: number;
  readonly pinned: number | null;
  /** Distance of the worst result, and the name of its circle. */
  readonly worst: { readonly distance: number; readonly name: string } | null;
}

export interface FineContent extends PointContent {
  readonly chart: Chart | null;
}

const NO_FINE: FineContent = { ...NO_CONTENT, chart: null };

/** The clusters of the sectors. */
export interface ProbedClusters {
  readonly probe: Probe;
  readonly clusters: readonly number[];
  readonly sizes: readonly number[];
}

export function probedClusters(search: Search, probe: Probe): ProbedClusters {
  const clusters = Array.from(probe.ranks, (rank) => search.order[rank - 1]);
  return { probe, clusters, sizes: clusters.map((cluster) => search.sizes[cluster]) };
}

/** Where all candidates lie. */
interface Arrangement {
  readonly circle: Circle;
  readonly scale: RadialScale;
  readonly sectors: Sectors;
  readonly layout: Layout;
}

/** The places of the candidates in a canvas of this size; null where there is nothing to place, or no room. */
export function arrange(
  ranked: RankedCandidates,
  set: CandidateSet,
  { sizes }: ProbedClusters,
  size: Size,
): Arrangement | null {
  if (ranked.domain === null || size.width < 1 || size.height < 1) return null;
  const circle = circleIn(size);
  const scale = radialScale(ranked.domain, roomIn(circle));
  const sectors = sectorsOf(sizes, ranked.beyond.length > 0);
  return { circle, scale, sectors, layout: layoutDistances(set, ranked.order, scale, sectors, circle, size) };
}

interface Shown {
  /** Clusters probed as shown: fewer than in the sectors while the player steps. */
  readonly probed: number;
  readonly pinned: number | null;
  readonly results: readonly Result[];
  readonly outcome: FaissResults | null;
  readonly k: number;
}

/** The candidates of the fine search around the query, as plain data. */
export function fineContent(
  { set, found, ranked }: DrawnCandidates,
  arranged: Arrangement | null,
  { probe, clusters, sizes }: ProbedClusters,
  { probed, pinned, results, outcome, k }: Shown,
): FineContent {
  if (arranged === null) return NO_FINE;
  const { circle, scale, sectors, layout } = arranged;
  const points = firstClusters(set, probed + Number(ranked.beyond.length > 0));
  const { positions, marks } = placePictures(found, points, layout, sectors, circle);
  const worst = worstOf(results, outcome, k);
  const chart = { circle, scale, sectors, ranks: probe.ranks, clusters, sizes, probed, pinned, worst };
  return { points, positions, marks, query: circle, chart };
}

function worstOf(results: readonly Result[], outcome: FaissResults | null, k: number): Chart["worst"] {
  const last = results.at(-1);
  if (last === undefined) return null;
  // Re-ranked results have distances of another kind: the circle is that of the first pass.
  if (outcome?.first_k) {
    const { first_pass: first } = outcome;
    return { distance: first[first.length - 1], name: `re-ranked = ${first.length}` };
  }
  return {
    distance: last.distance,
    name: `${results.length === k ? "k" : "results"} = ${results.length}`,
  };
}

/** The cluster whose sector a place is in; null where there is none. */
export function clusterAt({ chart }: FineContent, x: number, y: number): number | null {
  if (chart === null) return null;
  const { circle, sectors, probed, clusters } = chart;
  if (Math.hypot(x - circle.x, y - circle.y) > circle.radius + 10) return null;
  const sector = sectorAt(sectors, angleOf(x - circle.x, y - circle.y));
  return sector === null || sector > probed ? null : clusters[sector - 1];
}
