import type {
  Message,
  Request,
  Walk,
  WalkPlaces,
  WalkProjection,
  WalkRequest,
  WalkResults,
  WalkTruth,
} from "./messages";
import type { RecordedWalk, Recording } from "./recording";

/** What a recording cannot tell by itself of the graph. */
export interface RecordedGraph {
  readonly ntotal: number;
  /** Whether true neighbours at a smaller k follow from those at a larger one: a search returns each that it visits. */
  readonly derives: boolean;
  /** Whether a search for k results uses k where efSearch is less. */
  readonly leastIsK: boolean;
}

/** A request about a search. */
type Question = Extract<
  Request,
  { readonly kind: "walk_truth" | "walk_results" | "walk_places" | "walk_projection" }
>;

type Told = WalkTruth | WalkResults | WalkPlaces | WalkProjection;

const KINDS: readonly string[] = [
  "walk_truth",
  "walk_results",
  "walk_places",
  "walk_projection",
] satisfies Question["kind"][];

/** Answers about the searches of a graph that were recorded. */
export class RecordedWalks {
  readonly #recording: Recording;
  readonly #graph: RecordedGraph | null;
  #shown: RecordedWalk | null = null;
  /** By the serial that the page knows. */
  readonly #replayed = new Map<number, RecordedWalk>();
  #count = 0;

  constructor(recording: Recording, graph: RecordedGraph | null) {
    this.#recording = recording;
    this.#graph = graph;
  }

  /** The walk of a recorded query that tells what a search at this efSearch does; null where none does. */
  begin(request: WalkRequest, buffers: readonly ArrayBuffer[]): Message[] | null {
    const fitting = fittingOf(this.#walksOf(request, buffers), request);
    if (fitting === null) return null;
    this.#shown = fitting;
    this.#replayed.set(++this.#count, fitting);
    return [{ ...fitting.walk, request: request.request, serial: this.#count }];
  }

  /** Whether the query of a request was recorded, at whatever efSearch. */
  has(request: WalkRequest, buffers: readonly ArrayBuffer[]): boolean {
    return this.#walksOf(request, buffers).length > 0;
  }

  /** What was recorded of the search that a request is about; null for nothing. */
  answer(request: Question): Message[] | null {
    const here = this.#replayed.get(request.serial);
    if (here === undefined) return null;
    const message = this.#told(request, here.walk);
    return message && [{ ...message, request: request.request, serial: request.serial }];
  }

  #told(request: Question, walk: Walk): Told | null {
    const told = this.#about(request.kind);
    const ofWalk = told.filter(({ serial }) => serial === walk.serial).map(({ message }) => message);
    const serials = new Set(this.#sameQuery(walk).map((each) => each.walk.serial));
    const ofQuery = told.filter(({ serial }) => serials.has(serial)).map(({ message }) => message);
    switch (request.kind) {
      case "walk_places":
        // The last one knows of the most rows.
        return (ofWalk as WalkPlaces[]).at(-1) ?? null;
      case "walk_projection":
        return projectionFor(ofWalk as WalkProjection[], request.visits);
      case "walk_results": {
        const serves = (said: WalkResults) =>
          said.k === request.k &&
          said.include_self === request.include_self &&
          said.ef_from[0] <= request.ef_search &&
          request.ef_search <= said.ef_until;
        return (ofQuery as WalkResults[]).find(serves) ?? null;
      }
      case "walk_truth": {
        const same = (ofQuery as WalkTruth[]).filter((said) => said.include_self === request.include_self);
        const exact = same.find(({ k }) => k === request.k);
        if (exact !== undefined || this.#graph?.derives !== true) return exact ?? null;
        const larger = same.find(({ k }) => k > request.k);
        return larger === undefined ? null : truthAt(larger, request.k, walk, this.#graph);
      }
    }
  }

  /** All that was told about searches in answer to a kind of request. */
  #about(kind: Question["kind"]): { readonly serial: number; readonly message: Message }[] {
    return [...this.#recording.answers].flatMap(([question, { messages }]) => {
      const asked = JSON.parse(question) as Question;
      if (asked.kind !== kind) return [];
      return messages.map((message) => ({ serial: asked.serial, message }));
    });
  }

  #sameQuery(walk: Walk): RecordedWalk[] {
    return this.#recording.walks.filter((each) => isSameQuery(each.walk, walk));
  }

  #walksOf({ query }: WalkRequest, buffers: readonly ArrayBuffer[]): RecordedWalk[] {
    const { walks } = this.#recording;
    const found = this.#find(query, buffers.length > 0 ? new Float32Array(buffers[0]) : null);
    return found === null ? [] : walks.filter(({ walk }) => isSameQuery(walk, found));
  }

  #find(query: WalkRequest["query"], vector: Float32Array | null): Walk | null {
    const { walks } = this.#recording;
    const shown = this.#shown?.walk ?? null;
    // A search that goes on, or the one that is shown first.
    if ("resume" in query) return shown ?? walks.at(-1)?.walk ?? null;
    if ("random" in query) {
      const others = walks.filter(({ walk }) => shown === null || !isSameQuery(walk, shown));
      const last = walks.findLastIndex(({ walk }) => shown !== null && isSameQuery(walk, shown));
      const next = others.find((each) => walks.indexOf(each) > last) ?? others[0];
      return next?.walk ?? shown;
    }
    const isRight = ({ asked, walk }: RecordedWalk) => {
      if ("id" in query) return walk.id === BigInt(query.id);
      if ("vector" in query) return walk.id === null && vector !== null && isSameVector(walk.vector, vector);
      return JSON.stringify(asked?.query) === JSON.stringify(query);
    };
    return walks.find(isRight)?.walk ?? null;
  }
}

