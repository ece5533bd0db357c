import {
  batch,
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
} from "@preact/signals";
import type { Asker } from "../../protocol/asker";
import type { Message, QueryChoice, RequestName, WalkResults } from "../../protocol/messages";
import { Workloads } from "../../state/workloads";
import { type GraphResult, resultsAmong, resultsAt } from "../model/results";
import type { GraphFacts } from "../model/summary";
import {
  efNeeded,
  foundOf,
  type GraphTruth,
  intrudersOf,
  isReturnedAt,
  missedOf,
  type Neighbour,
  truthOf,
} from "../model/truth";
import { GraphWalk } from "../model/walk";
import { DistrictMap } from "./districtMap";
import { WalkPlayer } from "./walkPlayer";
import { WalkProjections } from "./walkProjection";

/** A choice of a query, or the vector itself, float32 (dim,). */
export type GraphWish = QueryChoice | Float32Array;

export type GraphStatus = "idle" | "searching" | "done" | "error" | "disconnected";

/** Settings that are synchronised with Python. */
export interface GraphSettings {
  readonly efSearch: Signal<number>;
  readonly k: Signal<number>;
  readonly includeSelf: Signal<boolean>;
  readonly queryId: Signal<bigint | null>;
  readonly selection: Signal<readonly bigint[]>;
  readonly view: Signal<string>;
  readonly theme: Signal<string>;
}

/** The least efSearch at the right end of the scale. */
const LEAST_TOP = 64;
/** Milliseconds that efSearch rests before what only the kernel tells is asked for. */
const REST = 120;

/** A query that was searched for. */
interface Visit {
  readonly wish: GraphWish;
  readonly key: string;
  ef: number;
}

/** One widget's search of a graph, shared by every display of it. */
export class GraphExploration {
  readonly walk = signal<GraphWalk | null>(null);
  readonly truth: ReadonlySignal<GraphTruth | null>;
  readonly results: ReadonlySignal<readonly GraphResult[]>;
  readonly missed: ReadonlySignal<readonly Neighbour[]>;
  readonly intruders: ReadonlySignal<readonly GraphResult[]>;
  readonly found: ReadonlySignal<number>;
  readonly needed: ReadonlySignal<number | null>;
  /** Whether the results shown are what the engine returns at this efSearch. */
  readonly areKnown: ReadonlySignal<boolean>;
  /** Nodes that the first pass of a search hands to a second one; 0 where there is none. */
  readonly handedOver: ReadonlySignal<number>;
  /** The least efSearch that the engine uses, and the one that it uses now. */
  readonly efLeast: ReadonlySignal<number>;
  readonly efUsed: ReadonlySignal<number>;
  /** The efSearch at the right end of the scale. */
  readonly efTop: ReadonlySignal<number>;
  /** Visits on level 0 that are shown: fewer while the player shows a part of the search. */
  readonly visits: ReadonlySignal<number>;
  readonly status: ReadonlySignal<GraphStatus>;
  readonly isOutdated: ReadonlySignal<boolean>;
  readonly failure = signal<string | null>(null);
  readonly hoveredRow = signal<bigint | null>(null);
  readonly canGoBack: ReadonlySignal<boolean>;
  readonly canGoForward: ReadonlySignal<boolean>;
  readonly player: WalkPlayer;
  readonly workloads: Workloads;
  readonly districts: DistrictMap;
  readonly projections: WalkProjections;
  readonly #truthMessage = signal<{ serial: number; truth: GraphTruth } | null>(null);
  readonly #engineResults = signal<WalkResults | null>(null);
  readonly #isWaiting = signal(false);
  readonly #visits = signal<readonly Visit[]>([]);
  readonly #at = signal(-1);
  #asked: RequestName | null = null;
  #isGoing = false;

