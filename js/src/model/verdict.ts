import type { FaissResults, Verdict } from "../protocol/messages";
import { count, distance, ordinal } from "./format";
import type { Probe } from "./probe";
import type { Result } from "./results";
import type { Summary } from "./summary";
import type { Missed } from "./truth";

/** The answer on screen. */
export interface Answer {
  readonly results: readonly Result[];
  /** The results of Faiss, where the kernel has computed them. */
  readonly outcome: FaissResults | null;
  readonly probe: Probe;
  readonly k: number;
  readonly missed: readonly Missed[];
  readonly summary: Summary;
}

/** Why a row came back, or why it did not, with the numbers. */
export function verdictText(answer: Answer, verdict: Verdict): string {
  const lost = answer.summary.given && answer.missed.find(({ id }) => id === verdict.id);
  return `${lost ? `The ${ordinal(lost.place)} nearest by the original vectors. ` : ""}${fate(answer, verdict)}`;
}

function fate({ results: found, outcome, probe, k, summary }: Answer, verdict: Verdict): string {
  const { id, rank, distance: own, position } = verdict;
  const last = found[found.length - 1];
  const isProbed = probe.has(rank);
  const isFar = found.length >= k && (summary.similarity ? own <= last.distance : own >= last.distance);
  const nearest = position === 1 ? "nearest" : `${ordinal(position ?? 0)} nearest`;
  const standing = position === null ? "" : `it is the ${nearest} of all${summary.exact ? "" : " by code"}`;
  const place = found.findIndex((result) => result.id === id);
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
  if (isProbed) return "Not among the results, although its cluster was probed.";
  return (
    `Missed by the index: ${standing && `${standing}, but `}its cluster ranks ${ordinal(rank)} and was not probed. ` +
    `nprobe = ${count(rank)} finds it.`
  );
}
