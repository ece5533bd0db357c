import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Thumbnails } from "../protocol/messages";

export type Picture =
  | { readonly state: "loading" }
  | {
      readonly state: "ready";
      readonly url: string;
      readonly label: string | null;
      readonly owned: boolean;
      /** Whether what is behind it shows through. */
      readonly isTransparent: boolean;
      /** That it is the first frame of an animation, for instance. */
      readonly note: string | null;
    }
  /** Of a row that has a label and no picture. */
  | { readonly state: "text"; readonly label: string }
  | { readonly state: "broken"; readonly reason: string; readonly label: string | null };

interface Entry {
  readonly id: bigint;
  readonly cluster: number | null;
  readonly size: number;
  readonly picture: Signal<Picture>;
  users: number;
  queued: boolean;
  /** Whether the picture is of the present index, and the kernel has not failed at it. */
  isCurrent: boolean;
}

/** The pictures of the rows of a display. */
export const PicturesContext = createContext<Pictures | null>(null);

/** Pictures in one request. */
const BATCH = 48;
/** Requests under way: enough to keep the kernel's threads busy, few enough to follow a scroll. */
const IN_FLIGHT = 3;
/** Unused pictures that are kept for the next look. */
const IDLE_LIMIT = 1500;
/** Bytes up to which a picture is put into its address: making a Blob takes Chromium over half a millisecond. */
const INLINE = 32_768;
/** The byte of a PNG that says how pixels are stored. The kernel stores an alpha channel only where it is needed. */
const PNG_COLOUR_TYPE = 25;
const RGBA = 6;
const LOADING: Picture = { state: "loading" };
const UNREACHABLE = broken("the kernel is disconnected");

/**
 * Pictures of rows: asked for in batches when shown, and kept until there are too many. What is shown together is asked
 * for in its order, before what was shown earlier.
 */
export class Pictures {
  readonly #asker: Asker;
  readonly #sizes: readonly number[];
  readonly #entries = new Map<string, Entry>();
  /** Entries without users. */
  #idle = 0;
  /** What is to be asked for, in the order in which that is done. */
  #queue: Entry[] = [];
  /** What was shown since requests were last sent; it goes before the queue. */
  #fresh: Entry[] = [];
  #inFlight = 0;
  #scheduled = false;

  constructor(
    asker: Asker,
    summary: ReadonlySignal<{
      readonly indexVersion: number;
      readonly constants: Pick<Summary["constants"], "thumbnailSizes">;
    }>,
    abort: AbortSignal,
  ) {
    this.#asker = asker;
    this.#sizes = summary.peek().constants.thumbnailSizes;
    const version = computed(() => summary.value.indexVersion);
    const renew = effect(() => {
      version.value;
      this.#renew();
    });
    const stop = effect(() => {
      const [before, now] = asker.connected.value ? [UNREACHABLE, LOADING] : [LOADING, UNREACHABLE];
      for (const { picture } of this.#entries.values()) if (picture.peek() === before) picture.value = now;
    });
    abort.addEventListener("abort", () => {
      renew();
      stop();
      for (const entry of this.#entries.values()) release(entry);
      this.#entries.clear();
      this.#idle = 0;
      this.#queue = [];
      this.#fresh = [];
    });
  }

  /** The label of a row, as far as it has come with a picture. */
  labelOf(id: bigint): string | null {
    for (const entry of this.#entries.values()) {
      const picture = entry.picture.peek();
      if (entry.id === id && picture.state !== "loading" && picture.label !== null) return picture.label;
    }
    return null;
  }

  /** Device pixels of the smallest picture that is sharp at `side` CSS pixels. */
  sizeFor(side: number): number {
    const wanted = side * devicePixelRatio;
    return this.#sizes.find((candidate) => candidate >= wanted) ?? this.#sizes[this.#sizes.length - 1];
  }

  /**
   * Show the picture of a row at `side` CSS pixels; call `release` when it is no longer shown.
   *
   * @param cluster  the one that stores it, where that is known
   */
  acquire(
    id: bigint,
    cluster: number | null,
    side: number,
  ): { picture: ReadonlySignal<Picture>; release: () => void } {
    const size = this.sizeFor(side);
    const key = `${cluster}/${id}/${size}`;
    const entry = this.#entries.get(key) ?? {
      id,
      cluster,
      size,
      picture: signal<Picture>(this.#asker.connected.peek() ? LOADING : UNREACHABLE),
      users: 0,
      queued: false,
      isCurrent: false,
    };
    if (this.#entries.delete(key) && entry.users === 0) this.#idle--;
    this.#entries.set(key, entry);
    entry.users++;
    if (!entry.isCurrent) this.#enqueue(entry);
    let held = true;
    return {
      picture: entry.picture,
      release: () => {
        if (!held) return;
        held = false;
        entry.users--;
        if (entry.users > 0 || this.#entries.get(key) !== entry) return;
        this.#idle++;
        if (this.#idle > IDLE_LIMIT) this.#trim();
      },
    };
  }

  /** Another row may have an id of before, and a row without an image is drawn by its vector. */
  #renew(): void {
    for (const [key, entry] of this.#entries) {
      entry.isCurrent = false;
      if (entry.users > 0) this.#enqueue(entry);
      else if (!entry.queued) this.#drop(key, entry);
    }
  }

  /** Forget a picture that is not in use. */
  #drop(key: string, entry: Entry): void {
    release(entry);
    this.#entries.delete(key);
    this.#idle--;
  }

  #enqueue(entry: Entry): void {
    if (entry.queued) return;
    entry.queued = true;
    this.#fresh.push(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#queue = [...this.#fresh, ...this.#queue];
      this.#fresh = [];
      while (this.#inFlight < IN_FLIGHT && this.#ask()) this.#inFlight++;
    });
  }

  #ask(): boolean {
    const batch: Entry[] = [];
    const later: Entry[] = [];
    for (const entry of this.#queue) {
      if (entry.users === 0) entry.queued = false;
      else if (batch.length === BATCH || (batch.length > 0 && !isAlike(entry, batch[0]))) later.push(entry);
      else batch.push(entry);
    }
    this.#queue = later;
    if (batch.length === 0) return false;
    void this.#fetch(batch);
    return true;
  }

