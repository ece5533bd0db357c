import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { joined } from "../../model/mapCells";
import { Parts } from "../../model/parts";
import type { Asker } from "../../protocol/asker";
import type { Districts, MapPart, Message, WalkPlaces } from "../../protocol/messages";
import type { DrawnDistricts, Spot } from "../model/districts";
import type { GraphFacts } from "../model/summary";
import type { GraphTruth } from "../model/truth";
import type { GraphWalk } from "../model/walk";

/** Places that are kept: those of other searches go beyond it. */
const KEPT = 100_000;

/** What the map follows of a search. */
interface Followed {
  readonly facts: ReadonlySignal<Pick<GraphFacts, "indexVersion">>;
  readonly asker: Asker;
  readonly walk: ReadonlySignal<GraphWalk | null>;
  readonly truth: ReadonlySignal<GraphTruth | null>;
  readonly isOutdated: ReadonlySignal<boolean>;
}

/** The map of a graph and the places of nodes on it, asked for while a view shows them. */
export class DistrictMap {
  readonly drawn: Signal<DrawnDistricts | null> = signal(null);
  /** Where nodes stand, by row id, as far as that is known. A node's place is the same for every query. */
  readonly spots: Signal<ReadonlyMap<bigint, Spot>> = signal(new Map());
  /** The distance from the query to the middle of each district, of the last search whose places are known. */
  readonly distances: Signal<Float32Array | null> = signal(null);
  /** Where the query of that search would stand. */
  readonly query: Signal<{ readonly x: number; readonly y: number } | null> = signal(null);
  readonly #followed: Followed;
  readonly #users = signal(0);
  readonly #parts = new Parts<MapPart>();
  #cells: readonly MapPart[] | null = null;
  #version: number | null = null;
  #asked = "";

  constructor(followed: Followed, abort: AbortSignal) {
    this.#followed = followed;
    const { facts, asker, walk, truth, isOutdated } = followed;
    asker.onMessage((message) => this.#take(message));
    const stops = [
      effect(() => {
        const version = facts.value.indexVersion;
        if (this.#users.value === 0 || version === this.#version) return;
        this.#version = version;
        this.#forget();
        asker.askMap();
      }),
      effect(() => {
        const now = walk.value;
        const isReady = this.#users.value > 0 && this.drawn.value !== null && !isOutdated.value;
        if (!isReady || now === null) return;
        const near = truth.value?.near ?? [];
        const extra = near.map(({ id }) => id).filter((id) => now.placeOf(id) === null);
        const key = [now.serial, ...extra].join();
        if (key === this.#asked || this.#asked.startsWith(`${key},`)) return;
        this.#asked = key;
        asker.askWalkPlaces(now.serial, extra.slice(0, 1000));
      }),
    ];
    abort.addEventListener("abort", () => {
      for (const stop of stops) stop();
    });
  }

  /** Ask for the map, and for places, until the function returned is called. */
  use(): () => void {
    this.#users.value++;
    return () => {
      this.#users.value--;
    };
  }

  #forget(): void {
    this.drawn.value = null;
    this.distances.value = null;
    this.query.value = null;
    this.spots.value = new Map();
    this.#asked = "";
    this.#cells = null;
    this.#parts.clear();
  }

  #take(message: Message): void {
    if (message.kind === "map")
      this.#cells = this.#parts.take(message, message.inradii.length) ?? this.#cells;
    else if (message.kind === "districts") this.#adopt(message);
    else if (message.kind === "walk_places") this.#place(message);
  }

  #adopt(message: Districts): void {
    const { index_version, sizes, medoids, ids, levels, places } = message;
    const isOfMap = this.#cells?.[0].request === message.request && this.#cells[0].rows === sizes.length;
    if (!isOfMap || index_version !== this.#version || this.#cells === null) return;
    const upper = Array.from(ids, (id, i) => ({
      id,
      level: levels[i],
      x: places[2 * i],
      y: places[2 * i + 1],
    }));
    this.drawn.value = { cells: joined(this.#cells), sizes, medoids, upper };
    this.#cells = null;
  }

  #place(message: WalkPlaces): void {
    const walk = this.#followed.walk.peek();
    const drawn = this.drawn.peek();
    if (walk === null || drawn === null || message.serial !== walk.serial) return;
    const before = this.spots.peek();
    const spots = new Map(before.size > KEPT ? [] : before);
    const note = (id: bigint, places: Float32Array, i: number, district: number) =>
      spots.set(id, { x: places[2 * i], y: places[2 * i + 1], district });
    const find = (places: Float32Array, i: number) => drawn.cells.find(places[2 * i], places[2 * i + 1]);
    walk.linkIds.forEach((id, i) => {
      if (!spots.has(id)) note(id, message.link_places, i, find(message.link_places, i));
    });
    note(walk.entry, message.entry_place, 0, find(message.entry_place, 0));
    walk.ids.forEach((id, i) => {
      note(id, message.places, i, message.districts[i]);
    });
    message.extra_ids.forEach((id, i) => {
      note(id, message.extra_places, i, message.extra_districts[i]);
    });
    this.spots.value = spots;
    this.distances.value = message.district_distances;
    this.query.value = { x: message.query_place[0], y: message.query_place[1] };
  }
}
