import { effect } from "@preact/signals";
import type { Asker } from "../../protocol/asker";
import type { Pictures } from "../../state/pictures";
import { font } from "../draw";
import { wrapped } from "../textBlock";

/** Texts asked for at once. */
const BATCH = 256;
/** The size by which a row's label is asked for: no picture comes with it. */
const SIDE = 32;
/** A cell shows a text from this inner radius on, in CSS pixels. */
const ROOM = 24;
const SIZE = 12;
const LINE = 14;
const LINES = 3;
const REMEMBERED = 2000;

/** Lines of a text, and the height that they take. */
export interface TextBlock {
  readonly lines: readonly string[];
  readonly height: number;
}

/** One label per cluster, of the row nearest to its centroid; it is asked for when its cell has room. */
export class CellTexts {
  readonly #asker: Asker;
  readonly #pictures: Pictures;
  readonly #changed: () => void;
  readonly #texts = new Map<number, string | null>();
  readonly #blocks = new Map<string, TextBlock>();
  #releases: (() => void)[] = [];
  /** Counts how often the texts were dropped: an answer to an earlier request is not taken in. */
  #round = 0;

  constructor(asker: Asker, pictures: Pictures, changed: () => void) {
    this.#asker = asker;
    this.#pictures = pictures;
    this.#changed = changed;
  }

  need(clusters: readonly number[]): void {
    const missing = clusters.filter((cluster) => !this.#texts.has(cluster)).slice(0, BATCH);
    if (missing.length === 0) return;
    for (const cluster of missing) this.#texts.set(cluster, null);
    void this.#fetch(missing);
  }

  /** The text of a cell on lines that fit in it; null where it is not known, or there is no room. */
  block(context: CanvasRenderingContext2D, cluster: number, radius: number): TextBlock | null {
    const text = this.#texts.get(cluster) ?? null;
    if (text === null || radius < ROOM) return null;
    const width = Math.floor(Math.min(150, 1.6 * radius) / 4) * 4;
    const most = Math.max(1, Math.min(LINES, Math.floor((1.3 * radius) / LINE)));
    const key = `${width}/${most}/${text}`;
    let block = this.#blocks.get(key);
    if (block === undefined) {
      setTextFont(context, false);
      const lines = wrapped(context, text, width, most);
      block = { lines, height: LINE * lines.length };
      if (this.#blocks.size >= REMEMBERED) this.#blocks.clear();
      this.#blocks.set(key, block);
    }
    return block;
  }

  /** Drop all texts: the index has changed, and other rows may be nearest to the centroids. */
  clear(): void {
    this.#round++;
    this.#texts.clear();
    for (const release of this.#releases) release();
    this.#releases = [];
  }

  async #fetch(clusters: readonly number[]): Promise<void> {
    const round = this.#round;
    const answer = await this.#asker.medoids(clusters);
    if (round !== this.#round) return;
    if (answer === null) {
      for (const cluster of clusters) this.#texts.delete(cluster);
      return;
    }
    for (const [i, cluster] of answer.clusters.entries()) this.#load(cluster, answer.ids[i]);
  }

  #load(cluster: number, id: bigint): void {
    const { picture, release } = this.#pictures.acquire(id, cluster, SIDE);
    const stop = effect(() => {
      const now = picture.value;
      if (now.state === "loading" || now.label === null) return;
      this.#texts.set(cluster, now.label);
      this.#changed();
    });
    this.#releases.push(() => {
      stop();
      release();
    });
  }
}

/** Draws a text block around its middle. */
export function paintTextBlock(
  context: CanvasRenderingContext2D,
  { lines, height }: TextBlock,
  x: number,
  y: number,
  colour: string,
  isStrong: boolean,
): void {
  setTextFont(context, isStrong);
  context.fillStyle = colour;
  lines.forEach((line, i) => {
    context.fillText(line, x, y - height / 2 + LINE * (i + 0.5));
  });
}

function setTextFont(context: CanvasRenderingContext2D, isStrong: boolean): void {
  font(context, SIZE, isStrong ? 600 : 400);
}
