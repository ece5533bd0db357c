import type { Scope } from "../state/projections";
import type {
  Failure,
  Medoids,
  Members,
  Message,
  QueryChoice,
  Request,
  Thumbnails,
  Verdict,
} from "./messages";
import { Disconnected, type Transport } from "./transport";

interface Answers {
  thumbnails: Thumbnails;
  members: Members;
  medoids: Medoids;
  verdict: Verdict;
}
type Answer = Answers[keyof Answers];

function isAnswer(message: Message): message is Answer {
  return ["thumbnails", "members", "medoids", "verdict"].includes(message.kind);
}

/** Asks the kernel, under names that no other page uses, and hands answers back to whom they belong. */
export class Asker {
  readonly #transport: Transport;
  readonly #client = Math.random().toString(36).slice(2, 10);
  readonly #waiting = new Map<string, (answer: Answer | Failure | null) => void>();
  #count = 0;
  #lost: () => void = () => {};

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#transport.onMessage((message) => {
      if (isAnswer(message)) this.#settle(message.request, message);
      else {
        if (message.kind === "error" && message.request !== null) this.#settle(message.request, message);
        listener(message);
      }
    }, signal);
  }

  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#lost = () => {
      for (const resolve of this.#waiting.values()) resolve(null);
      this.#waiting.clear();
      listener();
    };
    this.#transport.onDisconnect(this.#lost, signal);
  }

  askSearch(query: QueryChoice, nprobe: number, k: number): string | null {
    return this.#send((request) => ({ kind: "search", request, query, nprobe, k }));
  }

  /** Every candidate of the clusters at these ranks, as `fine` messages under the name that is returned. */
  askCandidates(serial: number, firstRank: number, lastRank: number): string | null {
    return this.#send((request) => ({
      kind: "candidates",
      request,
      serial,
      first_rank: firstRank,
      last_rank: lastRank,
    }));
  }

  /** What is kept of the clusters up to this rank, as `nearest` messages under the name that is returned. */
  askRest(serial: number, lastRank: number): string | null {
    return this.#send((request) => ({ kind: "rest", request, serial, last_rank: lastRank }));
  }

  /** What Faiss returns, or what it should, as a message of that kind under the name that is returned. */
  askFor(kind: "results" | "truth", serial: number, nprobe: number, k: number): string | null {
    return this.#send((request) => ({ kind, request, serial, nprobe, k }));
  }

  /** Candidates of the nearest clusters in the plane, as `projection` messages under the name that is returned. */
  askProjection({ serial, ranks, flips, k, extra }: Scope): string | null {
    return this.#send((request) => ({
      kind: "projection",
      request,
      serial,
      ranks,
      flips: [...flips],
      k,
      extra: extra.map(({ id }) => id.toString()),
      extra_clusters: extra.map(({ cluster }) => cluster),
    }));
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

  cancel(request: string): void {
    this.#send(() => ({ kind: "cancel", request }));
  }

  /** Pictures of rows, or null when the kernel could not answer. */
  thumbnails(ids: readonly bigint[], clusters: readonly number[], size: number): Promise<Thumbnails | null> {
    const rows = { ids: ids.map(String), clusters: [...clusters], size };
    return this.#expect("thumbnails", (request) => ({ kind: "thumbnails", request, ...rows }));
  }

  members(cluster: number, offset: number, limit: number): Promise<Members | null> {
    return this.#expect("members", (request) => ({ kind: "members", request, cluster, offset, limit }));
  }

  /** The row that stands for each cluster. */
  medoids(clusters: readonly number[]): Promise<Medoids | null> {
    return this.#expect("medoids", (request) => ({ kind: "medoids", request, clusters: [...clusters] }));
  }

  /** Where a row stands for a search, or why that cannot be said. */
  verdict(serial: number, id: bigint): Promise<Verdict | Failure | null> {
    return this.#answer((request) => ({ kind: "verdict", request, serial, id: id.toString() })) as Promise<
      Verdict | Failure | null
    >;
  }

  async #expect<K extends keyof Answers>(
    kind: K,
    make: (request: string) => Request,
  ): Promise<Answers[K] | null> {
    const answer = await this.#answer(make);
    return answer?.kind === kind ? (answer as Answers[K]) : null;
  }

  #answer(make: (request: string) => Request): Promise<Answer | Failure | null> {
    return new Promise((resolve) => {
      const name = this.#send(make);
      if (name === null) resolve(null);
      else this.#waiting.set(name, resolve);
    });
  }

  #settle(request: string | number, answer: Answer | Failure): void {
    const name = String(request);
    this.#waiting.get(name)?.(answer);
    this.#waiting.delete(name);
  }

  #send(make: (request: string) => Request): string | null {
    const name = `${this.#client}:${++this.#count}`;
    try {
      this.#transport.send(make(name));
      return name;
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      this.#lost();
      return null;
    }
  }
}
