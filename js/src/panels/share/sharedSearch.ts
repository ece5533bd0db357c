import { headline } from "../../model/answerText";
import type { Result } from "../../model/results";
import type { SharedRow, SharedSearch } from "../../model/sharedSearchText";
import type { Missed } from "../../model/truth";
import type { App } from "../../state/app";
import { rowLoss } from "../../state/rowTexts";
import { distancesComputed } from "../../state/searchCost";

/** What is told of the search on screen; null before the first. */
export function sharedSearch(app: App): SharedSearch | null {
  const { exploration } = app;
  const { settings, truth, found, foundAmong, results, missed, step } = exploration;
  const search = exploration.search.peek();
  if (search === null) return null;
  const { family, metric, ntotal, nlist, given, noCurve, coarseExact, findings } = exploration.summary.peek();
  const cost = distancesComputed(exploration);
  const known = truth.peek();
  const total = known?.neighbours.length ?? null;
  const isPartial = step.peek() !== null;
  const isComplete = total === null || (foundAmong.peek() === "results" && !isPartial);
  return {
    query: search.id === null ? (search.title ?? "a vector") : `row ${search.id}`,
    row: search.id,
    soFar: isComplete ? null : headline(found.peek(), total, foundAmong.peek(), isPartial),
    returned: results.peek().length,
    found: found.peek(),
    total,
    foundAt: known === null || noCurve !== null ? null : known.foundAt,
    noCurve,
    family,
    metric,
    ntotal,
    nlist,
    nprobe: settings.nprobe.peek(),
    k: settings.k.peek(),
    distances: cost === null ? 0 : cost.coarse + cost.fine + cost.again,
    coarseExact,
    includeSelf: settings.includeSelf.peek(),
    given,
    missed: missed.peek().map((row) => sharedMiss(app, row)),
    findings: findings.filter(({ severity }) => severity !== "info").map(({ sentence }) => sentence),
  };
}

function sharedMiss({ exploration, pictures }: App, row: Missed): SharedRow {
  return {
    place: row.place,
    id: row.id,
    distance: row.distance,
    cluster: row.cluster,
    rank: row.clusterRank,
    label: pictures.labelOf(row.id),
    why: rowLoss(exploration, row),
    lostTo: row.lostTo,
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
    lostTo: null,
  }));
}
