import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Asker } from "./asker";

import { type CandidateSet, candidatesAt, withOthers } from "./candidates";
import { type CellMap, joined } from "./cells";
import { extendOrder, Orders } from "./order";
import { Parts } from "./parts";

import { Player } from "./player";
import { nearest, type Probe, probeOf } from "./probe";
import { Projections, type Scope } from "./projections";
import type { QuerySpec } from "./requests";
import { areTied, type Result, resultsAt, resultsOf } from "./results";
import { Search } from "./search";
import type { Summary } from "./summary";
import { UNREADABLE } from "./transport";
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
} from "./truth";
import type {
  Bounds,
  Candidates,
  Coarse,
  Done,
  Failure,
  MapPart,
  Message,
  Neighbours,
  Outcome,
} from "./wire";
import { Workloads } from "./workloads";

export type Status = "idle" | "searching" | "done" | "error" | "disconnected";

/** Milliseconds until a kernel that seemed lost is asked once whether it is there. */
const RECONNECT = 1500;

/** Milliseconds that nprobe and k have to rest before the kernel is asked what Faiss returns. */
const REST = 150;

/** Milliseconds without a word after which a kernel counts as busy. */
const PATIENCE = 900;

/** The settings that Python sees too. */
export interface Settings {
  readonly nprobe: Signal<number>;
  readonly k: Signal<number>;
  readonly queryId: Signal<bigint | null>;
  readonly cluster: Signal<number | null>;
  readonly selection: Signal<readonly bigint[]>;
  readonly view: Signal<string>;
  readonly theme: Signal<string>;
}

export interface DrawnMap {
  readonly cells: CellMap;
  readonly method: string;
  readonly final: boolean;
}

/** All that is known of one widget's search, shared by every display of it. */
export class Exploration {
  readonly search = signal<Search | null>(null);
  /** Grows whenever more of the search has arrived. */
  readonly revision = signal(0);
  readonly status: ReadonlySignal<Status>;
  readonly failure = signal<string | null>(null);
  readonly map = signal<DrawnMap | null>(null);
  readonly timings = signal<Done | null>(null);
  readonly player: Player;
  readonly projections: Projections;
  readonly workloads: Workloads;
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
  readonly outcome: ReadonlySignal<Outcome | null>;
  /** Whether they are the best of the candidates only, of an index where Faiss may return others. */
  readonly estimated: ReadonlySignal<boolean>;
  readonly resultIds: ReadonlySignal<ReadonlySet<bigint>>;
  /** The true neighbours, once all clusters have been compared. */
  readonly truth: ReadonlySignal<Truth | null>;
  /** Those of them that the search does not find; none while the player shows a part of it. */
  readonly missed: ReadonlySignal<readonly Missed[]>;
  /** How many of them it finds. */
  readonly found: ReadonlySignal<number>;
  /** Sentences of the kernel about the index and this query. */
  readonly findings: ReadonlySignal<readonly string[]>;
  /** The best distance that anything in each cluster can have, by rank, once the kernel knows. */
  readonly bounds = signal<Bounds | null>(null);
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
  /** Whether a search was asked for and the kernel has said nothing for a while: it is busy with a cell. */
  readonly kernelBusy = signal(false);
  readonly #said = signal<Outcome | null>(null);
  readonly #told = signal<Neighbours | null>(null);
  readonly #waiting = signal(false);
  readonly #connected = signal(true);
  #request: string | number | null = null;
  #asked: string | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #restoring: string | null = "";
  #more: string | null = null;
  #moreUpTo = 0;
  #moreOf: Search | null = null;
  #rest: string | null = null;
  #restOf = -1;
  #results: string | null = null;
  #neighbours: string | null = null;
  readonly #mapParts = new Parts<MapPart>();

