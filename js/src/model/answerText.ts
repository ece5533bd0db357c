import { count, plural } from "./format";
import { type Missed, STAGE_NAMES, type Stage } from "./truth";

/** By what true neighbours count as found; null where that is not known yet. */
export type FoundAmong = "results" | "candidates" | null;

/** How many of the true neighbours came back, in one line. */
export function headline(found: number, total: number, foundAmong: FoundAmong, isPartial: boolean): string {
  if (isPartial) return `${count(found)} of ${plural(total, "true neighbour")} so far`;
  if (foundAmong === null) {
    return found === total
      ? "Whether all true neighbours came back is not known yet"
      : `At most ${count(found)} of ${count(total)} true neighbours came back`;
  }
  const came = foundAmong === "results" ? "came back" : `${total === 1 ? "is" : "are"} among the candidates`;
  if (found < total) return `${count(found)} of ${plural(total, "true neighbour")} ${came}`;
  return total === 1 ? `The true neighbour ${came}` : `All ${plural(total, "true neighbour")} ${came}`;
}

/** Why true neighbours are missed, a phrase for each cause: "2 in clusters ranked 6 and 8". */
export function lossTexts(lost: readonly Missed[]): string[] {
  const by = (stage: Stage) => lost.filter(({ lostTo }) => lostTo === stage);
  const texts: string[] = [];
  const beyond = by("coarse");
  if (beyond.length > 0) texts.push(`${shareOf(beyond, lost)}${clusterText(beyond)}`);
  const off = by("off");
  if (off.length > 0) texts.push(`${shareOf(off, lost)}${clusterText(off)}, switched off by hand`);
  const unreached = by("unreached");
  if (unreached.length > 0)
    texts.push(
      `${shareOf(unreached, lost)}in clusters that the coarse search does not come to at any nprobe`,
    );
  const wrongly = by("ranking");
  if (wrongly.length > 0)
    texts.push(`${shareOf(wrongly, lost)}${clusterText(wrongly)}, which the coarse quantizer ranks wrongly`);
  const cut = by("limit");
  if (cut.length > 0)
    texts.push(`${shareOf(cut, lost)}the search stopped before ${cut.length === 1 ? "it" : "them"}`);
  const both = by("both");
  const coded = [...both, ...by("code")];
  if (coded.length > 0) {
    const more =
      both.length === 0
        ? ""
        : ` (${both.length === coded.length ? "" : `${both.length} of them `}also not probed)`;
    texts.push(`${shareOf(coded, lost)}lost to the code${more}`);
  }
  const refined = by("refine");
  if (refined.length > 0) texts.push(`${shareOf(refined, lost)}lost to the ${STAGE_NAMES.refine}`);
  return texts;
}

/** How many of the missed rows have this cause, where not all have. */
function shareOf(rows: readonly Missed[], lost: readonly Missed[]): string {
  return rows.length === lost.length ? "" : `${rows.length} `;
}

/** "in the cluster ranked 6", "in clusters ranked 6, 8 and 11", with at most four ranks. */
function clusterText(rows: readonly Missed[]): string {
  const ranks = [...new Set(rows.map(({ clusterRank }) => clusterRank))].sort((a, b) => a - b).map(count);
  if (ranks.length === 1) return `in the cluster ranked ${ranks[0]}`;
  const last = ranks[ranks.length - 1];
  const listed =
    ranks.length > 4
      ? `${ranks.slice(0, 3).join(", ")} … ${last}`
      : `${ranks.slice(0, -1).join(", ")} and ${last}`;
  return `in clusters ranked ${listed}`;
}
