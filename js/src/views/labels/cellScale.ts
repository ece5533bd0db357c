import { meanColour, type Palette, type Rgb } from "../../look/palette";
import { meanOf, shareOf } from "../../model/columnScale";
import { shownScale } from "../../state/columnScales";
import type { Labels } from "../../state/labels";
import { cellTints, shownCellLabels } from "./cellLabels";

/** Colours of clusters by their labels or by the means of their numbers; null where colours mean ranks. */
export function shownTints(labels: Labels, palette: Palette): ((cluster: number) => Rgb) | null {
  const scale = shownScale(labels);
  if (scale !== null) return (cluster) => meanColour(palette, shareOf(scale, meanOf(scale, cluster)));
  const cells = shownCellLabels(labels);
  return cells === null ? null : cellTints(cells, palette);
}
