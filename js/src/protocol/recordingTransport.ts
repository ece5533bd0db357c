import type {
  MembersRequest,
  Message,
  OutcomeRequest,
  Projection,
  ProjectionRequest,
  Request,
  RestRequest,
  RowValuesRequest,
  SearchRequest,
  ThumbnailsRequest,
} from "./messages";
import { membersOf } from "./recordedMembers";
import { rowsOf } from "./recordedRows";
import { isAboutWalk, isSameVector, type RecordedGraph, RecordedWalks } from "./recordedWalks";
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
  readonly #walks: RecordedWalks;

  readonly recorded: readonly RecordedQuery[];

  /** @param graph  of the index, where it is one */
  constructor(recording: Recording, graph: RecordedGraph | null = null) {
    this.#recording = recording;
    this.#walks = new RecordedWalks(recording, graph);
    this.recorded = recordedQueries(recording);
  }

  send(request: Request, buffers: ArrayBuffer[] = []): void {
    if (request.kind === "cancel") return;
    const messages = this.#answer(request, buffers) ?? [notRecorded(request, this.#reason(request, buffers))];
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
    if (isAboutWalk(request)) return this.#walks.answer(request);
    switch (request.kind) {
      case "walk":
        return this.#walks.begin(request, buffers);
      case "search":
        return this.#search(request, buffers);
      case "thumbnails":
        return [this.#thumbnails(request)];
      case "row_values":
        return [this.#values(request)];
      case "medoids": {
        const known = request.clusters.filter((cluster) => this.#recording.medoids.has(cluster));
        const ids = known.map((cluster) => this.#recording.medoids.get(cluster) as bigint);
        return [{ ...request, clusters: Int32Array.from(known), ids: BigInt64Array.from(ids) }];
      }
      case "members":
        return this.#members(request);
      case "row_labels":
      case "row_levels": {
        const answer = rowsOf(this.#recording.rows, request);
        return answer && [answer];
      }
      default: {
        const asked =
          "serial" in request ? { ...request, serial: this.#recorded.get(request.serial) } : request;
        const question = questionOf(asked as Request);
        const answer = this.#recording.answers.get(question);
        if (answer !== undefined) return answer.messages.map((message) => this.#named(message, request));
        if (request.kind === "rest") return this.#rest(request);
        if (request.kind === "truth" || request.kind === "results") return this.#outcome(request);
        if (request.kind === "projection") return this.#projection(request);
        // A kernel that has evaluated nothing says nothing.
        return request.kind === "workload" ? [] : null;
      }
    }
  }

  /** Why a request cannot be answered. */
  #reason(request: Request, buffers: readonly ArrayBuffer[]): string {
    const { kind } = request;
    if (kind === "walk" && this.#walks.has(request, buffers)) return TIED;
    return (
      NOT_RECORDED[kind] ?? `This recording holds no answer to that (${kind}): the kernel was not asked.`
    );
  }

  /** The rest of a search, up to a rank that is no less than the one asked for. */
  #rest(request: RestRequest): Message[] | null {
    return this.#about(request, ({ last_rank }) => last_rank >= request.last_rank);
  }

  /** A recorded outcome that holds for every nprobe. */
  #outcome(request: OutcomeRequest): Message[] | null {
    return this.#about(
      request,
      ({ k, include_self }, [answer]) =>
        k === request.k &&
        include_self === request.include_self &&
        answer !== undefined &&
        "nprobe" in answer &&
        answer.nprobe === 0,
    );
  }

  /** What a recorded picture at a larger nprobe shows of this one. */
  #projection(request: ProjectionRequest): Message[] | null {
    if (request.flips.length > 0) return null;
    const wider = this.#about(request, ({ ranks, flips }) => ranks >= request.ranks && flips.length === 0);
    const extra = new Set(request.extra.map(BigInt));
    return wider && narrowed(wider as Projection[], request.ranks, extra);
  }

  /** The recorded answer to another request of this kind about the same search. */
  #about<R extends RestRequest | OutcomeRequest | ProjectionRequest>(
    request: R,
    serves: (asked: R, messages: readonly Message[]) => boolean,
  ): Message[] | null {
    const serial = this.#recorded.get(request.serial);
    for (const [question, { messages }] of this.#recording.answers) {
      const asked = JSON.parse(question) as R;
      if (asked.kind === request.kind && asked.serial === serial && serves(asked, messages)) {
        return messages.map((message) => this.#named(message, request));
      }
    }
    return null;
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
      const isSameQuery = ({ coarse }: RecordedSearch) =>
        coarse.id === shown.coarse.id &&
        coarse.nprobe === nprobe &&
        isSameVector(coarse.vector, shown.coarse.vector);
      return searches.findLast(isSameQuery) ?? null;
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

/** Each query once, in the order in which they were searched for first. */
function recordedQueries({ searches, walks }: Recording): RecordedQuery[] {
  const queries: RecordedQuery[] = [];
  const asked = [...searches.map(({ coarse }) => coarse), ...walks.map(({ walk }) => walk)];
  for (const { id, vector, label, title } of asked) {
    if (queries.some((query) => query.isOf(id, vector))) continue;
    const named = id === null ? (title ?? "a vector") : `row ${id}`;
    queries.push({
      name: label === null ? named : `${named}, ${label}`,
      wish: id === null ? vector : { id: id.toString(), cluster: null },
      isOf: (other, given) => (id === null ? other === null && isSameVector(vector, given) : other === id),
    });
  }
  return queries;
}

/** The candidates of the clusters up to a rank, and some rows besides. */
function narrowed(parts: readonly Projection[], ranks: number, extra: ReadonlySet<bigint>): Projection[] {
  const kept = parts.map(({ ids, rank_of }) =>
    Array.from(ids.keys()).filter((i) => rank_of[i] <= ranks || extra.has(ids[i])),
  );
  const rows = kept.reduce((sum, { length }) => sum + length, 0);
  let offset = 0;
  return parts.map((part, i) => {
    const places = kept[i];
    const narrow: Projection = {
      ...part,
      ranks,
      rows,
      offset,
      ids: BigInt64Array.from(places, (at) => part.ids[at]),
      rank_of: Int32Array.from(places, (at) => part.rank_of[at]),
      distances: Float32Array.from(places, (at) => part.distances[at]),
      positions: Float32Array.from(
        places.flatMap((at) => [part.positions[2 * at], part.positions[2 * at + 1]]),
      ),
    };
    offset += places.length;
    return narrow;
  });
}

const NOT_RECORDED: Readonly<Partial<Record<Request["kind"], string>>> = {
  results: "This recording holds the results of this index at the k, and with the choices, that were saved.",
  truth: "This recording holds the true neighbours by the original vectors at the k that was saved.",
  search: "This recording answers the queries that were saved, and this is none of them.",
  walk: "This recording answers the queries that were saved, and this is none of them.",
  walk_truth: "This recording holds the true neighbours of this index at the k that was saved.",
  walk_results:
    "This recording holds the results of this search at the k, and at the efSearch, that were saved.",
  walk_projection: "This recording holds the projection of one query, as it was saved.",
  projection: "This recording holds the projection of one query, up to the nprobe at which it was saved.",
};

/** Of a query whose walk does not tell every efSearch. */
const TIED =
  "Distances tie in this search, so each efSearch takes a search of its own: this recording holds those at 1, 2, 4, 8, … " +
  "and at the efSearch and k that were saved.";

function notRecorded({ request }: Request, message: string): Message {
  return { kind: "error", request, code: "not recorded", message };
}