  async #fetch(batch: Entry[]): Promise<void> {
    for (const entry of batch) entry.isCurrent = true;
    const clusters = batch.flatMap(({ cluster }) => (cluster === null ? [] : [cluster]));
    const missing = new Set(batch);
    const show = (part: Thumbnails) => {
      part.items.forEach((_, i) => {
        const entry = batch[part.places[i]];
        if (missing.delete(entry)) this.#settle(entry, picture(part, i));
      });
    };
    const answer = await this.#asker.thumbnails(
      batch.map((entry) => entry.id),
      clusters.length > 0 ? clusters : null,
      batch[0].size,
      show,
    );
    this.#inFlight--;
    if (answer.kind !== "error") show(answer);
    for (const entry of missing) {
      if (answer.kind === "error") this.#fail(entry, answer.message);
      else this.#settle(entry, broken("the kernel sent no picture"));
    }
    this.#schedule();
  }

  /** Show the picture that has come for an entry; ask again where it is of an older index. */
  #settle(entry: Entry, shown: Picture): void {
    entry.queued = false;
    release(entry);
    entry.picture.value = shown;
    if (!entry.isCurrent && entry.users > 0) this.#enqueue(entry);
  }

  /** Show why no picture comes; it is asked for again when it is shown next. */
  #fail(entry: Entry, reason: string): void {
    const isOutdated = !entry.isCurrent;
    entry.queued = false;
    entry.isCurrent = false;
    release(entry);
    entry.picture.value = broken(reason);
    if (isOutdated && entry.users > 0) this.#enqueue(entry);
  }

  #trim(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#idle <= IDLE_LIMIT / 2) break;
      if (entry.users === 0 && !entry.queued) this.#drop(key, entry);
    }
  }
}

/** Whether one request can ask for both. */
function isAlike(one: Entry, other: Entry): boolean {
  return one.size === other.size && (one.cluster === null) === (other.cluster === null);
}

function picture(answer: Thumbnails, i: number): Picture {
  const item = answer.items[i];
  if (item.length > 0) {
    const bytes = answer.data.subarray(item.offset, item.offset + item.length);
    const type = item.mime ?? "image/png";
    const owned = item.length > INLINE;
    const url = owned
      ? URL.createObjectURL(new Blob([bytes], { type }))
      : `data:${type};base64,${btoa(String.fromCharCode(...bytes))}`;
    const isTransparent = type === "image/png" && bytes[PNG_COLOUR_TYPE] === RGBA;
    return { state: "ready", url, label: item.label, owned, isTransparent, note: item.note };
  }
  if (item.url !== null && /^(https?:|data:image\/|blob:)/i.test(item.url)) {
    return {
      state: "ready",
      url: item.url,
      label: item.label,
      owned: false,
      isTransparent: false,
      note: item.note,
    };
  }
  if (item.reason === null && item.label !== null) return { state: "text", label: item.label };
  return { state: "broken", reason: item.reason ?? "no picture", label: item.label };
}

function broken(reason: string): Picture {
  return { state: "broken", reason, label: null };
}

function release(entry: Entry): void {
  const shown = entry.picture.peek();
  if (shown.state === "ready" && shown.owned) URL.revokeObjectURL(shown.url);
}
