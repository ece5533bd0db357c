import type { FaissResults, Verdict } from "../protocol/messages";
import { count, distance, ordinal } from "./format";
import type { Probe } from "./probe";
import type { Result } from "./results";
import type { Summary } from "./summary";
import { foundFrom, type Missed } from "./truth";

/** The answer on screen. */
export interface Answer {
  readonly results: readonly Result[];
  /** The results of Faiss, where the kernel has computed them. */
  readonly outcome: FaissResults | null;
  /** The clusters that are probed at the player's step, and in the end. */
  readonly probe: Probe;
  readonly wanted: Probe;
  readonly nprobe: number;
  readonly k: number;
  readonly missed: readonly Missed[];
  /** The row that is the query and does not count among its own results; null for none. */
  readonly leftOut: bigint | null;
  readonly summary: Summary;
  /** The rank that an exact coarse search gives the cluster at a rank. */
  readonly nearestRank: (rank: number) => number;
  /** No search probes a cluster behind this rank. */
  readonly reach: number;
  /** Whether the cluster at a rank is switched off by hand. */
  readonly isSwitchedOff: (rank: number) => boolean;
}

/** Why a row came back, or why it did not, with the numbers. */
export function verdictText(answer: Answer, verdict: Verdict): string {
  if (verdict.id === answer.leftOut) return "This row is the query: it does not count among its own results.";
  const lost = answer.missed.find(isSame(verdict));
  return `${lost && answer.summary.given ? `The ${ordinal(lost.place)} nearest by the original vectors. ` : ""}${fate(answer, verdict, lost)}`;
}

function fate(answer: Answer, verdict: Verdict, lost: Missed | undefined): string {
  const { results: found, outcome, probe, k, summary } = answer;
  const { id, rank, distance: own, position } = verdict;
  const last = found[found.length - 1];
  const isProbed = probe.has(rank);
  const isFar = found.length >= k && (summary.similarity ? own <= last.distance : own >= last.distance);
  const nearest = position === 1 ? "nearest" : `${ordinal(position ?? 0)} nearest`;
  const standing = position === null ? "" : `it is the ${nearest} of all${summary.exact ? "" : " by code"}`;
  const place = found.findIndex(isSame(verdict));
  if (place >= 0) {
    return `The ${ordinal(place + 1)} result${standing && `: ${standing}`}. Its cluster ranks ${ordinal(rank)}.`;
  }
  const refined = outcome?.first_k ? outcome : null;
  if (refined !== null && isProbed) {
    const handed = refined.handed_over.indexOf(id);
    const pass = `Its cluster ranks ${ordinal(rank)} and was probed.`;
    return handed < 0
      ? `Behind the best ${count(refined.handed_over.length)} of the first pass, at ${distance(own)}. ${pass}`
      : `${ordinal(handed + 1)} in the first pass, but re-ranked behind the results, at ${distance(refined.second_pass[handed])}. ${pass}`;
  }
  if (refined !== null) return `Its cluster ranks ${ordinal(rank)} and was not probed.`;
  if (isFar) {
    const than = `${own === last.distance ? "As far as" : "Farther than"} the ${ordinal(found.length)} result`;
    return (
      `${than}, at ${distance(last.distance)}${standing && `: ${standing}`}. Its cluster ranks ${ordinal(rank)} and was ` +
      (isProbed ? "probed." : "not probed, which changes nothing.")
    );
  }
  if (isProbed) {
    return summary.exact
      ? "Not among the results: its cluster was probed, but not to its end."
      : "Not among the results, although its cluster was probed.";
  }
  // A neighbour by the lists is one for certain only among all vectors.
  const isNear = position !== null && position <= k;
  const isMissed = lost !== undefined || (!summary.given && isNear);
  const row = lost ?? (isNear ? { id, clusterRank: rank } : null);
  return (
    (isMissed
      ? `Missed by the index: ${standing && `${standing}, but `}its`
      : `${standing && `${capital(standing)}. `}Its`) +
    ` cluster ranks ${ordinal(rank)} and ${unprobedText(answer, rank, row && foundFrom(row, summary))}`
  );
}

/** Finds the row of a verdict: rows of other clusters can share its id. */
function isSame({ id, rank }: Verdict): (result: Result) => boolean {
  return (result) => result.id === id && result.clusterRank === rank;
}

/** Why a cluster is not probed, and the nprobe that finds a row in it where that is known. */
function unprobedText(answer: Answer, rank: number, from: number | null): string {
  const { wanted, nprobe, summary, nearestRank, reach, isSwitchedOff } = answer;
  if (wanted.has(rank)) return "was not probed up to this step.";
  if (rank > reach) return "is never probed: the coarse search does not come to it.";
  if (isSwitchedOff(rank)) return "is switched off.";
  const nearest = nearestRank(rank);
  if (nearest <= nprobe) {
    const place = nearest === 1 ? "nearest" : `${ordinal(nearest)} nearest`;
    return `was not probed, although it is the ${place}: the coarse quantizer ranks it wrongly.`;
  }
  if (from === null && !summary.steady) return "was not probed.";
  return from === null
    ? `was not probed: it is probed from nprobe ${count(rank)}.`
    : `was not probed. nprobe = ${count(from)} finds it.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
