import { meanColour, mix, type Palette, type Rgb, rankColour, recallColour, rgbOf } from "../../look/palette";
import { recallShade } from "../../model/clusterRecall";
import { meanOf, shareOf } from "../../model/columnScale";
import { cellOutline, cellTints } from "../labels/cellLabels";
import { type ClusterScene, coloursMeanRanks, SHADES } from "./scene";

/** The colours of all cells, packed; 0 where there is no edge. */
export interface CellColours {
  readonly fill: Uint32Array;
  readonly edge: Uint32Array;
  /** The rank of each cluster; null before a search. */
  readonly rankOf: Int32Array | null;
}

/** Up to this many cells have outlines that tell something; smaller cells would be nothing else. */
const OUTLINED = 3000;

export function cellColours(
  scene: Pick<ClusterScene, "cells" | "ranking" | "probe" | "labels" | "recall" | "scale">,
  palette: Palette,
): CellColours {
  const { cells, ranking, probe, labels, recall, scale } = scene;
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
  } else if (scale) {
    const neutral = pack(neutralEdge(palette));
    for (let cell = 0; cell < n; cell++) {
      fill[cell] = pack(meanColour(palette, shareOf(scale, meanOf(scale, cell))));
      if (scale.valued[cell] === 0 && n <= OUTLINED) edge[cell] = neutral;
    }
  } else if (recall) {
    const neutral = pack(neutralEdge(palette));
    for (let cell = 0; cell < n; cell++) {
      const mean = recall.means[cell];
      fill[cell] = pack(
        Number.isNaN(mean) ? rgbOf(palette.background) : recallColour(palette, recallShade(recall, mean)),
      );
      if (Number.isNaN(mean) && n <= OUTLINED) edge[cell] = neutral;
    }
  }
  if (!coloursMeanRanks(scene)) {
    // Colours that mean something else cannot mean ranks as well.
    const probed = pack(rgbOf(palette.text));
    if (ranking !== null) for (const rank of probe.ranks) edge[ranking.order[rank - 1]] = probed;
    return { fill, edge, rankOf: ranking?.rankOf ?? null };
  }
  if (ranking === null) return { fill, edge, rankOf: null };
  const { order, rankOf, shades } = ranking;
  const ramp = Array.from({ length: SHADES }, (_, i) => pack(rampColour(palette, i / (SHADES - 1))));
  for (let cell = 0; cell < n; cell++) fill[cell] = ramp[shades[cell]];
  const background = rgbOf(palette.background);
  for (const rank of probe.ranks) {
    const colour = rankColour(palette, rank);
    fill[order[rank - 1]] = pack(mix(background, colour, palette.fill));
    edge[order[rank - 1]] = pack(colour);
  }
  return { fill, edge, rankOf };
}

/** The outline of a cell whose queries are too few for a mean recall, as in `views.css`. */
export function neutralEdge({ background, control }: Palette): Rgb {
  return mix(rgbOf(background), rgbOf(control), 0.5);
}

/** The colour of a cell that is not probed, by its share of the way from the farthest to the nearest shade. */
export function rampColour({ far, near }: Palette, share: number): Rgb {
  return mix(far, near, share);
}

export function pack([red, green, blue]: Rgb): number {
  return ((255 << 24) | (red << 16) | (green << 8) | blue) >>> 0;
}

export function unpack(colour: number): string {
  return `#${(colour & 0xffffff).toString(16).padStart(6, "0")}`;
}
