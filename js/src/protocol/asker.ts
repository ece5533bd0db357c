import { type ReadonlySignal, signal } from "@preact/signals";
import { MAP_UNITS, type MapBox } from "./mapBox";
import type {
  Composition,
  Failure,
  FigureRequest,
  FilePart,
  HardestRequest,
  Medoids,
  Members,
  Message,
  ProjectionRequest,
  QueryChoice,
  Request,
  RequestName,
  RowLabels,
  RowLevels,
  RowValues,
  Thumbnails,
  Verdict,
  WalkFigureRequest,
  WalkVerdict,
} from "./messages";
import { FAILED, Patience } from "./retry";
import { Disconnected, type Transport } from "./transport";

/** Milliseconds until a kernel that seems lost is asked whether it is there. */
const RECONNECT = 1500;

type Answer =
  | FilePart
  | Thumbnails
  | Members
  | Medoids
  | Verdict
  | WalkVerdict
  | Composition
  | RowLabels
  | RowLevels
  | RowValues;

const ANSWERS: readonly string[] = [
  "file_part",
  "thumbnails",
  "members",
  "medoids",
  "verdict",
  "walk_verdict",
  "composition",
  "row_labels",
  "row_levels",
  "row_values",
] satisfies Answer["kind"][];

/** A query that is an encoded picture, with its name. */
export interface PictureQuery {
  readonly picture: string;
  readonly encoded: ArrayBuffer;
}

/** A request with a single answer, or an answer in parts of which the last is final. */
interface Question {
  readonly make: (request: string) => Request;
  /** Hears the parts before the final one. */
  readonly hear: ((part: Answer) => void) | null;
  readonly resolve: (answer: Answer | Failure | null) => void;
  /** Repeats it after a lost answer; null for verdicts, whose search may be over. */
  readonly patience: Patience | null;
}

