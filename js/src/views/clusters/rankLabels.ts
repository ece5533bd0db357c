import { meanOf, valueText } from "../../model/columnScale";
import { count, recallNumber } from "../../model/format";
import { type Box, BoxPlacer, boxAround } from "../placer";
import type { Size } from "../viewport";
import type { Camera } from "./camera";
import { cellCentre, cellRadius } from "./cellPath";
import { inset, type Outline, within } from "./mosaic/outline";
import { LINE, moreText, textWidth, titlePlace } from "./mosaic/tiling";
import type { ClusterScene } from "./scene";

/** A rank, a title, a count, or a figure that a colour stands for, which is written on the map. */
export interface MapLabel {
  readonly kind: "target" | "rank" | "title" | "missed" | "more" | "figure";
  readonly text: string;
  readonly box: Box;
  /** Rank of the cluster, 0 where it does not matter, and for a count where it is not probed. */
  readonly rank: number;
  readonly isMissed: boolean;
  /** The mark of a cell that is too small to wear it, which a line leads to. */
  readonly from: Dot | null;
}

/** The mark of a cell that is too small to be seen. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly rank: number;
  readonly isMissed: boolean;
}

/** What a cell shows below its labels. */
export interface CellLook {
  /** Its corners from its centre at the present size where it is a mosaic, else null. */
  readonly mosaic: Outline | null;
  /** The upper end of the mosaic's tiles, from the cell's centre. */
  readonly top: number;
  /** Members of the mosaic without a place, and where they are counted, from the cell's centre. */
  readonly more: number;
  readonly morePlace: readonly [x: number, y: number] | null;
  /** Sides of the tile that stands for the cluster; 0 without one. */
  readonly width: number;
  readonly height: number;
}

/** Labels in sight: more could not be read, and text is slow to draw. */
const LIMIT = 250;
/** CSS pixels: height of a rank, and of the target that marks the first one. */
const BADGE = 17;
const TARGET = 16;
const PER_LETTER = 7;
const FIGURE_HEIGHT = 15;
/** Cells of a smaller radius have no room for a figure. */
const FIGURE_RADIUS = 15;
/** Cells of a smaller radius wear their rank beside them. */
const SMALL = 8;
/** Marks of small cells at most: the nearest clusters. */
const MOST_MARKS = 40;
/** How far beside a small cell its rank may be. */
const REACHES = [15, 24, 36, 50];
const DIRECTIONS = 12;
const GAP = 2;
const EDGE = 3;

/**
 * The title of a mosaic in words and in short, which has room in smaller cells; none where its cluster is neither probed
 * nor holds missed neighbours, nor has a mean that its colour stands for.
 */
export function titlesOf(scene: ClusterScene, cell: number): readonly string[] {
  const titles = searchTitles(scene, cell);
  const figure = figureOf(scene, cell);
  if (figure === null) return titles;
  const named = `${scene.recall ? "recall" : "mean"} ${figure}`;
  const [first, ...others] = titles.map((title) => `${title} · ${named}`);
  return first === undefined ? [named] : [first, ...others];
}

/** The mean that the colour of a cell stands for. */
function figureOf({ recall, scale }: ClusterScene, cell: number): string | null {
  const mean = recall ? recall.means[cell] : scale ? meanOf(scale, cell) : Number.NaN;
  if (Number.isNaN(mean)) return null;
  return recall || !scale ? recallNumber(mean) : valueText(scale, mean);
}

/** The title of a mosaic by what a search has to do with its cluster. */
function searchTitles({ ranking, probe, missed }: ClusterScene, cell: number): readonly string[] {
  if (ranking === null) return [];
  const rank = ranking.rankOf[cell];
  const lost = missed.find((one) => one.cell === cell)?.count ?? 0;
  if (lost > 0) return [`rank ${count(rank)} · ${count(lost)} missed`, `${count(rank)} · ×${count(lost)}`];
  return probe.has(rank) ? [`rank ${count(rank)}`] : [];
}

/**
 * Places the ranks of the probed clusters and of those with missed neighbours, and the counts of mosaics, so that none
 * covers another.
 *
 * @param lookOf  what a cell in sight shows
 * @param mosaics  the mosaics in sight
 */
