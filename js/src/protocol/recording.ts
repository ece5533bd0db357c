import type {
  Coarse,
  Message,
  QueryChoice,
  Request,
  RequestName,
  RowValues,
  ThumbnailItem,
  Walk,
  WalkRequest,
} from "./messages";
import { noteMembers, type RecordedMembers } from "./recordedMembers";
import { noteRows, type RowsByCluster } from "./recordedRows";

/** One search with all messages about it that nobody asked for: candidates, results, bounds. */
export interface RecordedSearch {
  /** Null where the kernel or another page asked. */
  readonly query: QueryChoice | null;
  readonly coarse: Coarse;
  readonly messages: Message[];
}

/** One walk of a graph as it was asked for. */
export interface RecordedWalk {
  /** Null where the kernel or another page asked. */
  readonly asked: WalkRequest | null;
  readonly walk: Walk;
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
  /** The searches of a graph; of one whose distances tie, those at several efSearch. */
  readonly walks: RecordedWalk[];
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
  /** Labels, and levels of numbers, of the rows of clusters. */
  readonly rows: RowsByCluster;
}

/** The same for every request that asks the same. */
export function questionOf({ request: _, ...asked }: Request): string {
  return JSON.stringify(Object.fromEntries(Object.entries(asked).sort()));
}

/** An empty recording. */
export function emptyRecording(): Recording {
  return {
    searches: [],
    walks: [],
    answers: new Map(),
    pictures: new Map(),
    values: new Map(),
    medoids: new Map(),
    members: new Map(),
    rows: new Map(),
  };
}

/** Adds messages to a recording, each by the request that it answers. */
export class RecordingNotes {
  readonly recording: Recording = emptyRecording();
  readonly #asked = new Map<RequestName, { readonly request: Request; readonly question: string }>();

  /** Remember a request, for the messages that answer it. */
  ask(request: Request): void {
    this.#asked.set(request.request, { request, question: questionOf(request) });
  }

  note(message: Message): void {
    const asked = message.request === null ? undefined : this.#asked.get(message.request);
    switch (message.kind) {
      case "coarse": {
        const query = asked?.request.kind === "search" ? asked.request.query : null;
        this.recording.searches.push({ query, coarse: message, messages: [message] });
        return;
      }
      case "walk": {
        const request = asked?.request.kind === "walk" ? asked.request : null;
        this.recording.walks.push({ asked: request, walk: message });
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
      case "row_labels":
      case "row_levels":
        if (asked?.request.kind === message.kind) noteRows(this.recording.rows, asked.request, message);
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
