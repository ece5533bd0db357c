import { mix, type Palette, type Rgb, rankColour } from "../../look/palette";
import type { Probe } from "../../model/probe";
import type { Search } from "../../model/search";

/** How each cell is painted: packed colours, 0 where there is no edge. */
export interface Styles {
  readonly fill: Uint32Array;
  readonly edge: Uint32Array;
  /** The order to paint in: what matters most first. */
  readonly order: Int32Array | null;
}

const SHADES = 48;

/** The colours of all cells for this search. */
export function cellStyles(nlist: number, search: Search | null, probe: Probe, palette: Palette): Styles {
  const fill = new Uint32Array(nlist).fill(pack(palette.plain));
  const edge = new Uint32Array(nlist);
  if (search === null) return { fill, edge, order: null };
  const shades = Array.from({ length: SHADES }, (_, i) =>
    pack(mix(palette.far, palette.near, i / (SHADES - 1))),
  );
  const { order, distances } = search;
  const scale = nearness(distances);
  for (let rank = 1; rank <= nlist; rank++) {
    fill[order[rank - 1]] = shades[Math.round(scale(distances[rank - 1]) * (SHADES - 1))];
  }
  const background = rgb(palette.background);
  for (const rank of probe.ranks) {
    const colour = rankColour(palette, rank);
    fill[order[rank - 1]] = pack(mix(background, colour, palette.fill));
    edge[order[rank - 1]] = pack(colour);
  }
  return { fill, edge, order };
}

/** Distances to centroids crowd far from the query; a power spreads out the near ones, which matter. */
const EMPHASIS = 2.2;

/** Share of the centroids that are told apart by their shade, and how much farther than they are others may be. */
const USUAL = 0.95;
const SLACK = 2;

/** Where the shades end: at the farthest centroid, or this side of a few that are far beyond all others. */
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

export function pack([red, green, blue]: Rgb): number {
  return ((255 << 24) | (red << 16) | (green << 8) | blue) >>> 0;
}

export function unpack(colour: number): string {
  return `#${(colour & 0xffffff).toString(16).padStart(6, "0")}`;
}

function rgb(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}