export function mapLabels(
  scene: ClusterScene,
  view: { readonly size: Size; readonly camera: Camera },
  lookOf: (cell: number) => CellLook,
  mosaics: readonly number[],
): { readonly labels: readonly MapLabel[]; readonly dots: readonly Dot[] } {
  const placer = new LabelPlacer(scene, view);
  const { ranking, probe, named, missed } = scene;
  if (ranking !== null) {
    const lost = new Map(missed.map(({ rank, count }) => [rank, count]));
    const ranks: number[] = [];
    for (const rank of named.ranks) {
      if (ranks.length === LIMIT) break;
      ranks.push(rank);
    }
    for (const { rank } of missed) if (!probe.has(rank)) ranks.push(rank);
    for (const rank of ranks) {
      const cell = ranking.order[rank - 1];
      if (cell >= 0) placer.rank(rank, cell, lost.get(rank) ?? 0, lookOf);
    }
  }
  if (scene.recall || scene.scale) placer.figures(lookOf);
  for (const cell of mosaics) placer.more(cell, lookOf(cell));
  return placer;
}

class LabelPlacer {
  readonly labels: MapLabel[] = [];
  readonly dots: Dot[] = [];
  readonly #placer = new BoxPlacer({ gap: GAP });
  /** The mosaics whose titles have been placed, or have no room. */
  readonly #titled = new Set<number>();
  readonly #scene: ClusterScene;
  readonly #size: Size;
  readonly #camera: Camera;

  constructor(scene: ClusterScene, { size, camera }: { readonly size: Size; readonly camera: Camera }) {
    this.#scene = scene;
    this.#size = size;
    this.#camera = camera;
  }

