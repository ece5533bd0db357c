import type { Rgb } from "../../look/palette";
import { domainOf } from "../../model/distanceDomain";
import type { Probe } from "../../model/probe";
import type { Search } from "../../model/search";
import { DiscPlacer, GOLDEN } from "../placer";
import type { Circle } from "./layout";
import { type RadialScale, radialScale } from "./radialScale";

/** Up to this many discs get an angle that keeps them off each other. */
const SPREAD = 2500;
/** Angle kept free for the labels of the rings, on either side of 12 o'clock. */
const AXIS = 0.07;
/** Area of all discs as a share of the picture. */
const COVERAGE = 0.1;
const LARGEST = 0.07;
/** Radius at which the scale begins, as a share: outside of the query's ring. */
const INNER = 0.12;
const SMALLEST = 1.3;

/** The centroids around the query whose ranks came with the search, by rank. */
export interface CoarseLayout {
  readonly circle: Circle;
  readonly scale: RadialScale;
  /** x y x y … in CSS pixels. */
  readonly positions: Float64Array;
  /** Distances from the middle. */
  readonly radii: Float64Array;
  /** Radii of the discs, whose areas are proportional to the clusters' sizes. */
  readonly discs: Float32Array;
}

/** The coarse search as plain data. */
export interface CoarseScene {
  readonly layout: CoarseLayout;
  /** Of the circle; clusters switched by hand lie on its other side. */
  readonly nprobe: number;
  readonly probe: Probe;
  /** The colours of clusters by rank, where they mean labels; null where they mean ranks. */
  readonly tintOf?: ((rank: number) => Rgb) | null;
}

/** Ranks of the clusters that are pinned and under the pointer; 0 for none. */
export interface CoarseHighlights extends Pick<CoarseScene, "layout"> {
  readonly pinnedRank: number;
  readonly hoveredRank: number;
}

/** Places each centroid at the radius of its distance. */
export function layoutCentroids(search: Search, similarity: boolean, circle: Circle): CoarseLayout {
  const n = search.ranked;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const scale = radialScale(domainOf(search.distances, order, similarity), {
    near: INNER * circle.radius,
    start: INNER * circle.radius,
    outer: circle.radius,
  });
  const positions = new Float64Array(2 * n);
  const radii = new Float64Array(n);
  const discs = new Float32Array(n);
  const unit = circle.radius * Math.sqrt(COVERAGE / Math.max(1, search.upTo[n]));
  const placer = n <= SPREAD ? new DiscPlacer(1) : null;
  for (let i = 0; i < n; i++) {
    const radius = scale.radius(search.distances[i]);
    const disc = unit * Math.sqrt(search.sizeAt(i + 1));
    discs[i] = Math.max(SMALLEST, Math.min(LARGEST * circle.radius, disc));
    const from = AXIS;
    const to = 2 * Math.PI - AXIS;
    const angle =
      placer === null
        ? from + ((0.5 + i * GOLDEN) % 1) * (to - from)
        : placer.place(radius, discs[i], from, to);
    radii[i] = radius;
    positions[2 * i] = circle.x + radius * Math.sin(angle);
    positions[2 * i + 1] = circle.y - radius * Math.cos(angle);
  }
  return { circle, scale, positions, radii, discs };
}

/** Radius of the circle that has the `nprobe` nearest centroids inside: half way to the next one. */
export function nprobeRadius({ radii, circle }: CoarseLayout, nprobe: number): number {
  const last = radii[Math.min(nprobe, radii.length) - 1];
  return nprobe >= radii.length ? Math.max(last, circle.radius) + 6 : (last + radii[nprobe]) / 2;
}

/** The nprobe whose circle is nearest to a radius, at least 1. */
export function nprobeAt({ radii }: CoarseLayout, radius: number): number {
  let low = 0;
  let high = radii.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (radii[middle] <= radius) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}
