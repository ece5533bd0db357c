import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { type CellMap, joined } from "../model/mapCells";
import { Parts } from "../model/parts";
import { Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type {
  Bounds,
  Candidates,
  Coarse,
  Done,
  Failure,
  FaissResults,
  MapPart,
  Message,
  Projection,
  QueryChoice,
  TrueNeighbours,
} from "../protocol/messages";
import type { Settings } from "./settings";
import { Workloads } from "./workloads";

export type Status = "idle" | "searching" | "done" | "error" | "disconnected";

/** Milliseconds until a kernel that seemed lost is asked once whether it is there. */
const RECONNECT = 1500;

/** Milliseconds without a word after which a kernel counts as busy. */
const PATIENCE = 900;

export interface DrawnMap {
  readonly cells: CellMap;
  readonly method: string;
  readonly final: boolean;
}

/** What is asked of the kernel for the search on screen, and what has come of it. */
export abstract class Conversation {
  readonly search = signal<Search | null>(null);
  /** Grows whenever more of the search has arrived. */
  readonly revision = signal(0);
  readonly status: ReadonlySignal<Status>;
  readonly failure = signal<string | null>(null);
  readonly map = signal<DrawnMap | null>(null);
  readonly timings = signal<Done | null>(null);
  /** The best distance that anything in each cluster can have, by rank, once the kernel knows. */
  readonly bounds = signal<Bounds | null>(null);
  /** Whether a search was asked for and the kernel has said nothing for a while: it is busy with a cell. */
  readonly kernelBusy = signal(false);
  readonly workloads: Workloads;
  /** What the kernel last said that Faiss returns, and should return. */
  protected readonly said = signal<FaissResults | null>(null);
  protected readonly told = signal<TrueNeighbours | null>(null);
  readonly #waiting = signal(false);
  readonly #connected = signal(true);
  /** Names of requests: of the search on screen, of the one that was asked for last, and of what completes it. */
  #request: string | number | null = null;
  #asked: string | null = null;
  #restoring: string | null = "";
  #more: string | null = null;
  #moreUpTo = 0;
  #moreOf: Search | null = null;
  #rest: string | null = null;
  #restOf = -1;
  #results: string | null = null;
  #neighbours: string | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #mapParts = new Parts<MapPart>();

  constructor(
    readonly summary: Summary,
    readonly settings: Settings,
    readonly asker: Asker,
  ) {
    this.status = computed(() => {
      if (!this.#connected.value) return "disconnected";
      if (this.#waiting.value) return "searching";
      if (this.failure.value !== null) return "error";
      return this.search.value === null ? "idle" : "done";
    });
    this.workloads = new Workloads(asker);
  }

  /** Another search is on screen. */
  protected abstract adopted(): void;

  /** A part of a picture of the candidates has come, or something has failed that may have been one. */
  protected abstract projected(message: Projection | Failure): void;

  /** Listen, and ask for what there is already. */
  protected begin(abort: AbortSignal): void {
    const { asker } = this;
    abort.addEventListener("abort", () => clearTimeout(this.#patience));
    asker.onMessage((message) => this.#receive(message), abort);
    asker.onDisconnect(() => {
      this.workloads.lose();
      if (!this.#connected.peek()) return;
      this.#connected.value = false;
      const probe = setTimeout(() => asker.askMap(), RECONNECT);
      abort.addEventListener("abort", () => clearTimeout(probe));
    }, abort);
    asker.askWorkload();
    asker.askMap();
    this.#ask({ resume: true });
  }

  /** Start a search; its answer replaces the one on screen when its first message arrives. */
  ask(query: QueryChoice): void {
    this.failure.value = null;
    this.#waiting.value = true;
    this.#request = this.#rest = null;
    this.#ask(query);
  }

  /** Ask for what is missing of the probed clusters: past the nprobe of the search only the nearest are here. */
  needCandidates(): void {
    const search = this.search.peek();
    const last = this.settings.nprobe.peek();
    if (search === null || this.status.peek() !== "done" || search.fine >= last) return;
    if (this.#more !== null && this.#moreUpTo >= last && this.#moreOf === search) return;
    search.restart();
    this.#more = this.asker.askCandidates(search.serial, search.fine + 1, last);
    this.#moreUpTo = last;
    this.#moreOf = search;
  }

  /** Have the clusters up to this rank compared, of a search that ended with the probed ones. */
  needRest(lastRank: number): void {
    const search = this.search.peek();
    if (search === null || this.status.peek() !== "done" || search.received >= lastRank) return;
    // What was asked for has brought nothing.
    if (this.#restOf === search.received) {
      this.#restore();
      return;
    }
    this.#restOf = search.received;
    this.#rest = this.asker.askRest(search.serial, lastRank);
    this.#waiting.value = this.#rest !== null;
  }

  /** Say on the page what is wrong with an entry; the answer on screen stays. */
  complain(message: string): void {
    this.failure.value = message;
  }

  dismiss(): void {
    this.failure.value = null;
  }

  /** Have the kernel say what Faiss returns for the search on screen, and what it should. */
  protected askFor(results: boolean, truth: boolean): void {
    const { nprobe, k } = this.settings;
    const serial = this.search.peek()?.serial ?? 0;
    const ask = (kind: "results" | "truth") => this.asker.askFor(kind, serial, nprobe.peek(), k.peek());
    if (results) this.#results = ask("results");
    if (truth) this.#neighbours = ask("truth");
  }

  #ask(query: QueryChoice): void {
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
    clearTimeout(this.#patience);
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
          this.#waiting.value = false;
        } else if (message.request === this.#asked) this.#restore();
        break;
      case "results":
        if (message.rank_of.every((rank) => rank <= this.summary.nlist)) this.said.value = message;
        break;
      case "truth":
        if (message.rank_of.every((rank) => rank <= this.summary.nlist)) this.told.value = message;
        break;
      case "bounds":
        if (message.serial === this.search.peek()?.serial) this.bounds.value = message;
        break;
      case "map":
        this.#draw(message);
        break;
      case "projection":
        this.projected(message);
        break;
      case "progress":
      case "workload":
        this.workloads.take(message);
        break;
      case "error":
        this.workloads.take(message);
        this.projected(message);
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
      this.#restOf = -1;
      this.#more = this.#rest = null;
      this.adopted();
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
    // What nobody asked for cuts nothing off, and what has failed twice fails again.
    const again = failure.request === null || failure.request === this.#restoring;
    const wanted = this.timings.peek() === null ? Number.POSITIVE_INFINITY : this.settings.nprobe.peek();
    if (!again && shown !== null && shown.received < wanted) this.#restore();
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
