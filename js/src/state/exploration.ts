import type { ReadonlySignal } from "@preact/signals";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import { type CandidateSets, candidateSets } from "./candidateSets";
import { type ClusterMap, clusterMap } from "./clusterMap";
import { clusterRanks } from "./clusterRanks";
import { type ClusterRecalls, clusterRecalls } from "./clusterRecalls";
import { Compositions } from "./compositions";
import { Conversation, type Status } from "./conversation";
import { type Findings, findings } from "./findings";
import { followUps } from "./followUps";
import { type History, queryHistory } from "./history";
import { type Labels, labels } from "./labels";
import { type Misses, misses } from "./misses";
import { type Pointer, pointer } from "./pointer";
import { type ProbedClusters, probedClusters } from "./probedClusters";
import { Projections, projectionScope } from "./projections";
import { RowValues } from "./rowValues";
import { type SearchProgress, searchProgress } from "./searchProgress";
import type { Settings } from "./settings";
import { type ShownResults, shownResults } from "./shownResults";
import { type StepChange, stepChange } from "./stepChange";
import { type TrueNeighbours, trueNeighbours } from "./trueNeighbours";
import { Workloads } from "./workloads";

type Parts = SearchProgress &
  ProbedClusters &
  ShownResults &
  TrueNeighbours &
  CandidateSets &
  Findings &
  StepChange &
  Pointer &
  ClusterRecalls &
  ClusterMap &
  Pick<Conversation, "begun" | "ask" | "announce" | "needCandidates" | "needRest" | "complain" | "dismiss">;

/** One widget's search, shared by every display of it, and the requests that extend it. */
export interface Exploration extends Parts {
  readonly summary: ReadonlySignal<Summary>;
  readonly settings: Settings;
  readonly asker: Asker;
  readonly status: ReadonlySignal<Status>;
  /** Whether a request can complete the search on screen: it is finished, and the index has not changed since. */
  readonly canComplete: ReadonlySignal<boolean>;
  readonly failure: ReadonlySignal<string | null>;
  readonly kernelBusy: ReadonlySignal<boolean>;
  readonly labels: Labels;
  readonly compositions: Compositions;
  readonly rowValues: RowValues;
  readonly projections: Projections;
  readonly workloads: Workloads;
  readonly history: History;
  readonly misses: Misses;
}

/** Follow a kernel or a recording, and ask for the search, the map and the workload that it has already. */
export function explore(
  summary: ReadonlySignal<Summary>,
  settings: Settings,
  asker: Asker,
  abort: AbortSignal,
): Exploration {
  const conversation = new Conversation(
    summary,
    settings,
    asker,
    (isOtherQuery) => {
      probed.switched.value = new Map();
      probed.player.finish();
      if (!isOtherQuery) return;
      settings.cluster.value = null;
      settings.selection.value = [];
    },
    abort,
  );
  const progress = searchProgress(conversation, summary);
  const probed = probedClusters(progress.search, summary, settings, abort);
  const shown = shownResults(progress, probed, summary, settings);
  const neighbours = trueNeighbours(progress, probed, shown, summary, settings);
  followUps(conversation, progress, probed, shown, neighbours, summary, settings, abort);
  const toggleProbed = clusterRanks(conversation, progress, probed, settings, abort);
  const workloads = new Workloads(asker, settings.nprobe, (message) => conversation.complain(message), abort);
  const drawn = clusterMap(summary, asker, abort);
  const colours = labels(summary, asker, abort);
  conversation.resume();
  return {
    summary,
    settings,
    asker,
    status: conversation.status,
    canComplete: conversation.canComplete,
    failure: conversation.failure,
    kernelBusy: conversation.kernelBusy,
    ...drawn,
    labels: colours,
    compositions: new Compositions(summary, asker),
    rowValues: new RowValues(summary, asker),
    workloads,
    history: queryHistory(
      progress.search,
      settings,
      conversation.failure,
      (query) => conversation.ask(query),
      abort,
    ),
    misses: misses(workloads, summary, settings, conversation, abort),
    projections: new Projections(projectionScope(progress, probed, summary, settings), asker, abort),
    ...progress,
    ...probed,
    ...shown,
    ...neighbours,
    ...candidateSets(progress, probed, neighbours, summary),
    ...findings(progress, probed, shown, neighbours, summary, settings),
    ...stepChange(progress, probed, shown.results, summary, settings),
    ...pointer(settings),
    ...clusterRecalls(workloads, colours.wanted, settings.nprobe, summary, asker, abort),
    toggleProbed,
    begun: conversation.begun,
    ask: (query) => conversation.ask(query),
    announce: () => conversation.announce(),
    needCandidates: () => conversation.needCandidates(),
    needRest: (lastRank) => conversation.needRest(lastRank),
    complain: (message) => conversation.complain(message),
    dismiss: () => conversation.dismiss(),
  };
}