  rank(rank: number, cell: number, lost: number, lookOf: (cell: number) => CellLook): void {
    const { cells, probe } = this.#scene;
    const radius = cellRadius(cells, cell, this.#camera);
    if (radius === 0) return;
    const isMissed = !probe.has(rank);
    const look = lookOf(cell);
    if (look.mosaic !== null) {
      this.#title(rank, cell, isMissed, look.mosaic, look.top);
      return;
    }
    const [x, y] = cellCentre(cells, cell, this.#camera);
    if (x < 0 || y < 0 || x > this.#size.width || y > this.#size.height) return;
    const isTarget = rank === 1 && !isMissed;
    const text = isTarget ? "" : count(rank);
    const width = isTarget ? TARGET : Math.max(BADGE, PER_LETTER * text.length + 9);
    const height = isTarget ? TARGET : BADGE;
    const kind = isTarget ? "target" : "rank";
    const common = { kind, text, rank, isMissed } as const;
    if (radius < SMALL) {
      this.#mark(common, x, y, width, height);
      return;
    }
    const half = look.width / 2;
    const [left, right] = half > 0 ? [x - half + 2, x + half - 2] : [x, x];
    // On a corner of a picture, but beside a label, whose letters they would cover.
    const tall = look.height / 2 + (look.width === look.height ? -2 : BADGE / 2);
    const [top, bottom] = half > 0 ? [y - tall, y + tall] : [y, y];
    const places: [number, number][] =
      half > 0
        ? [
            [left, top],
            [right, top],
            [left, bottom],
            [right, bottom],
            [x, top],
            [x, bottom],
          ]
        : [
            [x, lost > 0 ? y - 9 : y],
            [x, y - radius / 2],
            [x, y + radius / 2],
          ];
    const isPlaced = this.#add(
      common,
      places.map(([px, py]) => boxAround(px, py, width, height)),
    );
    // A rank that finds no room on its cell stands beside it.
    if (!isPlaced && !isTarget) this.#mark(common, x, y, width, height);
    if (lost > 0) {
      const told = `×${count(lost)}`;
      const wide = PER_LETTER * told.length + 10;
      const below = half > 0 ? bottom : y + 10;
      const spots = [below, below + 12, below - 12].map((at) => boxAround(x, at, wide, BADGE));
      this.#add({ kind: "missed", text: told, rank, isMissed: true }, spots);
    }
  }

  /** The mean that the colour of each cluster stands for: below what stands for it, or in the title of its mosaic. */
  figures(lookOf: (cell: number) => CellLook): void {
    const { cells } = this.#scene;
    let placed = 0;
    for (let cell = 0; cell < cells.inradii.length && placed < LIMIT; cell++) {
      const radius = cellRadius(cells, cell, this.#camera);
      const text = radius < FIGURE_RADIUS ? null : figureOf(this.#scene, cell);
      if (text === null) continue;
      const [x, y] = cellCentre(cells, cell, this.#camera);
      const look = lookOf(cell);
      if (look.mosaic !== null) {
        if (!this.#titled.has(cell)) this.#title(0, cell, false, look.mosaic, look.top);
        continue;
      }
      if (x < 0 || y < 0 || x > this.#size.width || y > this.#size.height) continue;
      const width = PER_LETTER * text.length + 6;
      const half = look.height / 2;
      const hasRoomBelow = half > 0 && radius - half > FIGURE_HEIGHT + GAP;
      const below = hasRoomBelow ? half + FIGURE_HEIGHT / 2 + GAP : half;
      const aside = Math.max(FIGURE_HEIGHT, (look.width - width) / 2);
      const spots: [number, number][] = [
        [x, y + below],
        [x, y + half - 9],
        [x, y + half + 8],
        [x + aside, y - half],
        [x - aside, y - half],
        [x + aside, y],
        [x - aside, y],
      ];
      this.#add(
        { kind: "figure", text, rank: 0, isMissed: false },
        spots.map(([across, down]) => boxAround(across, down, width, FIGURE_HEIGHT)),
      );
      placed++;
    }
  }

  more(cell: number, { more, morePlace }: CellLook): void {
    if (morePlace === null) return;
    const text = moreText(more);
    const [x, y] = cellCentre(this.#scene.cells, cell, this.#camera);
    const box = boxAround(x + morePlace[0], y + morePlace[1], PER_LETTER * text.length, BADGE);
    if (this.#inSight(box).left !== box.left || this.#inSight(box).top !== box.top) return;
    const rank = this.#scene.ranking?.rankOf[cell] ?? 0;
    const probed = this.#scene.probe.has(rank) ? rank : 0;
    this.#add({ kind: "more", text, rank: probed, isMissed: false }, [box]);
  }

  /** At the upper end of the cell, or of the part of it that is in sight: in short where tiles leave no more room. */
  #title(rank: number, cell: number, isMissed: boolean, outline: Outline, top: number): void {
    const [x, y] = cellCentre(this.#scene.cells, cell, this.#camera);
    const { width: right, height: bottom } = this.#size;
    const canvas = { left: EDGE - x, top: EDGE - y, right: right - EDGE - x, bottom: bottom - EDGE - y };
    const visible = within(inset(outline, 1, EDGE), canvas);
    const texts = titlesOf(this.#scene, cell);
    this.#titled.add(cell);
    for (const text of texts) {
      const width = textWidth(text);
      const place = titlePlace(visible, width);
      const isAbove = place !== null && (place.y + LINE / 2 <= top + 1 || top < canvas.top);
      if (!isAbove && text !== texts[texts.length - 1]) continue;
      if (place === null) return;
      const box = boxAround(x + place.x, y + place.y, width, BADGE + 2);
      this.#add({ kind: "title", text, rank, isMissed }, [box]);
      return;
    }
  }

  #mark(label: Omit<MapLabel, "box" | "from">, x: number, y: number, width: number, height: number): void {
    if (label.kind === "target") {
      this.#add(label, [boxAround(x, y, width, height)]);
      return;
    }
    const dot = { x, y, rank: label.rank, isMissed: label.isMissed };
    this.dots.push(dot);
    if (this.dots.length > MOST_MARKS) return;
    const boxes = REACHES.flatMap((reach) =>
      Array.from({ length: DIRECTIONS }, (_, i) => {
        const angle = (2 * Math.PI * (i + 0.5)) / DIRECTIONS;
        return boxAround(x + reach * Math.cos(angle), y + reach * Math.sin(angle), width, height);
      }),
    );
    this.#add(label, boxes, dot);
  }

  #add(label: Omit<MapLabel, "box" | "from">, boxes: readonly Box[], from: MapLabel["from"] = null): boolean {
    const box = this.#placer.placeFree(boxes.map((one) => this.#inSight(one)));
    if (box !== null) this.labels.push({ ...label, box, from });
    return box !== null;
  }

  /** The box moved into the canvas. */
  #inSight({ left, top, right, bottom }: Box): Box {
    const { width, height } = this.#size;
    const dx = Math.max(0, -left) - Math.max(0, right - width);
    const dy = Math.max(0, -top) - Math.max(0, bottom - height);
    return { left: left + dx, top: top + dy, right: right + dx, bottom: bottom + dy };
  }
}
