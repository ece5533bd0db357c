import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type CandidateSet, candidatesAt, withOthers } from "../model/candidates";
import { extendOrder, Orders } from "../model/order";
import { nearest, type Probe, probeOf } from "../model/probe";
import { areTied, type Result, resultsAt, resultsOf } from "../model/results";
import type { Summary } from "../model/summary";
import {
  type Finds,
  foundBy,
  inside,
  type Missed,
  missedBy,
  openClusters,
  returnedAt,
  type Truth,
  truthOf,
  truthTold,
} from "../model/truth";
import type { Asker } from "../protocol/asker";
import type { Failure, FaissResults, Projection } from "../protocol/messages";
import { Conversation } from "./conversation";
import { Player } from "./player";
import { Projections, type Scope } from "./projections";
import type { Settings } from "./settings";

/** Milliseconds that nprobe and k have to rest before the kernel is asked what Faiss returns. */
const REST = 150;

/** All that is known of one widget's search, shared by every display of it: what has come, and what follows from it. */
export class Exploration extends Conversation {
  readonly player: Player;
  readonly projections: Projections;
  /** Where the player stands: 0 overview, 1 coarse search, 1 + r after r clusters; null at the end. */
  readonly step: ReadonlySignal<number | null>;
  readonly hovered = signal<number | null>(null);
  /** Clusters that are switched on (true) or off by hand, whatever nprobe says. */
  readonly switched = signal<ReadonlyMap<number, boolean>>(new Map());
  /** The clusters that are probed, by nprobe and by hand. */
  readonly wanted: ReadonlySignal<Probe>;
  /** Those probed as shown: all of them, or as far as the player has come. */
  readonly probe: ReadonlySignal<Probe>;
  /** How many these are. */
  readonly probed: ReadonlySignal<number>;
  readonly results: ReadonlySignal<readonly Result[]>;
  /** What the kernel says that they are, where it has said so. */
  readonly outcome: ReadonlySignal<FaissResults | null>;
  /** Whether they are the best of the candidates only, of an index where Faiss may return others. */
  readonly estimated: ReadonlySignal<boolean>;
  readonly resultIds: ReadonlySignal<ReadonlySet<bigint>>;
  /** The true neighbours, once all clusters have been compared. */
  readonly truth: ReadonlySignal<Truth | null>;
  /** Those of them that the search does not find; none while the player shows a part of it. */
  readonly missed: ReadonlySignal<readonly Missed[]>;
  /** How many of them it finds in the end. */
  readonly found: ReadonlySignal<number>;
  /** Sentences of the kernel about the index and this query. */
  readonly findings: ReadonlySignal<readonly string[]>;
  /** Clusters that are not probed and could still hold something nearer than the last result, where that is known. */
  readonly openClusters: ReadonlySignal<number | null>;
  /** What the fine search has compared as shown. Views that draw it say so with `needCandidates`. */
  readonly candidates: ReadonlySignal<CandidateSet | null>;
  /** Places of the candidates from the nearest to the farthest. */
  readonly candidateOrder: ReadonlySignal<Uint32Array | null>;
  /** The candidates and, behind them, the missed neighbours. */
  readonly withMissed: ReadonlySignal<{ set: CandidateSet; order: Uint32Array } | null>;
  /** The row under the pointer in any view. */
  readonly hoveredRow = signal<bigint | null>(null);
  readonly selected: ReadonlySignal<ReadonlySet<bigint>>;

