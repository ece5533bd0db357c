import { labelColour, type Palette, type Rgb, rankColour, valueColour } from "../../look/palette";
import type { Points } from "./points";

/** The labels of points, where they are what colours mean. */
export interface PointLabels {
  /** By point: the place of its label among the named ones, their number for any other, more for none. */
  readonly codes: Uint8Array;
  /** Number of named labels. */
  readonly named: number;
  /** The place of the label that stands out; null for none. */
  readonly chosen: number | null;
  /** Whether the named ones are levels of a scale. */
  readonly isScale?: boolean;
}

/** Colours of points: each point is in a group, points of one group mostly lie together. */
export interface PointColours {
  readonly groups: ArrayLike<number>;
  colourOf(group: number): Rgb;
  /** Whether a point stands out from others; null where none does. */
  readonly standsOut: ((point: number) => boolean) | null;
}

interface Coloured {
  readonly points: Pick<Points, "ranks">;
  /** Rank of the cluster that stands out; null when none does. */
  readonly emphasised: number | null;
  readonly labels?: PointLabels | null;
}

/** Colours by the ranks of clusters, or by labels where there are any. */
export function pointColours({ points, emphasised, labels }: Coloured, palette: Palette): PointColours {
  const { ranks } = points;
  const isOfCluster = emphasised === null ? null : (point: number) => ranks[point] === emphasised;
  if (!labels) {
    return { groups: ranks, colourOf: (rank) => rankColour(palette, rank), standsOut: isOfCluster };
  }
  const { codes, named, chosen, isScale } = labels;
  const colours = Array.from({ length: named + 3 }, (_, code) =>
    isScale && code < named ? valueColour(palette, code / (named - 1)) : labelColour(palette, code, named),
  );
  const isOfLabel = chosen === null ? null : (point: number) => codes[point] === chosen;
  return {
    groups: codes,
    colourOf: (code) => colours[code],
    standsOut:
      isOfCluster && isOfLabel
        ? (point) => isOfCluster(point) && isOfLabel(point)
        : (isOfCluster ?? isOfLabel),
  };
}
