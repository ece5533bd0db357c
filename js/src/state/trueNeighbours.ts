import { computed, type ReadonlySignal } from "@preact/signals";
import { isSwitchedOff } from "../model/probe";
import { placedResults, type RankedTruth, rankedTruth } from "../model/rankedTruth";
import type { Result } from "../model/results";
import type { Summary } from "../model/summary";
import {
  type Finds,
  foundBy,
  inside,
  type Missed,
  missedBy,
  nearestRankOf,
  type Row,
  returnedAt,
  type Stage,
  type Truth,
  truthOf,
  truthOfMessage,
} from "../model/truth";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";
import type { ShownResults } from "./shownResults";

/** The true neighbours of the query, and the ones that the search does not find. */
export interface TrueNeighbours {
  /** Once all clusters have been compared; by the original vectors where they were given, else by the lists. */
  readonly truth: ReadonlySignal<Truth | null>;
  /** None while the player shows a part of the search. */
  readonly missed: ReadonlySignal<readonly Missed[]>;
  /** The true neighbours in order and the results that are none, at the player's step; null while unknown. */
  readonly inOrder: ReadonlySignal<RankedTruth | null>;
  /** The results, with their places among all vectors where these are known: the number on their pictures. */
  readonly placed: ReadonlySignal<readonly Result[]>;
  /** How many of them the search finds, at the player's step. */
  readonly found: ReadonlySignal<number>;
  /** How many the whole search finds, at whatever step the player is. */
  readonly foundInEnd: ReadonlySignal<number>;
  /** By what they count as found: candidates where no Faiss search has these clusters, null until its results arrive. */
  readonly foundAmong: ReadonlySignal<"results" | "candidates" | null>;
  /** Whether to ask the kernel for them: original vectors were given and all clusters are compared. */
  readonly lacksTruth: ReadonlySignal<boolean>;
}

export function trueNeighbours(
  { search, revision, groundTruth }: SearchProgress,
  { wanted, step, switched }: ProbedClusters,
  { outcome, results, estimated, isHypothetical, isOtherRanking }: ShownResults,
  summary: ReadonlySignal<Summary>,
  settings: Settings,
): TrueNeighbours {
  // For every nprobe and k, so that a slider that moves reads the message once.
  const computedByKernel = computed(() => {
    const [found, message] = [search.value, groundTruth.value];
    return found === null || message === null ? null : truthOfMessage(message, found);
  });
  const isForSettings = computed(() => {
    const message = groundTruth.value;
    const { nprobe, k, includeSelf } = settings;
    const holds = message?.k === k.value && [0, nprobe.value].includes(message.nprobe);
    return (
      holds &&
      message.include_self === includeSelf.value &&
      switched.value.size === 0 &&
      !isOtherRanking.value
    );
  });
  const truth = computed(() => {
    const { given, unexplained, similarity } = summary.value;
    if (given) return isForSettings.value ? computedByKernel.value : null;
    revision.value;
    const found = search.value;
    if (found === null || unexplained !== null) return null;
    return truthOf(found, settings.k.value, similarity, settings.includeSelf.value);
  });
  const finds = computed<Finds>(() => {
    const { given, replayable } = summary.value;
    if (given) return returnedAt(wanted.value.count);
    const returned = new Set(results.value.map(keyOf));
    // Rounded distances may put other rows before a true neighbour: the results of Faiss count.
    return outcome.value === null || replayable ? inside(wanted.value) : (row) => returned.has(keyOf(row));
  });
  const foundInEnd = computed(() => (truth.value === null ? 0 : foundBy(truth.value, finds.value)));
  const missed = computed<readonly Missed[]>(() => {
    const [found, neighbours] = [search.value, truth.value];
    if (found === null || neighbours === null || step.value !== null) return [];
    const { given } = summary.value;
    // A neighbour that is far by its code is not among the candidates that come first.
    if (given) revision.value;
    const nprobe = settings.nprobe.value;
    const coarseStage = (rank: number, nearest: number): Stage => {
      if (rank > found.reach) return "unreached";
      if (isSwitchedOff(found, switched.value, rank)) return "off";
      return rank > nprobe && nearest <= nprobe ? "ranking" : "coarse";
    };
    return missedBy(neighbours, finds.value, wanted.value, summary.value).map((row) => {
      const nearestRank = nearestRankOf(found, row.clusterRank, summary.value);
      return {
        ...row,
        lostTo: row.lostTo === "coarse" ? coarseStage(row.clusterRank, nearestRank) : row.lostTo,
        nearestRank,
        codeDistance: given ? found.distanceOf(row.id, row.clusterRank) : row.distance,
      };
    });
  });
  const foundAmong = computed(() => {
    if (summary.value.given || !estimated.value) return "results";
    return isHypothetical.value ? "candidates" : null;
  });
  // The places of results beyond the k-th.
  const nearestOfAll = computed(() => {
    revision.value;
    const found = search.value;
    const { given, unexplained, similarity, kMax } = summary.value;
    if (given || found === null || unexplained !== null) return [];
    return truthOf(found, kMax, similarity, settings.includeSelf.value)?.neighbours ?? [];
  });
  const inOrder = computed(() => {
    if (truth.value === null) return null;
    const isPartial = step.value !== null;
    const isGuess = foundAmong.value === null;
    return rankedTruth(truth.value, results.value, missed.value, isPartial, isGuess, nearestOfAll.value);
  });
  const lacksTruth = computed(() => {
    revision.value;
    const found = search.value;
    const { given, unexplained } = summary.value;
    const isCompared = found !== null && found.received >= found.nlist;
    return given && unexplained === null && isCompared && truth.value === null;
  });
  return {
    truth,
    missed,
    foundAmong,
    inOrder,
    placed: computed(() =>
      inOrder.value === null ? results.value : placedResults(results.value, inOrder.value),
    ),
    foundInEnd,
    found: computed(() => {
      if (truth.value === null || step.value === null) return foundInEnd.value;
      const returned = new Set(results.value.map(keyOf));
      return foundBy(truth.value, (row) => returned.has(keyOf(row)));
    }),
    lacksTruth,
  };
}

/** Rows of several clusters may share an id. */
function keyOf({ id, clusterRank }: Row): string {
  return `${clusterRank}/${id}`;
}