  constructor(summary: Summary, settings: Settings, asker: Asker, abort: AbortSignal) {
    super(summary, settings, asker);
    this.wanted = computed(() => {
      const search = this.search.value;
      const nprobe = Math.min(settings.nprobe.value, summary.nlist);
      return search === null ? nearest(nprobe) : probeOf(search, nprobe, this.switched.value);
    });
    this.player = new Player(
      computed(() => this.wanted.value.count + Number(summary.refinedDistance !== null)),
      abort,
    );
    this.step = computed(() => {
      const step = this.player.step.value;
      return step !== null && step < this.player.last ? step : null;
    });
    this.probe = computed(() => {
      const step = this.step.value;
      return step === null ? this.wanted.value : this.wanted.value.first(Math.max(0, step - 1));
    });
    this.probed = computed(() => this.probe.value.count);
    this.outcome = computed(() => {
      const said = this.said.value;
      const isShown =
        said !== null &&
        said.serial === this.search.value?.serial &&
        said.nprobe === settings.nprobe.value &&
        said.k === settings.k.value &&
        !this.#isAsIf() &&
        !this.#isOtherRanking();
      return isShown ? said : null;
    });
    this.results = computed(() => {
      this.revision.value;
      const search = this.search.value;
      if (search === null) return [];
      const outcome = this.outcome.value;
      if (outcome !== null) return resultsOf(outcome, search);
      return resultsAt(search, this.probe.value, settings.k.value, summary.similarity);
    });
    this.estimated = computed(() => {
      const search = this.search.value;
      if (search === null || this.outcome.value !== null) return false;
      if (!summary.replayable || this.#isOtherRanking()) return true;
      this.revision.value;
      return summary.renamed && areTied(search, this.probe.value, settings.k.value, summary.similarity);
    });
    this.resultIds = computed(() => new Set(this.results.value.map((result) => result.id)));
    const told = computed(() => {
      const [search, told] = [this.search.value, this.told.value];
      return search === null || told?.serial !== search.serial ? null : truthTold(told, search);
    });
    const isToldHere = computed(() => {
      const told = this.told.value;
      const holds = told?.k === settings.k.value && [0, settings.nprobe.value].includes(told.nprobe);
      return holds && this.switched.value.size === 0 && !this.#isOtherRanking();
    });
    this.truth = computed(() => {
      if (summary.given) return isToldHere.value ? told.value : null;
      this.revision.value;
      const search = this.search.value;
      if (search === null || summary.unexplained !== null) return null;
      return truthOf(search, settings.k.value, summary.similarity);
    });
    const finds = computed<Finds>(() => {
      if (summary.given) return returnedAt(this.wanted.value.count);
      const ids = this.resultIds.value;
      // What the kernel says counts: rounded distances may put others before a true neighbour.
      return this.outcome.value === null || summary.replayable
        ? inside(this.wanted.value)
        : ({ id }) => ids.has(id);
    });
    this.missed = computed(() => {
      const truth = this.truth.value;
      return truth === null || this.step.value !== null ? [] : missedBy(truth, finds.value);
    });
    this.found = computed(() => (this.truth.value === null ? 0 : foundBy(this.truth.value, finds.value)));
    this.openClusters = computed(() => {
      this.revision.value;
      const bounds = this.bounds.value?.bounds;
      const probe = this.probe.value;
      const last = probe.ranks[probe.count - 1] ?? 0;
      if (bounds === undefined || (this.search.value?.received ?? 0) < last) return null;
      return openClusters(bounds, probe, this.results.value, settings.k.value, summary.similarity);
    });
    this.findings = computed(() => [
      ...(this.timings.value?.findings ?? []),
      ...(this.bounds.value?.findings ?? []),
    ]);
    this.candidates = computed(() => {
      this.revision.value;
      const search = this.search.value;
      return search === null ? null : candidatesAt(search, this.probe.value);
    });
    const orders = new Orders(summary.similarity);
    this.candidateOrder = computed(() => {
      const set = this.candidates.value;
      return set === null ? null : orders.of(set.distances);
    });
    this.withMissed = computed(() => {
      const [candidates, order] = [this.candidates.value, this.candidateOrder.value];
      if (candidates === null || order === null) return null;
      const set = withOthers(candidates, this.missed.value);
      return { set, order: extendOrder(order, set.distances, summary.similarity) };
    });
    this.selected = computed(() => new Set(settings.selection.value));
    const stop = effect(() => {
      const { ranks, count } = this.wanted.value;
      if (this.status.value === "done" && this.search.value?.exhaustive === false) {
        this.needRest(ranks[count - 1] ?? 0);
      }
    });
    const settle = effect(() => {
      settings.nprobe.value;
      settings.k.value;
      this.revision.value;
      const lacking = this.estimated.value || this.#lacksTruth();
      if (!lacking || this.#isAsIf() || this.status.value !== "done") return;
      const timer = setTimeout(() => this.#settle(), REST);
      return () => clearTimeout(timer);
    });
    abort.addEventListener("abort", () => {
      stop();
      settle();
    });
    this.projections = new Projections(
      computed(() => this.#scope()),
      asker,
    );
    this.begin(abort);
  }

  /** Probe a cluster although nprobe leaves it out, or the other way round; and back. */
  toggleProbed(cluster: number): void {
    const switched = new Map(this.switched.peek());
    const search = this.search.peek();
    if (search === null) return;
    const rank = search.rankOf[cluster];
    const isOn = !this.wanted.peek().has(rank);
    if (isOn === rank <= this.settings.nprobe.peek()) switched.delete(cluster);
    else switched.set(cluster, isOn);
    this.switched.value = switched;
  }

  /** Add a row to the selection, or take it out. */
  toggleSelected(id: bigint): void {
    const { selection } = this.settings;
    const without = selection.peek().filter((selected) => selected !== id);
    selection.value = without.length < selection.peek().length ? without : [...without, id];
  }

  protected override adopted(): void {
    this.switched.value = new Map();
    this.player.finish();
  }

  protected override projected(message: Projection | Failure): void {
    if (message.kind === "projection") this.projections.take(message);
    else this.projections.fail(message);
  }

  /** What a projection shows: the candidates, and the true neighbours that are none for any k. */
  #scope(): Scope | null {
    const search = this.search.value;
    if (search === null) return null;
    const { nprobe, k } = this.settings;
    const { kMax, similarity } = this.summary;
    this.revision.value;
    const probe = this.wanted.value;
    const neighbours = truthOf(search, kMax, similarity)?.neighbours ?? [];
    return {
      serial: search.serial,
      ranks: nprobe.value,
      flips: [...this.switched.value.keys()].map((cluster) => search.rankOf[cluster]),
      k: k.value,
      extra: neighbours.filter(({ clusterRank }) => !probe.has(clusterRank)),
    };
  }

  /** Whether what is shown is no search that Faiss was asked for: a part of one, or one of clusters chosen by hand. */
  #isAsIf(): boolean {
    return this.step.value !== null || this.switched.value.size > 0;
  }

  /** Whether a search at this nprobe may rank the clusters in another way than the one on screen. */
  #isOtherRanking(): boolean {
    const search = this.search.value;
    const nprobe = this.settings.nprobe.value;
    if (search === null || search.nprobe === nprobe) return false;
    return !this.summary.steady || search.distances[nprobe - 1] === search.distances[nprobe];
  }

  /** Whether the kernel is to say what should have been found: of a large index, when it was to compare all of it. */
  #lacksTruth(): boolean {
    const search = this.search.value;
    const { given, unexplained } = this.summary;
    const isCompared = search !== null && search.received >= search.nlist;
    return given && unexplained === null && isCompared && this.truth.value === null;
  }

  /** Have Faiss asked for what is shown. */
  #settle(): void {
    if (this.#isOtherRanking()) this.ask({ resume: true });
    else this.askFor(this.estimated.peek(), this.#lacksTruth());
  }
}