/** Sends the page's requests, each under a name of its own, and resolves the request that each message answers. */
export class Asker {
  /** Whether the kernel is there: false from when the host says that the comm is gone until the next message. */
  readonly connected: ReadonlySignal<boolean>;
  readonly #connected = signal(true);
  readonly #transport: Transport;
  /** No two pages of one widget have the same. */
  readonly #name = Math.random().toString(36).slice(2, 10);
  readonly #listeners: ((message: Message) => void)[] = [];
  readonly #waiting = new Map<RequestName, Question>();
  readonly #unsent = new Set<Question>();
  /** Timers of requests that the kernel has just failed at. */
  readonly #resting = new Set<ReturnType<typeof setTimeout>>();
  /** By content of a request that the kernel fails at: when it may be sent again, and the wait after that. */
  readonly #failed = new Map<string, { readonly until: number; readonly patience: number }>();
  /** The page that is being made. */
  #page: Promise<Blob | Failure | null> | null = null;
  #count = 0;
  #probe: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, abort: AbortSignal) {
    this.#transport = transport;
    this.connected = this.#connected;
    transport.onMessage((message) => this.#receive(message), abort);
    transport.onDisconnect(() => this.#lose(), abort);
    abort.addEventListener("abort", () => {
      clearTimeout(this.#probe);
      for (const { patience } of this.#waiting.values()) patience?.end();
      for (const timer of this.#resting) clearTimeout(timer);
    });
  }

  /** The queries that a recording answers; null where a kernel answers any. */
  get recorded(): Transport["recorded"] {
    return this.#transport.recorded;
  }

  /** Hear every message but the answers to requests with a single one. */
  onMessage(listener: (message: Message) => void): void {
    this.#listeners.push(listener);
  }

  // Requests that several messages answer. Each returns its name, or null where the kernel is gone.

  /** @param query  a choice, the vector itself, float32 (dim,), or a picture */
  askSearch(
    query: QueryChoice | Float32Array | PictureQuery,
    nprobe: number,
    k: number,
    includeSelf: boolean,
  ): string | null {
    const settings = { nprobe, k, include_self: includeSelf };
    if ("encoded" in query) {
      const choice = { picture: query.picture };
      return this.#send(
        (request) => ({ kind: "search", request, query: choice, ...settings }),
        [query.encoded],
      );
    }
    if (!(query instanceof Float32Array)) {
      return this.#send((request) => ({ kind: "search", request, query, ...settings }));
    }
    const buffers = [query.slice().buffer];
    return this.#send(
      (request) => ({ kind: "search", request, query: { vector: true }, ...settings }),
      buffers,
    );
  }

  /** Every candidate of the clusters at these ranks, as `fine` messages. */
  askCandidates(serial: number, firstRank: number, lastRank: number): string | null {
    return this.#send((request) => ({
      kind: "candidates",
      request,
      serial,
      first_rank: firstRank,
      last_rank: lastRank,
    }));
  }

  /** The kept candidates of the clusters up to this rank, as `nearest` messages. */
  askRest(serial: number, lastRank: number): string | null {
    return this.#send((request) => ({ kind: "rest", request, serial, last_rank: lastRank }));
  }

  /** Kept candidates of these clusters that hold for any set of clusters, as `nearest` messages. */
  askClusters(serial: number, ranks: readonly number[]): string | null {
    return this.#send((request) => ({ kind: "clusters", request, serial, ranks: [...ranks] }));
  }

  /** The ranks of these clusters, as a `ranked` message. */
  askRanks(serial: number, clusters: readonly number[]): string | null {
    return this.#send((request) => ({ kind: "ranks", request, serial, clusters: [...clusters] }));
  }

  /** The results of Faiss, as a `results` message. */
  askResults(serial: number, nprobe: number, k: number, includeSelf: boolean): string | null {
    const settings = { nprobe, k, include_self: includeSelf };
    return this.#send((request) => ({ kind: "results", request, serial, ...settings }));
  }

  /** The true neighbours by the original vectors, as a `truth` message. */
  askTruth(serial: number, nprobe: number, k: number, includeSelf: boolean): string | null {
    const settings = { nprobe, k, include_self: includeSelf };
    return this.#send((request) => ({ kind: "truth", request, serial, ...settings }));
  }

  /** Candidates in the plane, as `projection` messages. */
  askProjection(asked: Omit<ProjectionRequest, "kind" | "request">): string | null {
    return this.#send((request) => ({ kind: "projection", request, ...asked }));
  }

  /** A search of a graph, as a `walk` message, which goes on to `efMax`. */
  askWalk(
    query: QueryChoice | Float32Array,
    efSearch: number,
    efMax: number,
    k: number,
    includeSelf: boolean,
  ): string | null {
    const settings = { ef_search: efSearch, ef_max: efMax, k, include_self: includeSelf };
    if (!(query instanceof Float32Array)) {
      return this.#send((request) => ({ kind: "walk", request, query, ...settings }));
    }
    return this.#send(
      (request) => ({ kind: "walk", request, query: { vector: true }, ...settings }),
      [query.slice().buffer],
    );
  }

  /** The true neighbours of a search of a graph, as a `walk_truth` message. */
  askWalkTruth(serial: number, k: number, includeSelf: boolean): string | null {
    return this.#send((request) => ({
      kind: "walk_truth",
      request,
      serial,
      k,
      include_self: includeSelf,
    }));
  }

  /** The results of a graph's own search, as a `walk_results` message. */
  askWalkResults(serial: number, efSearch: number, k: number, includeSelf: boolean): string | null {
    const settings = { ef_search: efSearch, k, include_self: includeSelf };
    return this.#send((request) => ({ kind: "walk_results", request, serial, ...settings }));
  }

  /** Where the nodes of a search of a graph, and other rows, stand on the map, as a `walk_places` message. */
  askWalkPlaces(serial: number, extra: readonly bigint[]): string | null {
    return this.#send((request) => ({ kind: "walk_places", request, serial, extra: extra.map(String) }));
  }

  /** The visited nodes of a search of a graph, and other rows, in the plane, as `walk_projection` messages. */
  askWalkProjection(serial: number, visits: number, extra: readonly bigint[]): string | null {
    const rows = extra.map(String);
    return this.#send((request) => ({ kind: "walk_projection", request, serial, visits, extra: rows }));
  }

  askEvaluate(sample: number, seed: number, k: number, includeSelf: boolean): string | null {
    const settings = { sample, seed, k, include_self: includeSelf };
    return this.#send((request) => ({ kind: "evaluate", request, ...settings }));
  }

  askWorkload(): void {
    this.#send((request) => ({ kind: "workload", request }));
  }

  /** The hardest queries of the last workload, as a `hardest` message. */
  askHardest(order: HardestRequest["order"], nprobe: number): string | null {
    return this.#send((request) => ({ kind: "hardest", request, order, nprobe }));
  }

  /** The recall of each query of the last workload, as `query_recalls` messages. */
  askQueryRecalls(): string | null {
    return this.#send((request) => ({ kind: "query_recalls", request }));
  }

  askMap(): void {
    this.#send((request) => ({ kind: "map", request }));
  }

  /** The cells of the map that touch a box of map units, with their shapes, as `map_shapes` messages. */
  askMapShapes(drawing: number, box: MapBox, aspect: number): string | null {
    const unit = (share: number, round: (value: number) => number) =>
      Math.max(0, Math.min(MAP_UNITS, round(share * MAP_UNITS)));
    return this.#send((request) => ({
      kind: "map_shapes",
      request,
      drawing,
      left: unit(box.left / aspect, Math.floor),
      right: unit(box.right / aspect, Math.ceil),
      bottom: unit(box.bottom, Math.floor),
      top: unit(box.top, Math.ceil),
    }));
  }

  /** The commonest labels, or values of a column, and their numbers in each cluster, as `labels` messages. */
  askLabels(column: number | null): void {
    this.#send((request) => ({ kind: "labels", request, column }));
  }

  /** The scale of a column, and its values in each cluster, as `scale` messages. */
  askScale(column: number): string | null {
    return this.#send((request) => ({ kind: "scale", request, column }));
  }

  /** End the evaluation of this name. */
  cancel(request: RequestName): void {
    this.#send(() => ({ kind: "cancel", request }));
  }

  // Requests with a single answer. One that has failed is sent again after a while, ever longer while it fails.

  /**
   * Pictures of rows; `clusters[i]` stores `ids[i]` where that is known, `size` is in device pixels.
   *
   * @param hear  hears the pictures that are ready before the last ones, which are the answer
   */
  thumbnails(
    ids: readonly bigint[],
    clusters: readonly number[] | null,
    size: number,
    hear: (part: Thumbnails) => void,
  ): Promise<Thumbnails | Failure> {
    const rows = { ids: ids.map(String), clusters: clusters && [...clusters], size };
    return this.#expect<Thumbnails>((request) => ({ kind: "thumbnails", request, ...rows }), hear);
  }

  /** The same window of the rows of each of these clusters, nearest to the query first. */
  members(clusters: readonly number[], offset: number, limit: number): Promise<Members | Failure> {
    const window = { clusters: [...clusters], offset, limit };
    return this.#expect<Members>((request) => ({ kind: "members", request, ...window }));
  }

  /** The row nearest to the centroid of each cluster; null where the kernel fails. */
  async medoids(clusters: readonly number[]): Promise<Medoids | null> {
    const answer = await this.#expect<Medoids>((request) => ({
      kind: "medoids",
      request,
      clusters: [...clusters],
    }));
    return answer.kind === "error" ? null : answer;
  }

  /** The commonest labels, or values of a column, of a cluster. */
  composition(cluster: number, column: number | null): Promise<Composition | Failure> {
    return this.#expect<Composition>((request) => ({ kind: "composition", request, cluster, column }));
  }

  /** The labels, or values of a column, of the rows of some clusters, of as many as the kernel tells at once. */
  rowLabels(clusters: readonly number[], column: number | null): Promise<RowLabels | Failure> {
    const rows = { clusters: [...clusters], column };
    return this.#expect<RowLabels>((request) => ({ kind: "row_labels", request, ...rows }));
  }

  /** The levels of the rows of some clusters on a column's scale, of as many as the kernel tells at once. */
  rowLevels(clusters: readonly number[], column: number): Promise<RowLevels | Failure> {
    const rows = { clusters: [...clusters], column };
    return this.#expect<RowLevels>((request) => ({ kind: "row_levels", request, ...rows }));
  }

  /** The values of rows in the columns of their metadata. */
  rowValues(ids: readonly bigint[]): Promise<RowValues | Failure> {
    return this.#expect<RowValues>((request) => ({ kind: "row_values", request, ids: ids.map(String) }));
  }

  /**
   * Where a row stands for a search, or why that cannot be said; null where the kernel is gone.
   *
   * @param cluster  of the row, where that is known: others may share its id
   */
  async verdict(
    serial: number,
    id: bigint,
    cluster: number | null,
    includeSelf: boolean,
  ): Promise<Verdict | Failure | null> {
    const row = { id: id.toString(), cluster, include_self: includeSelf };
    const answer = await this.#question((request) => ({ kind: "verdict", request, serial, ...row }), {
      isLasting: false,
    });
    return answer as Verdict | Failure | null;
  }

  /** Where a row stands for a search of a graph, or why that cannot be said; null where the kernel is gone. */
  async walkVerdict(serial: number, id: bigint, includeSelf: boolean): Promise<WalkVerdict | Failure | null> {
    const row = { id: id.toString(), include_self: includeSelf };
    const answer = await this.#question((request) => ({ kind: "walk_verdict", request, serial, ...row }), {
      isLasting: false,
    });
    return answer as WalkVerdict | Failure | null;
  }

  /** What is on screen as a page of its own, HTML; null where the kernel is gone. */
  page(nprobe: number, k: number, includeSelf: boolean): Promise<Blob | Failure | null> {
    const settings = { nprobe, k, include_self: includeSelf };
    return this.#askPage((request) => ({ kind: "page", request, ...settings }));
  }

  /** The search of a graph as a page of its own, HTML; null where the kernel is gone. */
  walkPage(efSearch: number, k: number, includeSelf: boolean): Promise<Blob | Failure | null> {
    const settings = { ef_search: efSearch, k, include_self: includeSelf };
    return this.#askPage((request) => ({ kind: "walk_page", request, ...settings }));
  }

  /** Several displays may ask: a newer request would supersede an older one. */
  #askPage(make: (request: string) => Request): Promise<Blob | Failure | null> {
    this.#page ??= this.#file(make, "text/html").finally(() => {
      this.#page = null;
    });
    return this.#page;
  }

  /** A view of what is on screen as a figure, SVG; null where the kernel is gone. */
  figure(
    view: FigureRequest["view"],
    nprobe: number,
    k: number,
    includeSelf: boolean,
    style: FigureRequest["style"],
  ): Promise<Blob | Failure | null> {
    const settings = { view, nprobe, k, include_self: includeSelf, style };
    return this.#file((request) => ({ kind: "figure", request, ...settings }), "image/svg+xml");
  }

  /** The walk on screen of a graph as a figure; null where the kernel is gone. */
  walkFigure(
    format: WalkFigureRequest["format"],
    efSearch: number,
    k: number,
    includeSelf: boolean,
    style: WalkFigureRequest["style"],
  ): Promise<Blob | Failure | null> {
    const settings = { format, ef_search: efSearch, k, include_self: includeSelf, style };
    const type = format === "png" ? "image/png" : "image/svg+xml";
    return this.#file((request) => ({ kind: "walk_figure", request, ...settings }), type);
  }

  /** A file that comes in parts. */
  async #file(make: (request: string) => Request, type: string): Promise<Blob | Failure | null> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const hear = (part: Answer) => {
      if (part.kind !== "file_part") return;
      // It begins anew where the index has changed.
      if (part.offset === 0) parts.length = 0;
      parts.push(part.data);
    };
    const last = await this.#question(make, { isLasting: false, hear });
    if (last?.kind !== "file_part") return last as Failure | null;
    hear(last);
    return new Blob(parts, { type });
  }

  async #expect<A extends Answer>(
    make: (request: string) => Request,
    hear: ((part: A) => void) | null = null,
  ): Promise<A | Failure> {
    const key = JSON.stringify(make(""));
    const { patience, until } = this.#failed.get(key) ?? { patience: FAILED, until: 0 };
    const answer = (await this.#question(make, {
      isLasting: true,
      hear: hear as Question["hear"],
      rest: until - performance.now(),
    })) as A | Failure;
    if (answer.kind !== "error") this.#failed.delete(key);
    else this.#failed.set(key, { until: performance.now() + patience, patience: 2 * patience });
    return answer;
  }

  /** @param how  `rest`: milliseconds until it is sent */
  #question(
    make: (request: string) => Request,
    how: { isLasting: boolean; hear?: Question["hear"]; rest?: number },
  ): Promise<Answer | Failure | null> {
    const { isLasting, hear = null, rest = 0 } = how;
    return new Promise((resolve) => {
      const patience = isLasting ? new Patience(() => this.#pose(question)) : null;
      const question: Question = { make, hear, resolve, patience };
      if (rest <= 0) {
        this.#begin(question);
        return;
      }
      const timer = setTimeout(() => {
        this.#resting.delete(timer);
        this.#begin(question);
      }, rest);
      this.#resting.add(timer);
    });
  }

  #begin(question: Question): void {
    question.patience?.begin();
    this.#pose(question);
  }

  #pose(question: Question): void {
    const name = this.#send(question.make);
    if (name === null) this.#give(question);
    else this.#waiting.set(name, question);
  }

  /** Keep a question for a kernel that comes back, or give it up. */
  #give(question: Question): void {
    question.patience?.end();
    if (question.patience === null) question.resolve(null);
    else this.#unsent.add(question);
  }

  #receive(message: Message): void {
    this.#connected.value = true;
    clearTimeout(this.#probe);
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    for (const question of unsent) this.#begin(question);
    if (ANSWERS.includes(message.kind)) this.#settle(message as Answer);
    else {
      if (message.kind === "error") this.#settle(message);
      for (const listener of this.#listeners) listener(message);
    }
  }

  #settle(answer: Answer | Failure): void {
    const question = answer.request === null ? undefined : this.#waiting.get(answer.request);
    if (question === undefined) return;
    if ("final" in answer && !answer.final) {
      question.patience?.begin();
      question.hear?.(answer);
      return;
    }
    for (const [name, other] of this.#waiting) if (other === question) this.#waiting.delete(name);
    question.patience?.end();
    question.resolve(answer);
  }

  #lose(): void {
    for (const question of new Set(this.#waiting.values())) this.#give(question);
    this.#waiting.clear();
    this.#connected.value = false;
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => this.askMap(), RECONNECT);
  }

  #send(make: (request: string) => Request, buffers: ArrayBuffer[] = []): string | null {
    const name = `${this.#name}:${++this.#count}`;
    try {
      this.#transport.send(make(name), buffers);
      return name;
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      if (this.#connected.peek()) this.#lose();
      return null;
    }
  }
}
