import { count, distance, ordinal } from "./format";
import type { Summary } from "./summary";
import { foundFrom, type Missed, STAGE_NAMES } from "./truth";

/** The stage that loses a true neighbour, and the nprobe that finds it where that is known. */
export function lossText(row: Missed, summary: Summary): string {
  const { lostTo, clusterRank: rank } = row;
  if (lostTo === "off") return "not probed: its cluster is switched off";
  if (lostTo === "limit") return "its cluster was probed, but not to its end";
  if (lostTo === "both") return "lost to the code at any nprobe; its cluster was not probed either";
  if (lostTo === "code") return "its cluster was probed: lost to the code";
  if (lostTo === "refine") return `its cluster was probed: lost to ${STAGE_NAMES[lostTo]}`;
  if (lostTo === "unreached") return "never probed: the coarse search does not come to its cluster";
  if (lostTo === "ranking") {
    const nearest = row.nearestRank === 1 ? "nearest" : `${ordinal(row.nearestRank)} nearest`;
    return `wrongly ranked: its cluster is the ${nearest}, but the coarse quantizer ranks it ${ordinal(rank)}`;
  }
  const from = foundFrom(row, summary);
  if (from === null && !summary.steady) return `not probed: its cluster ranks ${ordinal(rank)}`;
  return from === null
    ? `not probed: its cluster is probed from nprobe ${count(rank)}`
    : `not probed: found from nprobe ${count(from)}`;
}

/** The distances of a true neighbour: to the original vectors where they were given, and in the lists. */
export function distanceText({ distance: own, codeDistance }: Missed, summary: Summary): string {
  if (!summary.given) return `${summary.distance} ${distance(own)}`;
  const original = `${summary.trueDistance} ${distance(own)}`;
  return codeDistance === null
    ? original
    : `${original}, by ${storedName(summary)} ${distance(codeDistance)}`;
}

/** What the index has in place of an original vector. */
export function storedName({ exact }: Summary): string {
  return exact ? "the index" : "its code";
}
