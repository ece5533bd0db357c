import { mix, type Palette, type Rgb, rankColour, rgbOf } from "../../look/palette";
import { cellOutline, cellTints } from "../labels/cellLabels";
import { type ClusterScene, SHADES } from "./scene";

/** The colours of all cells, packed; 0 where there is no edge. */
export interface CellColours {
  readonly fill: Uint32Array;
  readonly edge: Uint32Array;
  /** Clusters in the order to paint in: the nearest first. */
  readonly order: Int32Array | null;
}

/** Up to this many cells have outlines in the colours of their labels; smaller cells would be nothing else. */
const OUTLINED = 3000;

export function cellColours(
  { cells, ranking, probe, labels }: Pick<ClusterScene, "cells" | "ranking" | "probe" | "labels">,
  palette: Palette,
): CellColours {
  const n = cells.inradii.length;
  const fill = new Uint32Array(n).fill(pack(palette.plain));
  const edge = new Uint32Array(n);
  if (labels) {
    const tint = cellTints(labels, palette);
    for (let cell = 0; cell < n; cell++) {
      fill[cell] = pack(tint(cell));
      const outline = n <= OUTLINED ? cellOutline(labels, palette, cell) : null;
      if (outline !== null) edge[cell] = pack(outline);
    }
    // Colours that mean labels cannot mean ranks as well.
    const probed = pack(rgbOf(palette.text));
    if (ranking !== null) for (const rank of probe.ranks) edge[ranking.order[rank - 1]] = probed;
    return { fill, edge, order: ranking?.order ?? null };
  }
  if (ranking === null) return { fill, edge, order: null };
  const { order, shades } = ranking;
  const ramp = Array.from({ length: SHADES }, (_, i) =>
    pack(mix(palette.far, palette.near, i / (SHADES - 1))),
  );
  for (let cell = 0; cell < n; cell++) fill[cell] = ramp[shades[cell]];
  const background = rgbOf(palette.background);
  for (const rank of probe.ranks) {
    const colour = rankColour(palette, rank);
    fill[order[rank - 1]] = pack(mix(background, colour, palette.fill));
    edge[order[rank - 1]] = pack(colour);
  }
  return { fill, edge, order };
}

export function pack([red, green, blue]: Rgb): number {
  return ((255 << 24) | (red << 16) | (green << 8) | blue) >>> 0;
}

export function unpack(colour: number): string {
  return `#${(colour & 0xffffff).toString(16).padStart(6, "0")}`;
}
