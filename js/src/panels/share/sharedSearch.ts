import { headline } from "../../model/answerText";
import type { Result } from "../../model/results";
import type { SharedRow, SharedSearch } from "../../model/sharedText";
import { nprobeNeeded } from "../../model/truth";
import type { App } from "../../state/app";
import { rowLoss } from "../../state/rowTexts";

/** What is told of the search on screen; null before the first. */
export function sharedSearch({ exploration, pictures }: App): SharedSearch | null {
  const { settings, truth, found, foundAmong, results, missed, findings, isSteady } = exploration;
  const search = exploration.search.peek();
  if (search === null) return null;
  const { family, ntotal, nlist, given } = exploration.summary.peek();
  const neighbours = truth.peek()?.neighbours ?? null;
  const needed =
    truth.peek() !== null && (given || isSteady.peek()) ? nprobeNeeded(truth.value as never) : null;
  const nprobe = settings.nprobe.peek();
  const hasCure = missed.peek().length > 0 && needed !== null && needed > nprobe;
  return {
    query: search.id === null ? (search.title ?? "a vector") : `row ${search.id}`,
    row: search.id,
    headline:
      neighbours === null
        ? `${results.peek().length} results`
        : headline(found.peek(), neighbours.length, foundAmong.peek(), false),
    remedy: hasCure ? `nprobe = ${needed} finds all` : null,
    family,
    ntotal,
    nlist,
    nprobe,
    k: settings.k.peek(),
    includeSelf: settings.includeSelf.peek(),
    missed: missed.peek().map((row) => ({
      place: row.place,
      id: row.id,
      distance: row.distance,
      cluster: row.cluster,
      rank: row.clusterRank,
      label: pictures.labelOf(row.id),
      why: rowLoss(exploration, row),
    })),
    findings: findings
      .peek()
      .filter(({ severity }) => severity !== "info")
      .map(({ sentence }) => sentence),
  };
}

/** The results on screen, in order. */
export function sharedResults({ exploration, pictures }: App): SharedRow[] {
  return exploration.results.peek().map((row: Result, i: number) => ({
    place: i + 1,
    id: row.id,
    distance: row.distance,
    cluster: row.cluster,
    rank: row.clusterRank,
    label: pictures.labelOf(row.id),
    why: null,
  }));
}
