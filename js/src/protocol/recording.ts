import type {
  Coarse,
  MembersRequest,
  Message,
  QueryChoice,
  Request,
  RequestName,
  RowValues,
  RowValuesRequest,
  SearchRequest,
  ThumbnailItem,
  ThumbnailsRequest,
} from "./messages";
import { membersOf, noteMembers, type RecordedMembers } from "./recordedMembers";
import { deliver, type Transport } from "./transport";

/** One search with all messages about it that nobody asked for: candidates, results, bounds. */
interface RecordedSearch {
  /** Null where the kernel or another page asked. */
  readonly query: QueryChoice | null;
  readonly coarse: Coarse;
  readonly messages: Message[];
}

type RecordedPicture = Omit<ThumbnailItem, "offset" | "length"> & {
  readonly size: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
};

interface RecordedValues {
  readonly texts: readonly (string | null)[];
  readonly numbers: Float64Array;
}

/** The answers of a kernel by the questions: plain data, which can be cloned and stored. */
export interface Recording {
  readonly searches: RecordedSearch[];
  /** Messages by the request without its name. */
  readonly answers: Map<string, { readonly request: RequestName; readonly messages: Message[] }>;
  /** By row id. */
  readonly pictures: Map<bigint, RecordedPicture[]>;
  /** The values of rows' metadata, by row id. */
  readonly values: Map<bigint, RecordedValues>;
  /** The row nearest to the centroid of each cluster. */
  readonly medoids: Map<number, bigint>;
  /** The rows of clusters, by the search that orders them and the cluster. */
  readonly members: Map<string, RecordedMembers>;
}

/** The same for every request that asks the same. */
function questionOf({ request: _, ...asked }: Request): string {
  return JSON.stringify(Object.fromEntries(Object.entries(asked).sort()));
}

/** Passes a session on and keeps a recording of it. */
export class Recorder implements Transport {
  readonly recording: Recording = {
    searches: [],
    answers: new Map(),
    pictures: new Map(),
    values: new Map(),
    medoids: new Map(),
    members: new Map(),
  };
  readonly #transport: Transport;
  readonly #asked = new Map<RequestName, { readonly request: Request; readonly question: string }>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  send(request: Request, buffers?: ArrayBuffer[]): void {
    this.#asked.set(request.request, { request, question: questionOf(request) });
    this.#transport.send(request, buffers);
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#transport.onMessage((message) => {
      this.#note(message);
      listener(message);
    }, signal);
  }

  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#transport.onDisconnect(listener, signal);
  }

  #note(message: Message): void {
    const asked = message.request === null ? undefined : this.#asked.get(message.request);
    switch (message.kind) {
      case "coarse": {
        const query = asked?.request.kind === "search" ? asked.request.query : null;
        this.recording.searches.push({ query, coarse: message, messages: [message] });
        return;
      }
      case "thumbnails":
        for (const item of message.items) this.#notePicture(item, message.size, message.data);
        return;
      case "row_values":
        this.#noteValues(message);
        return;
      case "medoids":
        message.clusters.forEach((cluster, i) => {
          this.recording.medoids.set(cluster, message.ids[i]);
        });
        return;
      case "members":
        noteMembers(this.recording.members, message);
        return;
      case "bounds":
        this.#searchOf((search) => search.coarse.serial === message.serial)?.messages.push(message);
        return;
      case "error":
        if (message.code === "superseded") return;
    }
    const search = this.#searchOf(({ coarse }) => coarse.request === message.request);
    if (search !== undefined) search.messages.push(message);
    else if (asked !== undefined) this.#answer(asked.question, message);
    if (message.kind === "map" || message.kind === "workload") {
      this.#answer(JSON.stringify({ kind: message.kind }), message);
    }
  }

  #searchOf(isRight: (search: RecordedSearch) => boolean): RecordedSearch | undefined {
    return this.recording.searches.findLast(isRight);
  }

  #answer(question: string, message: Message): void {
    const { answers } = this.recording;
    const request = message.request as RequestName;
    const before = answers.get(question);
    if (before?.request !== request) answers.set(question, { request, messages: [message] });
    else if (!before.messages.includes(message)) before.messages.push(message);
  }

  #noteValues({ ids, values, numbers }: RowValues): void {
    const width = numbers.length / Math.max(1, ids.length);
    ids.forEach((id, i) => {
      const texts = values[i] ?? [];
      this.recording.values.set(id, { texts, numbers: numbers.slice(i * width, (i + 1) * width) });
    });
  }

  #notePicture(item: ThumbnailItem, size: number, data: Uint8Array): void {
    const { offset, length, ...facts } = item;
    const picture = { ...facts, size, bytes: data.slice(offset, offset + length) };
    const others = (this.recording.pictures.get(item.id) ?? []).filter((one) => one.size !== size);
    this.recording.pictures.set(item.id, [...others, picture]);
  }
}

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

  send(request: Request): void {
    if (request.kind === "cancel") return;
    const messages = this.#answer(request) ?? [notRecorded(request)];
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

  #answer(request: Request): Message[] | null {
    switch (request.kind) {
      case "search":
        return this.#search(request);
      case "thumbnails":
        return [this.#thumbnails(request)];
      case "row_values": {
        return [this.#values(request)];
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

  #search(request: SearchRequest): Message[] | null {
    const search = this.#find(request);
    if (search === null) return null;
    this.#shown = search;
    this.#count++;
    this.#replayed.set(search.coarse.serial, this.#count);
    this.#recorded.set(this.#count, search.coarse.serial);
    return search.messages.map((message) => this.#named(message, request));
  }

  #find({ query, nprobe, k }: SearchRequest): RecordedSearch | null {
    const { searches } = this.#recording;
    const shown = this.#shown;
    if ("resume" in query) {
      // The first is the search that was on screen last, whose answer holds for every nprobe. A later one asks for
      // another ranking of the same query.
      if (shown === null) return searches.at(-1) ?? null;
      const isSame = ({ coarse }: RecordedSearch) =>
        coarse.id === shown.coarse.id &&
        coarse.nprobe === nprobe &&
        coarse.vector.every((value, i) => value === shown.coarse.vector[i]);
      return searches.findLast(isSame) ?? null;
    }
    const places = [...searches.keys()].filter((i) => isAsked(query, searches[i]));
    if ("random" in query) {
      const last = shown === null ? -1 : searches.indexOf(shown);
      const next = places.find((i) => i > last) ?? places[0];
      return searches[next] ?? null;
    }
    const exact = places.findLast((i) => searches[i].coarse.nprobe === nprobe && searches[i].coarse.k === k);
    return searches[exact ?? places[places.length - 1]] ?? null;
  }

  #values({ request, ids: texts }: RowValuesRequest): Message {
    const ids = texts.map(BigInt);
    const known = ids.map((id) => this.#recording.values.get(id));
    const width = Math.max(0, ...known.map((one) => one?.numbers.length ?? 0));
    const numbers = new Float64Array(ids.length * width).fill(Number.NaN);
    known.forEach((one, i) => {
      if (one !== undefined) numbers.set(one.numbers, i * width);
    });
    return { kind: "row_values", request, ids, values: known.map((one) => [...(one?.texts ?? [])]), numbers };
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

function isAsked(query: QueryChoice, search: RecordedSearch): boolean {
  if ("id" in query) return search.coarse.id === BigInt(query.id);
  return search.query !== null && JSON.stringify(search.query) === JSON.stringify(query);
}

function notRecorded({ kind, request }: Request): Message {
  const message = `This recording holds no answer to that (${kind}): the kernel was not asked.`;
  return { kind: "error", request, code: "not recorded", message };
}
