import type { Pictures } from "../../state/pictures";
import { loadImage } from "../rowImage";
import type { RowImages } from "./scene";

interface Wanted {
  readonly id: bigint;
  /** Of the cluster that stores it. */
  readonly rank: number;
  readonly side: number;
}

interface Held {
  readonly side: number;
  image: HTMLImageElement | null;
  label: string | null;
  release: () => void;
}

/** Loads pictures of rows for a canvas, and keeps the ones in use. */
export class Thumbnails implements RowImages {
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  readonly #held = new Map<string, Held>();
  /** Clusters by rank. */
  #order: ArrayLike<number> = [];

  constructor(pictures: Pictures, changed: () => void) {
    this.#pictures = pictures;
    this.#changed = changed;
  }

  get(id: bigint, rank: number): HTMLImageElement | null {
    return this.#held.get(this.#keyOf(id, rank))?.image ?? null;
  }

  /** The label of a row that has no picture. */
  label(id: bigint, rank: number): string | null {
    return this.#held.get(this.#keyOf(id, rank))?.label ?? null;
  }

  /** Loads these pictures and releases all others. */
  want(wanted: readonly Wanted[], order: ArrayLike<number>): void {
    this.#order = order;
    const kept = new Set(wanted.map(({ id, rank }) => this.#keyOf(id, rank)));
    for (const [key, { release }] of this.#held) {
      if (kept.has(key)) continue;
      release();
      this.#held.delete(key);
    }
    for (const one of wanted) {
      const key = this.#keyOf(one.id, one.rank);
      const held = this.#held.get(key);
      if (held !== undefined && held.side >= one.side) continue;
      held?.release();
      this.#held.set(key, this.#load(one, held?.image ?? null));
    }
  }

  close(): void {
    this.want([], []);
  }

  #keyOf(id: bigint, rank: number): string {
    return `${this.#order[rank - 1]}/${id}`;
  }

  #load({ id, rank, side }: Wanted, meanwhile: HTMLImageElement | null): Held {
    const held: Held = { side, image: meanwhile, label: null, release: () => {} };
    held.release = loadImage(
      this.#pictures,
      id,
      this.#order[rank - 1],
      side,
      (loaded) => {
        held.image = loaded;
        this.#changed();
      },
      (label) => {
        held.label = label;
        this.#changed();
      },
    );
    return held;
  }
}
