import { effect } from "@preact/signals";
import type { Picture, Pictures } from "../../state/pictures";

interface WantedTile {
  readonly cluster: number;
  readonly id: bigint;
  /** CSS pixels. */
  readonly side: number;
}

/** What a tile shows; a new object whenever it is something else. */
export interface TileImage {
  /** Null where there is none. */
  readonly image: HTMLImageElement | null;
  readonly label: string | null;
}

interface Held {
  readonly side: number;
  shown: TileImage | null;
  release: () => void;
}

/** The pictures and labels of the rows that are in sight. */
export class TileImages {
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  readonly #held = new Map<number, Map<bigint, Held>>();

  /** @param changed  called when a tile shows something else */
  constructor(pictures: Pictures, changed: () => void) {
    this.#pictures = pictures;
    this.#changed = changed;
  }

  /** Null until it has been loaded. */
  get(cluster: number, id: bigint): TileImage | null {
    return this.#held.get(cluster)?.get(id)?.shown ?? null;
  }

  /** Loads these pictures, the first ones first, and releases all others. */
  want(tiles: readonly WantedTile[]): void {
    const before = new Map(this.#held);
    const kept = new Map<number, Map<bigint, Held>>();
    const missing: WantedTile[] = [];
    for (const tile of tiles) {
      const held = before.get(tile.cluster)?.get(tile.id);
      if (held === undefined || this.#pictures.sizeFor(held.side) !== this.#pictures.sizeFor(tile.side)) {
        missing.push(tile);
      } else {
        put(kept, tile, held);
      }
    }
    const released: Held[] = [];
    for (const [cluster, rows] of before) {
      for (const [id, held] of rows) if (kept.get(cluster)?.get(id) !== held) released.push(held);
    }
    this.#held.clear();
    for (const [cluster, rows] of kept) this.#held.set(cluster, rows);
    // The last one that is asked for is answered first.
    for (const tile of missing.reverse()) {
      // Rows of one cluster can share an id.
      if (this.#held.get(tile.cluster)?.has(tile.id)) continue;
      put(this.#held, tile, this.#load(tile, before.get(tile.cluster)?.get(tile.id)?.shown ?? null));
    }
    for (const { release } of released) release();
  }

  close(): void {
    this.want([]);
  }

  #load({ cluster, id, side }: WantedTile, meanwhile: TileImage | null): Held {
    const { picture, release } = this.#pictures.acquire(id, cluster, side);
    const held: Held = { side, shown: meanwhile, release };
    let isHeld = true;
    const stop = effect(() => {
      const now = picture.value;
      if (now.state === "loading") return;
      void load(now).then((shown) => {
        if (!isHeld || picture.peek() !== now) return;
        held.shown = shown;
        this.#changed();
      });
    });
    held.release = () => {
      isHeld = false;
      stop();
      release();
    };
    return held;
  }
}

async function load(picture: Exclude<Picture, { state: "loading" }>): Promise<TileImage> {
  const { label } = picture;
  if (picture.state === "broken") return { image: null, label };
  const image = new Image();
  image.referrerPolicy = "no-referrer";
  image.src = picture.url;
  try {
    // Decoded beside the page's work, so that drawing it costs little.
    await image.decode();
    return { image, label };
  } catch {
    return { image: null, label };
  }
}

function put(held: Map<number, Map<bigint, Held>>, { cluster, id }: WantedTile, one: Held): void {
  const rows = held.get(cluster);
  if (rows === undefined) held.set(cluster, new Map([[id, one]]));
  else rows.set(id, one);
}
