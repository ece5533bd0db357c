import { effect } from "@preact/signals";
import type { Picture, Pictures } from "../../../state/pictures";

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
  /** Device pixels of the picture. */
  readonly size: number;
  shown: TileImage | null;
  release: () => void;
}

/** Pictures out of sight that are kept: a map that is moved to and fro does not decode them again. */
const KEPT = 600;

/** The pictures and labels of the rows that are in sight. */
export class TileImages {
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  /** By cluster and row id; the ones that were in sight last are the last ones. */
  readonly #held = new Map<string, Held>();
  #wanted = new Set<string>();

  /** @param changed  called when a tile shows something else */
  constructor(pictures: Pictures, changed: () => void) {
    this.#pictures = pictures;
    this.#changed = changed;
  }

  /** Null until it has been loaded. */
  get(cluster: number, id: bigint): TileImage | null {
    return this.#held.get(`${cluster}/${id}`)?.shown ?? null;
  }

  /** Loads these pictures, the first ones first. */
  want(tiles: readonly WantedTile[]): void {
    const wanted = new Map(tiles.map((tile) => [`${tile.cluster}/${tile.id}`, tile]));
    this.#wanted = new Set(wanted.keys());
    // The last one that is asked for is answered first.
    for (const [key, tile] of [...wanted].reverse()) {
      const held = this.#held.get(key);
      const size = this.#pictures.sizeFor(tile.side);
      this.#held.delete(key);
      if (held?.size === size) {
        this.#held.set(key, held);
        continue;
      }
      this.#held.set(key, this.#load(tile, size, held?.shown ?? null));
      held?.release();
    }
    this.#release(KEPT);
  }

  /** Gives up all pictures that are out of sight. */
  releaseOthers(): void {
    this.#release(0);
  }

  close(): void {
    this.#wanted = new Set();
    this.#release(0);
  }

  /** Gives up the pictures out of sight that have yet to come, and of the others all but some. */
  #release(kept: number): void {
    let more = this.#held.size - this.#wanted.size - kept;
    for (const [key, { shown, release }] of this.#held) {
      if (this.#wanted.has(key) || (shown !== null && more <= 0)) continue;
      release();
      this.#held.delete(key);
      more--;
    }
  }

  #load({ cluster, id, side }: WantedTile, size: number, meanwhile: TileImage | null): Held {
    const { picture, release } = this.#pictures.acquire(id, cluster, side);
    const held: Held = { size, shown: meanwhile, release };
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
  if (picture.state !== "ready") return { image: null, label };
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
