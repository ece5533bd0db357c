import { labelColour, mix, type Palette, type Rgb, rgbOf } from "../../look/palette";
import { type LabelCounts, labelShares } from "../../model/labels";
import type { Labels } from "../../state/labels";

/** Clusters by label: each cluster's commonest, or one chosen label in all of them. */
export interface CellLabels {
  /** By cluster: the place of its commonest label among the named ones, their number for any other, more for none. */
  readonly commonest: Uint8Array;
  /** By cluster: the share of its commonest label, or of the chosen one. */
  readonly shares: Float32Array;
  readonly named: number;
  /** The place of the chosen label; null for none. */
  readonly chosen: number | null;
  readonly chosenName: string | null;
}

/** How strongly a cell that holds a label once among very many is coloured, beside one that holds nothing else. */
const WEAKEST = 0.25;
/** The same where one label is looked for. */
const WEAKEST_CHOSEN = 0.06;
/** Steps between these. */
const LEVELS = 32;

export function cellLabels(counts: LabelCounts, chosen: number | null): CellLabels {
  return {
    commonest: counts.commonest,
    shares: labelShares(counts, chosen),
    named: counts.names.length,
    chosen,
    chosenName: chosen === null ? null : counts.names[chosen],
  };
}

/** The clusters by label where labels are what colours mean; null elsewhere. */
export function shownCellLabels({ coloursBy, counts, chosenPlace }: Labels): CellLabels | null {
  return coloursBy.value === "label" && counts.value !== null
    ? cellLabels(counts.value, chosenPlace.value)
    : null;
}

/** Colours of clusters by label: paler where labels are mixed. */
export function cellTints(
  { commonest, shares, named, chosen }: CellLabels,
  palette: Palette,
): (cluster: number) => Rgb {
  const background = rgbOf(palette.background);
  const weakest = chosen === null ? WEAKEST : WEAKEST_CHOSEN;
  const ramps = Array.from({ length: named + 1 }, (_, place) =>
    Array.from({ length: LEVELS + 1 }, (_, level) => {
      const strength = weakest + ((1 - weakest) * level) / LEVELS;
      return mix(background, labelColour(palette, place, named), palette.fill * strength);
    }),
  );
  return (cluster) => {
    const share = shares[cluster];
    const place = chosen ?? commonest[cluster];
    return share === 0 || place > named ? rgbOf(palette.raised) : ramps[place][Math.ceil(share * LEVELS)];
  };
}

/** The colour of a cluster's outline, in full; null where it has none. */
export function cellOutline(
  { commonest, named, chosen }: CellLabels,
  palette: Palette,
  cluster: number,
): Rgb | null {
  const place = commonest[cluster];
  return place > named || (chosen !== null && place !== chosen) ? null : labelColour(palette, place, named);
}

/** How opaque the picture of a cluster is. */
export function cellPictureOpacity({ commonest, chosen }: CellLabels, cluster: number): number {
  return chosen === null || commonest[cluster] === chosen ? 1 : 0.3;
}
