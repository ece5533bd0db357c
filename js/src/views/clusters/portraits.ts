import type { Asker } from "../../protocol/asker";
import type { Pictures } from "../../state/pictures";
import { loadImage } from "../rowImage";

/** Portraits asked for at once; a map that is zoomed out shows none, one that is zoomed in a few dozen. */
const BATCH = 256;
const SIDE = 64;

/** One image per cluster, of the row nearest to its centroid; it is asked for when its cell has room. */
export class Portraits {
  readonly #asker: Asker;
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  readonly #images = new Map<number, HTMLImageElement | null>();
  #releases: (() => void)[] = [];
  /** Counts how often the images were dropped: an answer to an earlier request is not taken in. */
  #round = 0;

  constructor(asker: Asker, pictures: Pictures, changed: () => void) {
    this.#asker = asker;
    this.#pictures = pictures;
    this.#changed = changed;
  }

  /** The portrait; null until it has been loaded. */
  get(cluster: number): HTMLImageElement | null {
    return this.#images.get(cluster) ?? null;
  }

  need(clusters: readonly number[]): void {
    const missing = clusters.filter((cluster) => !this.#images.has(cluster)).slice(0, BATCH);
    if (missing.length === 0) return;
    for (const cluster of missing) this.#images.set(cluster, null);
    void this.#fetch(missing);
  }

  /** Drop all images: the index has changed, and other rows may be nearest to the centroids. */
  clear(): void {
    this.#round++;
    this.#images.clear();
    for (const release of this.#releases) release();
    this.#releases = [];
  }

  async #fetch(clusters: readonly number[]): Promise<void> {
    const round = this.#round;
    const answer = await this.#asker.medoids(clusters);
    if (round !== this.#round) return;
    if (answer === null) {
      // An answer was lost: the next frame that needs these asks again.
      for (const cluster of clusters) this.#images.delete(cluster);
      return;
    }
    for (const [i, cluster] of answer.clusters.entries()) this.#load(cluster, answer.ids[i]);
  }

  #load(cluster: number, id: bigint): void {
    this.#releases.push(
      loadImage(this.#pictures, id, cluster, SIDE, (image) => {
        this.#images.set(cluster, image);
        this.#changed();
      }),
    );
  }
}