  constructor(
    readonly facts: ReadonlySignal<GraphFacts>,
    readonly settings: GraphSettings,
    readonly asker: Asker,
    abort: AbortSignal,
  ) {
    const { efSearch, k, includeSelf } = settings;
    this.truth = computed(() => {
      const [found, walk] = [this.#truthMessage.value, this.walk.value];
      if (found === null || walk === null || found.serial !== walk.serial) return null;
      const { truth } = found;
      return truth.k === k.value && truth.includeSelf === includeSelf.value ? truth : null;
    });
    const own = computed(() => (includeSelf.value ? null : (this.walk.value?.id ?? null)));
    this.efLeast = computed(() => {
      const { leastIsK, ntotal } = facts.value;
      return leastIsK ? Math.max(1, Math.min(ntotal, k.value + (own.value === null ? 0 : 1))) : 1;
    });
    this.efUsed = computed(() => Math.max(efSearch.value, this.efLeast.value));
    this.handedOver = computed(() => {
      const { kFactor, ntotal } = facts.value;
      const asked = Math.min(ntotal, k.value + (own.value === null ? 0 : 1));
      // In float32, as Faiss multiplies.
      return Math.trunc(Math.fround(asked * Math.fround(kFactor)));
    });
    const engine = computed(() => {
      const said = this.#engineResults.value;
      const isOfSearch = said !== null && said.serial === this.walk.value?.serial;
      const isOfSettings = said?.k === k.value && said.include_self === includeSelf.value;
      return isOfSearch && isOfSettings ? resultsAt(said, efSearch.value) : null;
    });
    // The nearest of the visits are the results, unless distances tie or a second pass orders them anew.
    const isOfVisits = computed(
      () => this.handedOver.value === 0 && this.walk.value?.isSure(this.efUsed.value) === true,
    );
    this.player = new WalkPlayer(
      computed(() => this.#steps()),
      abort,
    );
    this.visits = computed(() => {
      const walk = this.walk.value;
      if (walk === null) return 0;
      const step = this.player.step.value;
      if (step === null) return walk.visitedBy(this.efUsed.value);
      // efSearch may have fallen meanwhile.
      const expansion = Math.min(step - walk.hops.length, walk.expandedBy(this.efUsed.value));
      return expansion <= 0 ? Number(step > 0) : walk.first[expansion];
    });
    this.results = computed(() => {
      const walk = this.walk.value;
      if (walk === null) return [];
      const said = engine.value;
      const isPartial = this.player.step.value !== null;
      if (said !== null && !isPartial && !isOfVisits.value) {
        return said.map(({ id, distance }) => ({ id, distance, place: walk.placeOf(id) }));
      }
      if (this.handedOver.value > 0 && !isPartial) return [];
      return resultsAmong(walk, this.visits.value, k.value, facts.value.similarity, own.value);
    });
    this.areKnown = computed(() => {
      return this.walk.value !== null && (isOfVisits.value || engine.value !== null);
    });
    const finds = computed(() => {
      const truth = this.truth.value;
      const ids = new Set(this.results.value.map(({ id }) => id));
      const isBySpans =
        truth !== null && efSearch.value <= truth.holdsUntil && this.player.step.value === null;
      return (row: Neighbour) => (isBySpans ? isReturnedAt(row, efSearch.value) : ids.has(row.id));
    });
    this.found = computed(() => (this.truth.value === null ? 0 : foundOf(this.truth.value, finds.value)));
    this.missed = computed(() => {
      if (this.truth.value === null || this.player.step.value !== null) return [];
      return missedOf(this.truth.value, finds.value);
    });
    this.intruders = computed(() =>
      this.truth.value === null ? [] : intrudersOf(this.truth.value, this.results.value),
    );
    this.needed = computed(() => (this.truth.value === null ? null : efNeeded(this.truth.value)));
    this.efTop = computed(() => {
      const { efLimit } = facts.value;
      const farthest = Math.max(0, ...(this.truth.value?.neighbours ?? []).map(({ from }) => from ?? 0));
      const least = Math.max(LEAST_TOP, 2 * efSearch.value, 1.25 * farthest);
      return Math.min(efLimit, 2 ** Math.ceil(Math.log2(least)));
    });
    this.isOutdated = computed(() => {
      const walk = this.walk.value;
      return walk !== null && walk.indexVersion !== facts.value.indexVersion;
    });
    this.status = computed(() => {
      if (!asker.connected.value) return "disconnected";
      if (this.#isWaiting.value) return "searching";
      if (this.failure.value !== null) return "error";
      return this.walk.value === null ? "idle" : "done";
    });
    this.districts = new DistrictMap(this, abort);
    this.projections = new WalkProjections(this, abort);
    this.canGoBack = computed(() => this.#at.value > 0);
    this.canGoForward = computed(() => this.#at.value < this.#visits.value.length - 1);
    asker.onMessage((message) => this.#take(message));
    this.workloads = new Workloads(asker, efSearch, (message) => this.complain(message), abort);
    const stops = [
      // True neighbours are asked for once for each search, k and choice of the own row.
      effect(() => {
        const walk = this.walk.value;
        if (walk === null || this.truth.value !== null || this.isOutdated.value) return;
        const [wanted, counts] = [k.value, includeSelf.value];
        const timer = setTimeout(() => asker.askWalkTruth(walk.serial, wanted, counts), 0);
        return () => clearTimeout(timer);
      }),
      // A longer walk, where efSearch comes near the end of this one, and one of its own where distances tie.
      effect(() => {
        const walk = this.walk.value;
        if (walk === null || this.isOutdated.value) return;
        const ef = Math.min(this.efUsed.value, facts.value.efLimit);
        const isTied = walk.holdsUntil < Math.max(ef, walk.efMax);
        const isShort = !isTied && !walk.exhausted && this.efTop.value > walk.efMax;
        if (!isShort && walk.tells(ef)) return;
        const timer = setTimeout(() => untracked(() => this.#send({ resume: true })), REST);
        return () => clearTimeout(timer);
      }),
      effect(() => {
        const walk = this.walk.value;
        const ef = efSearch.value;
        if (walk === null || this.areKnown.value || this.isOutdated.value) return;
        const [wanted, counts] = [k.value, includeSelf.value];
        const timer = setTimeout(() => asker.askWalkResults(walk.serial, ef, wanted, counts), REST);
        return () => clearTimeout(timer);
      }),
      effect(() => {
        const ef = efSearch.value;
        const here = this.#visits.peek()[this.#at.peek()];
        if (here !== undefined && !this.#isGoing) here.ef = ef;
      }),
    ];
    abort.addEventListener("abort", () => {
      for (const stop of stops) stop();
    });
    this.#send({ resume: true });
  }

  /** Search for a query. */
  ask(query: GraphWish): void {
    this.failure.value = null;
    this.#send(query);
    this.#isWaiting.value = this.#asked !== null;
  }

  /** Search for the query before (-1) or after (1) this one, with the efSearch of that time. */
  go(by: -1 | 1): void {
    const to = this.#visits.peek()[this.#at.peek() + by];
    if (to === undefined) return;
    this.#isGoing = true;
    this.#at.value += by;
    this.settings.efSearch.value = Math.min(to.ef, this.facts.peek().efLimit);
    this.ask(to.wish);
  }

  complain(message: string): void {
    this.failure.value = message;
  }

  dismiss(): void {
    this.failure.value = null;
  }

  toggleSelected(id: bigint): void {
    const { selection } = this.settings;
    const before = selection.peek();
    selection.value = before.includes(id) ? before.filter((other) => other !== id) : [...before, id];
  }

  /** Steps of the search at its efSearch: the hops of the descent, then the expansions. */
  #steps(): number {
    const walk = this.walk.value;
    return walk === null ? 0 : walk.hops.length + walk.expandedBy(this.efUsed.value);
  }

  #send(query: GraphWish): void {
    const { k, includeSelf } = this.settings;
    const limit = this.facts.peek().efLimit;
    const ef = Math.min(this.efUsed.peek(), limit);
    const top = Math.max(ef, Math.min(limit, this.efTop.peek()));
    this.#asked = this.asker.askWalk(query, ef, top, k.peek(), includeSelf.peek());
  }

  #take(message: Message): void {
    if (message.kind === "walk") this.#adopt(new GraphWalk(message), message.request);
    else if (message.kind === "walk_truth") {
      this.#truthMessage.value = {
        serial: message.serial,
        truth: truthOf(message, this.facts.peek().ntotal),
      };
    } else if (message.kind === "walk_results") this.#engineResults.value = message;
    else if (message.kind === "error") this.#fail(message.request, message.code, message.message);
  }

  #adopt(walk: GraphWalk, request: RequestName): void {
    const before = this.walk.peek();
    if (before !== null && walk.serial <= before.serial) return;
    const key = keyOf(walk);
    const isOther = before === null || keyOf(before) !== key;
    batch(() => {
      const held = this.#truthMessage.peek();
      // A longer walk for the same query of the same index: what is known of it still holds.
      const isSame = !isOther && before?.indexVersion === walk.indexVersion;
      if (isSame && held?.serial === before?.serial && held !== null) {
        this.#truthMessage.value = { serial: walk.serial, truth: held.truth };
      }
      const results = this.#engineResults.peek();
      if (isSame && results?.serial === before?.serial && results !== null) {
        this.#engineResults.value = { ...results, serial: walk.serial };
      }
      this.walk.value = walk;
      this.settings.queryId.value = walk.id;
      if (request === this.#asked || isOther) this.#isWaiting.value = false;
      this.failure.value = null;
      if (isOther) {
        this.player.finish();
        this.hoveredRow.value = null;
        if (before !== null) this.settings.selection.value = [];
        this.#visit(walk, key);
      }
      this.#isGoing = false;
    });
  }

  #visit(walk: GraphWalk, key: string): void {
    const [visits, at] = [this.#visits.peek(), this.#at.peek()];
    if (visits[at]?.key === key) return;
    const wish = walk.id === null ? walk.vector : { id: walk.id.toString(), cluster: null };
    const kept = [...visits.slice(0, at + 1), { wish, key, ef: this.settings.efSearch.peek() }];
    this.#visits.value = kept;
    this.#at.value = kept.length - 1;
  }

  #fail(request: RequestName | null, code: string, message: string): void {
    if (code === "superseded") return;
    if (request === this.#asked) this.#isWaiting.value = false;
    if (code !== "changed") this.failure.value = message;
  }
}

function keyOf({ id, vector }: GraphWalk): string {
  return id === null ? vector.join() : id.toString();
}
