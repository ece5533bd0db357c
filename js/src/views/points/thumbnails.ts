import type { Pictures } from "../../state/pictures";
import { loadImage } from "../rowImage";

interface Wanted {
  readonly id: bigint;
  readonly cluster: number;
  readonly side: number;
}

interface Held {
  readonly side: number;
  image: HTMLImageElement | null;
  label: string | null;
  release: () => void;
}

/** Loads pictures of rows for a canvas, and keeps the ones in use. */
export class Thumbnails {
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  readonly #held = new Map<bigint, Held>();

  constructor(pictures: Pictures, changed: () => void) {
    this.#pictures = pictures;
    this.#changed = changed;
  }

  get(id: bigint): HTMLImageElement | null {
    return this.#held.get(id)?.image ?? null;
  }

  /** The label of a row that has no picture. */
  label(id: bigint): string | null {
    return this.#held.get(id)?.label ?? null;
  }

  /** Loads these pictures and releases all others. */
  want(wanted: readonly Wanted[]): void {
    const kept = new Set(wanted.map(({ id }) => id));
    for (const [id, { release }] of this.#held) {
      if (kept.has(id)) continue;
      release();
      this.#held.delete(id);
    }
    for (const one of wanted) {
      const held = this.#held.get(one.id);
      if (held !== undefined && held.side >= one.side) continue;
      held?.release();
      this.#held.set(one.id, this.#load(one, held?.image ?? null));
    }
  }

  close(): void {
    this.want([]);
  }

  #load({ id, cluster, side }: Wanted, meanwhile: HTMLImageElement | null): Held {
    const held: Held = { side, image: meanwhile, label: null, release: () => {} };
    held.release = loadImage(
      this.#pictures,
      id,
      cluster,
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
