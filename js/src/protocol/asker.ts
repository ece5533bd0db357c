import { type ReadonlySignal, signal } from "@preact/signals";
import type {
  Failure,
  Medoids,
  Members,
  Message,
  ProjectionRequest,
  QueryChoice,
  Request,
  RequestName,
  Thumbnails,
  Verdict,
} from "./messages";
import { Disconnected, type Transport } from "./transport";

/** Milliseconds until a kernel that seems lost is asked whether it is there. */
const RECONNECT = 1500;

/** Milliseconds until an answer counts as lost and is asked for again; twice as long each time. */
const LOST = 10_000;

interface Answers {
  thumbnails: Thumbnails;
  members: Members;
  medoids: Medoids;
  verdict: Verdict;
}
type Answer = Answers[keyof Answers];

const ANSWERS: readonly string[] = [
  "thumbnails",
  "members",
  "medoids",
  "verdict",
] satisfies (keyof Answers)[];

/** A request that one message answers. */
interface Question {
  readonly make: (request: string) => Request;
  readonly resolve: (answer: Answer | Failure | null) => void;
  /** Whether it is asked again when its answer is lost: a verdict is about a search that may be over by then. */
  readonly isLasting: boolean;
  timer?: ReturnType<typeof setTimeout>;
  patience: number;
}

/** Sends the page's requests, each under a name of its own, and hands messages to whoever waits for them. */
export class Asker {
  /** Whether the kernel is there: false from when the host says that the comm is gone until the next message. */
  readonly connected: ReadonlySignal<boolean>;
  readonly #connected = signal(true);
  readonly #transport: Transport;
  /** No two pages of one widget have the same. */
  readonly #page = Math.random().toString(36).slice(2, 10);
  readonly #listeners: ((message: Message) => void)[] = [];
  readonly #waiting = new Map<RequestName, Question>();
  readonly #unsent = new Set<Question>();
  #count = 0;
  #probe: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, abort: AbortSignal) {
    this.#transport = transport;
    this.connected = this.#connected;
    transport.onMessage((message) => this.#receive(message), abort);
    transport.onDisconnect(() => this.#lose(), abort);
    abort.addEventListener("abort", () => {
      clearTimeout(this.#probe);
      for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    });
  }

  /** Hear every message but the answers that somebody waits for. */
  onMessage(listener: (message: Message) => void): void {
    this.#listeners.push(listener);
  }

  // Requests that several messages answer. Each returns its name, or null where the kernel is gone.

  askSearch(query: QueryChoice, nprobe: number, k: number): string | null {
    return this.#send((request) => ({ kind: "search", request, query, nprobe, k }));
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

  /** The results of Faiss, as a `results` message. */
  askResults(serial: number, nprobe: number, k: number): string | null {
    return this.#send((request) => ({ kind: "results", request, serial, nprobe, k }));
  }

  /** The true neighbours by the original vectors, as a `truth` message. */
  askTruth(serial: number, nprobe: number, k: number): string | null {
    return this.#send((request) => ({ kind: "truth", request, serial, nprobe, k }));
  }

  /** Candidates in the plane, as `projection` messages. */
  askProjection(asked: Omit<ProjectionRequest, "kind" | "request">): string | null {
    return this.#send((request) => ({ kind: "projection", request, ...asked }));
  }

  askEvaluate(sample: number, seed: number, k: number): string | null {
    return this.#send((request) => ({ kind: "evaluate", request, sample, seed, k }));
  }

  askWorkload(): void {
    this.#send((request) => ({ kind: "workload", request }));
  }

  askMap(): void {
    this.#send((request) => ({ kind: "map", request }));
  }

  /** End the evaluation of this name. */
  cancel(request: RequestName): void {
    this.#send(() => ({ kind: "cancel", request }));
  }

  // Requests that one message answers. Null where the kernel refuses.

  /** Pictures of rows; `clusters[i]` stores `ids[i]`, `size` is in device pixels. */
  thumbnails(ids: readonly bigint[], clusters: readonly number[], size: number): Promise<Thumbnails | null> {
    const rows = { ids: ids.map(String), clusters: [...clusters], size };
    return this.#expect("thumbnails", (request) => ({ kind: "thumbnails", request, ...rows }));
  }

  /** A window of one cluster's rows, nearest to the query first. */
  members(cluster: number, offset: number, limit: number): Promise<Members | null> {
    return this.#expect("members", (request) => ({ kind: "members", request, cluster, offset, limit }));
  }

  /** The row nearest to the centroid of each cluster. */
  medoids(clusters: readonly number[]): Promise<Medoids | null> {
    return this.#expect("medoids", (request) => ({ kind: "medoids", request, clusters: [...clusters] }));
  }

  /** Where a row stands for a search, or why that cannot be said; null where the kernel is gone. */
  async verdict(serial: number, id: bigint): Promise<Verdict | Failure | null> {
    const answer = await this.#question(
      (request) => ({ kind: "verdict", request, serial, id: id.toString() }),
      false,
    );
    return answer as Verdict | Failure | null;
  }

  async #expect<K extends keyof Answers>(
    kind: K,
    make: (request: string) => Request,
  ): Promise<Answers[K] | null> {
    const answer = await this.#question(make, true);
    return answer?.kind === kind ? (answer as Answers[K]) : null;
  }

  #question(make: (request: string) => Request, isLasting: boolean): Promise<Answer | Failure | null> {
    return new Promise((resolve) => {
      this.#pose({ make, resolve, isLasting, patience: LOST });
    });
  }

  #pose(question: Question): void {
    const name = this.#send(question.make);
    if (name === null) {
      if (question.isLasting) this.#unsent.add(question);
      else question.resolve(null);
      return;
    }
    this.#waiting.set(name, question);
    if (!question.isLasting) return;
    question.timer = setTimeout(() => this.#pose(question), question.patience);
    question.patience *= 2;
  }

  #receive(message: Message): void {
    this.#connected.value = true;
    clearTimeout(this.#probe);
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    for (const question of unsent) this.#pose(question);
    if (ANSWERS.includes(message.kind)) this.#settle(message as Answer);
    else {
      if (message.kind === "error") this.#settle(message);
      for (const listener of this.#listeners) listener(message);
    }
  }

  #settle(answer: Answer | Failure): void {
    const question = answer.request === null ? undefined : this.#waiting.get(answer.request);
    if (question === undefined) return;
    for (const [name, other] of this.#waiting) if (other === question) this.#waiting.delete(name);
    clearTimeout(question.timer);
    question.resolve(answer);
  }

  #lose(): void {
    for (const question of new Set(this.#waiting.values())) {
      clearTimeout(question.timer);
      if (question.isLasting) this.#unsent.add(question);
      else question.resolve(null);
    }
    this.#waiting.clear();
    this.#connected.value = false;
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => this.askMap(), RECONNECT);
  }

  #send(make: (request: string) => Request): string | null {
    const name = `${this.#page}:${++this.#count}`;
    try {
      this.#transport.send(make(name));
      return name;
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      if (this.#connected.peek()) this.#lose();
      return null;
    }
  }
}