  constructor(
    readonly summary: Summary,
    readonly settings: Settings,
    readonly asker: Asker,
    abort: AbortSignal,
  ) {
    this.status = computed(() => {
      if (!this.#connected.value) return "disconnected";
      if (this.#waiting.value) return "searching";
      if (this.failure.value !== null) return "error";
      return this.search.value === null ? "idle" : "done";
    });
    this.wanted = computed(() => {
      const search = this.search.value;
      const nprobe = Math.min(settings.nprobe.value, summary.nlist);
      return search === null ? nearest(nprobe) : probeOf(search, nprobe, this.switched.value);
    });
    this.player = new Player(
      computed(() => this.wanted.value.count + Number(summary.refinedDistance !== null)),
      abort,
    );
    this.step = this.player.step;
    this.probe = computed(() => {
      const step = this.step.value;
      return step === null ? this.wanted.value : this.wanted.value.first(Math.max(0, step - 1));
    });
    this.probed = computed(() => this.probe.value.count);
    this.outcome = computed(() => {
      const said = this.#said.value;
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
      const [search, told] = [this.search.value, this.#told.value];
      return search === null || told?.serial !== search.serial ? null : truthTold(told, search);
    });
    const isToldHere = computed(() => {
      const told = this.#told.value;
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
      if (summary.given) return returnedAt(this.probed.value);
      const ids = this.resultIds.value;
      // What the kernel says counts: rounded distances may put others before a true neighbour.
      return this.outcome.value === null || summary.replayable
        ? inside(this.probe.value)
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
      clearTimeout(this.#patience);
    });
    asker.onMessage((message) => this.#receive(message), abort);
    this.projections = new Projections(
      computed(() => this.#scope()),
      asker,
    );
    this.workloads = new Workloads(asker);
    asker.onDisconnect(() => {
      this.workloads.lose();
      if (!this.#connected.peek()) return;
      this.#connected.value = false;
      const probe = setTimeout(() => asker.askMap(), RECONNECT);
      abort.addEventListener("abort", () => clearTimeout(probe));
    }, abort);
    asker.askMap();
    this.#ask({ resume: true });
  }

  /** Start a search; its answer replaces the one on screen when its first message arrives. */
  ask(query: QuerySpec): void {
    this.failure.value = null;
    this.#waiting.value = true;
    this.#ask(query);
  }

  /** Ask for what is missing of the probed clusters: past the nprobe of the search only the nearest are here. */
  needCandidates(): void {
    const search = this.search.peek();
    const last = this.settings.nprobe.peek();
    if (search === null || this.status.peek() !== "done" || search.fine >= last) return;
    if (this.#more !== null && this.#moreUpTo >= last && this.#moreOf === search) return;
    this.#more = this.asker.askCandidates(search.serial, search.fine + 1, last);
    this.#moreUpTo = last;
    this.#moreOf = search;
  }

  /** Have the clusters up to this rank compared, of a search that ended with the probed ones. */
  needRest(lastRank: number): void {
    const search = this.search.peek();
    if (search === null || this.status.peek() !== "done" || this.#restOf === search.serial) return;
    if (search.received >= lastRank) return;
    this.#restOf = search.serial;
    this.#rest = this.asker.askRest(search.serial, lastRank);
    this.#waiting.value = this.#rest !== null;
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

  /** Say on the page what is wrong with an entry; the answer on screen stays. */
  complain(message: string): void {
    this.failure.value = message;
  }

  dismiss(): void {
    this.failure.value = null;
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
    const search = this.search.peek();
    if (search === null) return;
    const { nprobe, k } = this.settings;
    if (this.#isOtherRanking()) this.ask({ resume: true });
    else {
      const ask = (kind: "results" | "truth") =>
        this.asker.askFor(kind, search.serial, nprobe.peek(), k.peek());
      if (this.estimated.peek()) this.#results = ask("results");
      if (this.#lacksTruth()) this.#neighbours = ask("truth");
    }
  }

  #ask(query: QuerySpec): void {
    const { nprobe, k } = this.settings;
    this.#asked = this.asker.askSearch(query, nprobe.peek(), k.peek());
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.kernelBusy.value = this.status.peek() === "searching";
    }, PATIENCE);
    if (this.#asked === null) this.#waiting.value = false;
  }

  #receive(message: Message): void {
    this.#connected.value = true;
    this.kernelBusy.value = false;
    switch (message.kind) {
      case "coarse":
        this.#adopt(message);
        break;
      case "fine":
      case "nearest":
        this.#extend(message);
        break;
      case "done":
        if (message.request === this.#request) {
          batch(() => {
            this.timings.value = message;
            this.#waiting.value = false;
          });
          this.#mend();
        } else if (message.request === this.#rest) {
          this.#restOf = -1;
          this.#waiting.value = false;
        }
        break;
      case "results":
        if (message.rankOf.every((rank) => rank <= this.summary.nlist)) this.#said.value = message;
        break;
      case "truth":
        if (message.rankOf.every((rank) => rank <= this.summary.nlist)) this.#told.value = message;
        break;
      case "bounds":
        if (message.serial === this.search.peek()?.serial) this.bounds.value = message;
        break;
      case "map":
        this.#draw(message);
        break;
      case "projection":
        this.projections.take(message);
        break;
      case "progress":
      case "workload":
        this.workloads.take(message);
        break;
      case "error":
        this.workloads.take(message);
        this.projections.fail(message);
        this.#fail(message);
        break;
    }
  }

  #adopt(coarse: Coarse): void {
    const shown = this.search.peek();
    if (shown !== null && coarse.serial <= shown.serial) return;
    const search = new Search(coarse, this.summary.sizes);
    batch(() => {
      this.#request = coarse.request;
      this.search.value = search;
      if (coarse.request !== this.#restoring) this.failure.value = null;
      this.timings.value = null;
      this.bounds.value = null;
      this.switched.value = new Map();
      this.#restOf = -1;
      this.player.finish();
      this.#waiting.value = true;
      this.#connected.value = true;
      if (coarse.request === this.#asked) this.settings.queryId.value = search.id;
    });
  }

  #extend(message: Candidates): void {
    if (![this.#request, this.#more, this.#rest].includes(message.request)) return;
    this.search.peek()?.add(message);
    this.revision.value++;
  }

  #fail(failure: Failure): void {
    // What is asked of a search that is over, the newer one will be asked.
    if (failure.code === "superseded") return;
    const own = [
      this.#asked,
      this.#request,
      this.#rest,
      this.#results,
      this.#neighbours,
      this.workloads.running,
    ];
    const mine = own.includes(failure.request);
    if (!mine && failure.request !== null) return;
    batch(() => {
      this.failure.value = failure.message;
      this.#waiting.value = false;
    });
    const shown = this.search.peek();
    // Of what cannot be read there would only be more, and what has failed twice fails again.
    const again = failure.code === UNREADABLE || failure.request === this.#restoring;
    if (!again && shown !== null && shown.received < shown.nlist) this.#restore();
  }

  /** Ask once more for an answer of which messages were lost on the way. */
  #mend(): void {
    const shown = this.search.peek();
    if (!shown?.exhaustive || shown.received === shown.nlist) return;
    if (this.#request !== this.#restoring) this.#restore();
    else this.failure.value = "Parts of this answer were lost on the way. Search again.";
  }

  /** Fetch the rest of the answer on screen, which a failed search has cut off. */
  #restore(): void {
    const { nprobe, k } = this.settings;
    this.#restoring = this.asker.askSearch({ resume: true }, nprobe.peek(), k.peek());
  }

  #draw(part: MapPart): void {
    if (this.map.peek()?.final || part.rows !== this.summary.nlist) return;
    const parts = this.#mapParts.take(part, part.inradii.length);
    if (parts !== null) this.map.value = { cells: joined(parts), method: part.method, final: part.final };
  }
}
