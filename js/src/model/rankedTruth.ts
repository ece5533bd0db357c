import type { Result } from "./results";
import type { Missed, Row, Truth } from "./truth";

/** One of the k true neighbours, in its place. */
export interface RankedNeighbour extends Result {
  /** 1 = nearest. */
  readonly place: number;
  /**
   * Found by the search, missed by it, or pending: not compared yet at the player's step, or a candidate that Faiss may
   * not return.
   */
  readonly state: "found" | "missed" | "pending";
  /** What is known of a missed one. */
  readonly missed: Missed | null;
}

/** A result that is no true neighbour: it came back because a nearer row was missed. */
export interface Intruder extends Omit<Result, "place"> {
  /** Its place among all vectors; null where that is not known. */
  readonly place: number | null;
}

/** The results, each with its place among all vectors. */
export function placedResults(results: readonly Result[], { neighbours, intruders }: RankedTruth): Result[] {
  const placeOf = takePlaces([...neighbours, ...intruders]);
  return results.map((result) => ({ ...result, place: placeOf(result) ?? Infinity }));
}

export interface RankedTruth {
  readonly neighbours: readonly RankedNeighbour[];
  readonly intruders: readonly Intruder[];
}

/**
 * The true neighbours in order, and the results that are none. Of rows that tie for the last place the ones that came
 * back stand there.
 *
 * @param results  what the search returns at this moment
 * @param missed  none while the player shows a part of the search
 * @param isPartial  whether it does
 * @param isGuess  whether Faiss may return other rows than `results`
 * @param further  the nearest vectors of all beyond the k-th, as far as they are known
 */
export function rankedTruth(
  truth: Truth,
  results: readonly Result[],
  missed: readonly Missed[],
  isPartial: boolean,
  isGuess: boolean,
  further: readonly Result[],
): RankedTruth {
  const lost = new Map(missed.map((row) => [keyOf(row), row]));
  const returned = new Set(results.map(keyOf));
  const own = new Set(truth.neighbours.map(keyOf));
  const tied = new Set(truth.tied.map(keyOf));
  const spare = results.filter((result) => tied.has(keyOf(result)) && !own.has(keyOf(result)));
  const neighbours = truth.neighbours.map((neighbour, i): RankedNeighbour => {
    const key = keyOf(neighbour);
    const place = i + 1;
    const row = lost.get(key);
    if (row !== undefined) return { ...neighbour, place, state: "missed", missed: row };
    const isBack = returned.has(key);
    const other = isBack || i < truth.better ? undefined : spare.shift();
    const isFound = isBack || other !== undefined || !isPartial;
    return { ...(other ?? neighbour), place, state: isFound && !isGuess ? "found" : "pending", missed: null };
  });
  const placeOf = takePlaces(further.map((row, i) => ({ ...row, place: i + 1 })));
  // More rows may tie for the last place than there is room for.
  const surplus = new Set(spare.map(keyOf));
  const intruders = results
    .filter((result) => surplus.has(keyOf(result)) || !(own.has(keyOf(result)) || tied.has(keyOf(result))))
    .map((result) => ({ ...result, place: placeOf(result) }));
  return { neighbours, intruders };
}

/** Gives each row its place, of rows of one cluster that share an id the first place that is left; null for none. */
function takePlaces(rows: readonly (Row & { readonly place: number | null })[]) {
  const left = new Map<string, (number | null)[]>();
  for (const row of rows) left.set(keyOf(row), [...(left.get(keyOf(row)) ?? []), row.place]);
  return (row: Row): number | null => left.get(keyOf(row))?.shift() ?? null;
}

/** Rows of several clusters may share an id. */
function keyOf({ id, clusterRank }: Row): string {
  return `${clusterRank}/${id}`;
}
