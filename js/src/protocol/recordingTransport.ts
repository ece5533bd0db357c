import type { MembersRequest, Message, Request, SearchRequest, ThumbnailsRequest } from "./messages";
import { membersOf } from "./recordedMembers";
import { questionOf, type RecordedSearch, type Recording } from "./recording";
import { deliver, type RecordedQuery, type Transport } from "./transport";

/** Answers from a recording; a request that was not made then gets an `error` with the code "not recorded". */
export class RecordingTransport implements Transport {
  readonly #recording: Recording;
  readonly #listeners = new Set<(message: Message) => void>();
  /** The search on screen, and the serial of each recorded search and of its latest replay, both ways. */
  #shown: RecordedSearch | null = null;
  readonly #replayed = new Map<number, number>();
  readonly #recorded = new Map<number, number>();
  #count = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  get recorded(): RecordedQuery[] {
    const queries = new Map(
      this.#recording.searches.map(({ query, coarse }) => {
        const { id } = coarse;
        const choice = query ?? (id === null ? { vector: true } : { id: id.toString(), cluster: null });
        return [JSON.stringify(choice), { choice, id }] as const;
      }),
    );
    return [...queries.values()];
  }

  send(request: Request, buffers: ArrayBuffer[] = []): void {
    if (request.kind === "cancel") return;
    const messages = this.#answer(request, buffers) ?? [notRecorded(request)];
    queueMicrotask(() => {
      for (const message of messages) for (const listener of this.#listeners) deliver(listener, message);
    });
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** A recording does not go away. */
  onDisconnect(): void {}

  #answer(request: Request, buffers: readonly ArrayBuffer[]): Message[] | null {
    switch (request.kind) {
      case "search":
        return this.#search(request, buffers);
      case "thumbnails":
        return [this.#thumbnails(request)];
      case "row_values": {
        const ids = request.ids.map(BigInt);
        return [{ ...request, ids, values: ids.map((id) => [...(this.#recording.values.get(id) ?? [])]) }];
      }
      case "medoids": {
        const known = request.clusters.filter((cluster) => this.#recording.medoids.has(cluster));
        const ids = known.map((cluster) => this.#recording.medoids.get(cluster) as bigint);
        return [{ ...request, clusters: Int32Array.from(known), ids: BigInt64Array.from(ids) }];
      }
      case "members":
        return this.#members(request);
      default: {
        const asked =
          "serial" in request ? { ...request, serial: this.#recorded.get(request.serial) } : request;
        const question = questionOf(asked as Request);
        const answer = this.#recording.answers.get(question);
        if (answer !== undefined) return answer.messages.map((message) => this.#named(message, request));
        // A kernel that has evaluated nothing says nothing.
        return request.kind === "workload" ? [] : null;
      }
    }
  }

  #members(request: MembersRequest): Message[] | null {
    const answer = membersOf(this.#recording.members, this.#shown?.coarse.serial ?? 0, request);
    return answer && [this.#named(answer, request)];
  }

  #search(request: SearchRequest, buffers: readonly ArrayBuffer[]): Message[] | null {
    const search = this.#find(request, buffers);
    if (search === null) return null;
    this.#shown = search;
    this.#count++;
    this.#replayed.set(search.coarse.serial, this.#count);
    this.#recorded.set(this.#count, search.coarse.serial);
    return search.messages.map((message) => this.#named(message, request));
  }

  #find({ query, nprobe, k }: SearchRequest, [vector]: readonly ArrayBuffer[]): RecordedSearch | null {
    const { searches } = this.#recording;
    const shown = this.#shown;
    if ("resume" in query) {
      // The first is the search that was on screen last, whose answer holds for every nprobe. A later one asks for
      // another ranking of the same query.
      if (shown === null) return searches.at(-1) ?? null;
      const isSame = ({ coarse }: RecordedSearch) =>
        coarse.id === shown.coarse.id &&
        coarse.nprobe === nprobe &&
        isSameVector(coarse.vector, shown.coarse.vector);
      return searches.findLast(isSame) ?? null;
    }
    const isRight = ({ query: asked, coarse }: RecordedSearch) => {
      if ("id" in query) return coarse.id === BigInt(query.id);
      if ("vector" in query)
        return vector !== undefined && isSameVector(coarse.vector, new Float32Array(vector));
      return "random" in query || JSON.stringify(asked) === JSON.stringify(query);
    };
    const places = [...searches.keys()].filter((i) => isRight(searches[i]));
    if ("random" in query) {
      const last = shown === null ? -1 : searches.indexOf(shown);
      const next = places.find((i) => i > last) ?? places[0];
      return searches[next] ?? null;
    }
    const exact = places.findLast((i) => searches[i].coarse.nprobe === nprobe && searches[i].coarse.k === k);
    return searches[exact ?? places[places.length - 1]] ?? null;
  }

  #thumbnails({ request, ids, size }: ThumbnailsRequest): Message {
    const parts: Uint8Array[] = [];
    let offset = 0;
    const items = ids.map((text) => {
      const id = BigInt(text);
      const pictures = this.#recording.pictures.get(id) ?? [];
      const picture = pictures.find((one) => one.size >= size) ?? pictures.at(-1);
      if (picture === undefined) {
        const nothing = { label: null, mime: null, url: null, reason: "not recorded", note: null };
        return { id, ...nothing, offset: 0, length: 0 };
      }
      const { bytes, size: _, ...facts } = picture;
      const item = { ...facts, offset, length: bytes.length };
      parts.push(bytes);
      offset += bytes.length;
      return item;
    });
    const data = new Uint8Array(offset);
    let start = 0;
    for (const part of parts) {
      data.set(part, start);
      start += part.length;
    }
    return { kind: "thumbnails", request, size, final: true, places: [...ids.keys()], items, data };
  }

  /** The message under the name of the present request, with the serial of the present replay. */
  #named(message: Message, { request }: Request): Message {
    const named = { ...message, request };
    if (!("serial" in named)) return named;
    return { ...named, serial: this.#replayed.get(named.serial) ?? named.serial } as Message;
  }
}

function isSameVector(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

function notRecorded({ kind, request }: Request): Message {
  const message = `This recording holds no answer to that (${kind}): the kernel was not asked.`;
  return { kind: "error", request, code: "not recorded", message };
}
