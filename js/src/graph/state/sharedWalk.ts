import { count, plural } from "../../model/format";
import { missedText, reasonOf } from "../model/missReason";
import type { SharedNeighbour, SharedWalk } from "../model/sharedWalkText";
import { foundAtOf } from "../model/truth";
import type { GraphApp } from "./graphApp";

type Shown = Pick<GraphApp, "exploration" | "pictures">;

/** What the search on screen takes to be shown again. */
export function sharedState({ exploration }: Shown) {
  const { settings, facts } = exploration;
  return {
    row: exploration.walk.peek()?.id ?? null,
    efSearch: settings.efSearch.peek(),
    k: settings.k.peek(),
    includeSelf: settings.includeSelf.peek(),
    given: facts.peek().basis === "vectors",
  };
}

/** What is told of the search on screen; throws where it is not known yet. */
export function sharedWalk(app: Shown): SharedWalk {
  const { exploration } = app;
  const { settings, player, results, found, missed } = exploration;
  const walk = exploration.walk.peek();
  const truth = exploration.truth.peek();
  const efUsed = exploration.efUsed.peek();
  const handedOver = exploration.handedOver.peek();
  if (walk === null) throw new Error("There is no search to share.");
  if (truth === null || !exploration.areKnown.peek() || !walk.tells(efUsed)) {
    throw new Error("What this search missed is not known yet; try again in a moment.");
  }
  const { family, metric, ntotal, findings } = exploration.facts.peek();
  const total = truth.neighbours.length;
  const isPartial = player.step.peek() !== null;
  const soFar = `${count(found.peek())} of ${plural(total, "true neighbour")} so far`;
  return {
    query: walk.id === null ? (walk.title ?? "a vector") : `row ${walk.id}`,
    ...sharedState(app),
    soFar: isPartial ? soFar : null,
    returned: results.peek().length,
    found: found.peek(),
    total,
    foundAt: foundAtOf(truth),
    isTied: truth.holdsUntil < ntotal,
    handedOver,
    family,
    metric,
    ntotal,
    efUsed,
    distances: walk.distancesAt(efUsed),
    missed: missed.peek().map((row) => ({
      place: row.rank,
      id: row.id,
      distance: row.distance,
      label: app.pictures.labelOf(row.id),
      why: missedText(row, walk, efUsed, settings.k.peek(), handedOver).join(" ").trim(),
      lostTo: reasonOf(row, efUsed),
      needs: row.from,
    })),
    findings: findings.filter(({ severity }) => severity !== "info").map(({ sentence }) => sentence),
  };
}

/** The results on screen, in order; throws where they are not known yet. */
export function sharedResults({ exploration, pictures }: Shown): SharedNeighbour[] {
  if (!exploration.areKnown.peek()) throw new Error("The results are not known yet; try again in a moment.");
  return exploration.results.peek().map(({ id, distance }, i) => ({
    place: i + 1,
    id,
    distance,
    label: pictures.labelOf(id),
    why: null,
    lostTo: null,
    needs: null,
  }));
}
