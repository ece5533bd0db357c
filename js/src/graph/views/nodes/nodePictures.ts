import type { Pictures } from "../../../state/pictures";
import { loadImage } from "../../../views/rowImage";

interface Held {
  image: HTMLImageElement | null;
  label: string | null;
  release: () => void;
}

/** Pictures of nodes for a canvas: those in use are kept. */
export class NodePictures {
  readonly #held = new Map<bigint, Held>();

  /** @param changed  called when a picture has come */
  constructor(
    readonly pictures: Pictures,
    readonly side: number,
    readonly changed: () => void,
  ) {}

  image(id: bigint): HTMLImageElement | null {
    return this.#held.get(id)?.image ?? null;
  }

  /** The label of a row that has no picture. */
  label(id: bigint): string | null {
    return this.#held.get(id)?.label ?? null;
  }

  /** Loads these pictures and releases all others. */
  want(ids: readonly bigint[]): void {
    const wanted = new Set(ids);
    for (const [id, { release }] of this.#held) {
      if (wanted.has(id)) continue;
      release();
      this.#held.delete(id);
    }
    for (const id of wanted) if (!this.#held.has(id)) this.#held.set(id, this.#load(id));
  }

  close(): void {
    this.want([]);
  }

  #load(id: bigint): Held {
    const held: Held = { image: null, label: null, release: () => {} };
    held.release = loadImage(
      this.pictures,
      id,
      null,
      this.side,
      (image) => {
        held.image = image;
        this.changed();
      },
      (label) => {
        held.label = label;
        this.changed();
      },
    );
    return held;
  }
}
