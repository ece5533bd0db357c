import type { Result } from "../../model/results";
import type { Missed } from "../../model/truth";
import type { Projected } from "../../state/projections";
import { type Found, foundPoints } from "../points/marks";
import { NO_POINTS, type Points, type Positions, pointBetween } from "../points/points";

/** The points of a projection, and which of them are shown. */
interface ShownPoints {
  readonly points: Points;
  /** 1 for each point shown. */
  readonly isShown: Uint8Array;
  /** Candidates shown, without the missed neighbours. */
  readonly candidates: number;
}

/** Shows the candidates of the probed clusters, and the missed neighbours. */
export function shownPoints(
  picture: Projected | null,
  isProbed: (rank: number) => boolean,
  missed: readonly Missed[],
): ShownPoints {
  if (picture === null) return { points: NO_POINTS, isShown: new Uint8Array(0), candidates: 0 };
  const { ids, distances, rankOf, starts } = picture;
  const isShown = new Uint8Array(ids.length);
  let candidates = 0;
  for (let rank = 1; rank < starts.length; rank++) {
    if (!isProbed(rank)) continue;
    isShown.fill(1, starts[rank - 1], starts[rank]);
    candidates += starts[rank] - starts[rank - 1];
  }
  // Rows of several clusters can share an id.
  for (const { id, clusterRank: rank } of missed) {
    if (isProbed(rank) || rank >= starts.length) continue;
    for (let i = starts[rank - 1]; i < starts[rank]; i++) if (ids[i] === id) isShown[i] = 1;
  }
  return { points: { count: ids.length, ids, distances, ranks: rankOf }, isShown, candidates };
}

/** Places of the points; those that are not shown have none. */
export function shownPositions(positions: Positions, { isShown }: ShownPoints): Positions {
  if (!isShown.includes(0)) return positions;
  return positions.map((value, i) => (isShown[i >> 1] === 1 ? value : Number.NaN)) as Positions;
}

/** The results and missed neighbours that the projection holds. */
export function foundIn(results: readonly Result[], missed: readonly Missed[], picture: Projected): Found[] {
  const { ids, starts } = picture;
  return foundPoints(results, missed, (rank, id, copy) =>
    rank < starts.length ? pointBetween(ids, starts[rank - 1], starts[rank], id, copy) : -1,
  );
}
