import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Asker } from "../../protocol/asker";
import type { Message, RequestName, WalkProjection } from "../../protocol/messages";
import type { GraphTruth } from "../model/truth";
import type { GraphWalk } from "../model/walk";

/** Milliseconds that a search rests before its picture is asked for. */
const REST = 120;
/** Rows without a visit that are asked for at most. */
const MOST = 1000;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The nodes of a search in the plane, in the unit square. */
export interface ProjectedWalk {
  readonly method: string;
  readonly isFinal: boolean;
  /** Far points that are drawn nearer. */
  readonly drawnIn: number;
  /** The visits of its walk. */
  readonly ids: BigInt64Array;
  /** How many of the first visits have places, and these: x y x y … */
  readonly visits: number;
  readonly places: Float32Array;
  /** The nodes of the descent, and rows that were not visited. */
  readonly others: ReadonlyMap<bigint, Place>;
  readonly query: Place;
}

/** What the picture follows of a search. */
interface Followed {
  readonly asker: Asker;
  readonly walk: ReadonlySignal<GraphWalk | null>;
  readonly truth: ReadonlySignal<GraphTruth | null>;
  readonly visits: ReadonlySignal<number>;
  readonly isOutdated: ReadonlySignal<boolean>;
}

/** The picture of a search in the plane, asked for while a view shows it. */
export class WalkProjections {
  readonly drawn: Signal<ProjectedWalk | null> = signal(null);
  /** Why there is none, or no better one. */
  readonly reason: Signal<string | null> = signal(null);
  readonly #followed: Followed;
  readonly #users = signal(0);
  /** The query, and the version of the index, of the picture. */
  #of = "";
  #asked: {
    readonly serial: number;
    /** Visits shown at that time. */
    readonly visits: number;
    readonly extra: ReadonlySet<bigint>;
    readonly request: RequestName;
  } | null = null;

  constructor(followed: Followed, abort: AbortSignal) {
    this.#followed = followed;
    const { asker, walk, truth, visits, isOutdated } = followed;
    asker.onMessage((message) => this.#take(message));
    const stops = [
      effect(() => {
        const now = walk.value;
        // What was asked for may have been lost with the kernel.
        if (!asker.connected.value) this.#asked = null;
        const isReady = this.#users.value > 0 && !isOutdated.value && asker.connected.value;
        if (!isReady || now === null) return;
        const of = queryKey(now);
        const held = this.drawn.peek();
        if (of !== this.#of || (held !== null && !isSameWalk(held, now))) {
          this.#of = of;
          this.drawn.value = null;
          this.reason.value = null;
        }
        const near = truth.value?.near ?? [];
        const extra = near.map(({ id }) => id).filter((id) => now.placeOf(id) === null);
        const drawn = this.drawn.value;
        const asked = this.#asked;
        const isNew = asked?.serial !== now.serial;
        const isShort = drawn?.isFinal === true && visits.value > Math.max(drawn.visits, asked?.visits ?? 0);
        if (!isNew && !isShort && extra.every((id) => asked.extra.has(id))) return;
        const shown = visits.value;
        const timer = setTimeout(() => {
          const rows = extra.slice(0, MOST);
          const request = asker.askWalkProjection(now.serial, shown, rows);
          if (request !== null)
            this.#asked = { serial: now.serial, visits: shown, extra: new Set(extra), request };
        }, REST);
        return () => clearTimeout(timer);
      }),
    ];
    abort.addEventListener("abort", () => {
      for (const stop of stops) stop();
    });
  }

  /** Ask for pictures until the function returned is called. */
  use(): () => void {
    this.#users.value++;
    return () => {
      this.#users.value--;
    };
  }

  #take(message: Message): void {
    if (message.kind === "walk_projection") this.#adopt(message);
    else if (message.kind === "error" && message.request === this.#asked?.request) {
      if (message.code !== "superseded" && message.code !== "changed") this.reason.value = message.message;
    }
  }

  #adopt(message: WalkProjection): void {
    const walk = this.#followed.walk.peek();
    // The answer to another page of this widget serves as well, and may be the only one.
    if (walk === null || message.serial !== walk.serial) return;
    const { places, stop_places, extra_ids, extra_places, query_place } = message;
    const at = (of: Float32Array, i: number) => ({ x: of[2 * i], y: of[2 * i + 1] });
    const others = new Map<bigint, Place>([[walk.entry, at(stop_places, 0)]]);
    walk.hops.forEach(({ to }, i) => {
      others.set(to, at(stop_places, i + 1));
    });
    extra_ids.forEach((id, i) => {
      others.set(id, at(extra_places, i));
    });
    this.reason.value = null;
    this.drawn.value = {
      method: message.method,
      isFinal: message.final,
      drawnIn: message.drawn_in,
      visits: places.length / 2,
      ids: walk.ids,
      places,
      others,
      query: at(query_place, 0),
    };
  }
}

function queryKey({ id, vector, indexVersion }: GraphWalk): string {
  return `${indexVersion}:${id === null ? vector.join() : id}`;
}

/** Whether a walk begins as the one of a picture, or is its beginning: where distances tie it may be another. */
function isSameWalk({ ids, visits }: ProjectedWalk, walk: GraphWalk): boolean {
  const count = Math.min(visits, ids.length, walk.ids.length);
  if (ids === walk.ids) return true;
  for (let place = 0; place < count; place++) if (ids[place] !== walk.ids[place]) return false;
  return true;
}