/** Whether a request is about a search of a graph. */
export function isAboutWalk(request: Request): request is Question {
  return KINDS.includes(request.kind);
}

/** The longest walk whose beginning a search at this efSearch is; else the walk of this efSearch itself. */
function fittingOf(walks: readonly RecordedWalk[], { ef_search: ef, k }: WalkRequest): RecordedWalk | null {
  const telling = walks
    .filter(({ walk }) => ef <= walk.holds_until && (ef <= walk.ef_max || walk.exhausted))
    .sort((a, b) => b.walk.ef_max - a.walk.ef_max);
  // Where distances tie, a search for more results than efSearch makes room for these.
  const isOf = ({ asked, walk }: RecordedWalk) =>
    walk.ef_max === ef && (asked === null || asked.k === k || Math.max(asked.k, k) < ef);
  return telling[0] ?? walks.find(isOf) ?? null;
}

/** The better picture where it shows as many visits, else the one that shows most. */
function projectionFor(pictures: readonly WalkProjection[], visits: number): WalkProjection | null {
  const shows = ({ places }: WalkProjection) => places.length / 2;
  const enough = pictures.filter((picture) => shows(picture) >= visits);
  const picture = enough.find(({ final }) => final) ?? [...pictures].sort((a, b) => shows(b) - shows(a))[0];
  return picture === undefined ? null : { ...picture, final: true };
}

/** The true neighbours at a smaller k than the recorded one. */
export function truthAt(larger: WalkTruth, k: number, walk: Walk, graph: RecordedGraph): WalkTruth {
  const count = Math.min(k, larger.count);
  // With all that are as far as the last.
  let size = count;
  while (size < larger.ids.length && larger.distances[size] === larger.distances[count - 1]) size++;
  const own = walk.id === null || larger.include_self ? 0 : 1;
  const least = graph.leastIsK ? Math.min(graph.ntotal, k + own) : 1;
  const needs = graph.leastIsK ? needsOf(walk) : null;
  const from = (values: Int32Array) =>
    values.slice(0, size).map((value, i) => {
      const need = needs?.get(larger.ids[i]) ?? value;
      return need > 0 && need <= least ? 1 : need;
    });
  return {
    ...larger,
    k,
    count,
    ids: larger.ids.slice(0, size),
    distances: larger.distances.slice(0, size),
    visited_from: from(larger.visited_from),
    handed_from: from(larger.handed_from),
    handed_until: larger.handed_until.slice(0, size),
    returned_from: from(larger.returned_from),
    returned_until: larger.returned_until.slice(0, size),
    led_by: larger.led_by.slice(0, size),
    gate: larger.gate.slice(0, size),
    in_offsets: larger.in_offsets.slice(0, size + 1),
    in_ids: larger.in_ids.slice(0, larger.in_offsets[size]),
  };
}

/** The smallest efSearch that visits each row, as far as the walk goes. */
function needsOf({ ids, first, nearer }: Walk): Map<bigint, number> {
  const needs = new Map<bigint, number>();
  let gate = 1;
  for (let place = 0, step = -1; place < ids.length; place++) {
    while (place >= first[step + 1] && step + 1 < nearer.length) {
      step++;
      gate = Math.max(gate, nearer[step] + 1);
    }
    if (!needs.has(ids[place])) needs.set(ids[place], gate);
  }
  return needs;
}

function isSameQuery(one: Walk, other: Walk): boolean {
  return one.id === null ? other.id === null && isSameVector(one.vector, other.vector) : one.id === other.id;
}

/** Whether two vectors hold the same numbers. */
export function isSameVector(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}
