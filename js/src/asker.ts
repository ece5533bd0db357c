import type { QuerySpec, Request } from "./requests";
import { Disconnected, type Transport } from "./transport";
import type { Medoids, Members, Message, Thumbnails } from "./wire";

type Answer = Thumbnails | Members | Medoids;

function isAnswer(message: Message): message is Answer {
  return message.kind === "thumbnails" || message.kind === "members" || message.kind === "medoids";
}

/** Asks the kernel, under names that no other page uses, and hands answers back to whom they belong. */
export class Asker {
  readonly #transport: Transport;
  readonly #client = Math.random().toString(36).slice(2, 10);
  readonly #waiting = new Map<string, { resolve(answer: Answer | null): void }>();
  #count = 0;
  #lost: () => void = () => {};

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#transport.onMessage((message) => {
      if (isAnswer(message)) this.#settle(message.request, message);
      else {
        if (message.kind === "error" && message.request !== null) this.#settle(message.request, null);
        listener(message);
      }
    }, signal);
  }

  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#lost = () => {
      for (const { resolve } of this.#waiting.values()) resolve(null);
      this.#waiting.clear();
      listener();
    };
    this.#transport.onDisconnect(this.#lost, signal);
  }

  askSearch(query: QuerySpec, nprobe: number, k: number): string | null {
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

  /** Candidates of the nearest clusters in the plane, as `projection` messages under the name that is returned. */
  askProjection(serial: number, ranks: number, k: number): string | null {
    return this.#send((request) => ({ kind: "projection", request, serial, ranks, k }));
  }

  askMap(): void {
    this.#send((request) => ({ kind: "map", request }));
  }

  cancel(request: string): void {
    this.#send(() => ({ kind: "cancel", request }));
  }

  /** Pictures of rows, or null when the kernel could not answer. */
  thumbnails(ids: readonly bigint[], clusters: readonly number[], size: number): Promise<Thumbnails | null> {
    return this.#expect((request) => ({
      kind: "thumbnails",
      request,
      ids: ids.map(String),
      clusters: [...clusters],
      size,
    })) as Promise<Thumbnails | null>;
  }

  members(cluster: number, offset: number, limit: number): Promise<Members | null> {
    return this.#expect((request) => ({
      kind: "members",
      request,
      cluster,
      offset,
      limit,
    })) as Promise<Members | null>;
  }

  /** The row that stands for each cluster. */
  medoids(clusters: readonly number[]): Promise<Medoids | null> {
    return this.#expect((request) => ({
      kind: "medoids",
      request,
      clusters: [...clusters],
    })) as Promise<Medoids | null>;
  }

  #expect(make: (request: string) => Request): Promise<Answer | null> {
    return new Promise((resolve) => {
      const name = this.#send(make);
      if (name === null) resolve(null);
      else this.#waiting.set(name, { resolve });
    });
  }

  #settle(request: string | number, answer: Answer | null): void {
    const name = String(request);
    this.#waiting.get(name)?.resolve(answer);
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
