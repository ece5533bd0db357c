import { css, type Palette, rankColour } from "../../look/palette";
import { box, circle, fill, font, picture, stroke } from "../draw";
import { cellPictureOpacity } from "../labels/cellLabels";
import type { Size } from "../viewport";
import type { Camera } from "./camera";
import { cellCentre, cellRadius, tracePolygon } from "./cellPath";
import { type CellTexts, paintTextBlock } from "./cellTexts";
import type { ClusterScene } from "./scene";

type Context = CanvasRenderingContext2D;

/** Labels in sight: more could not be read, and text is slow to draw. */
const LABEL_LIMIT = 250;
/** A cell shows its portrait from this inner radius on, in CSS pixels. */
const PORTRAIT_ROOM = 17;
/** A cell says what was missed in it from this inner radius on. */
const WORDS_ROOM = 34;
/** A cell with a smaller inner radius is a spot whose outline must not be drawn in. */
const SPOT = 4;
const MISSED_DASH = [4, 3];

/** Images of clusters that have been loaded. */
interface ClusterImages {
  get(cluster: number): { readonly naturalWidth: number; readonly naturalHeight: number } | null;
}

/** How a map is looked at. */
interface MapView {
  readonly size: Size;
  readonly camera: Camera;
  readonly images: ClusterImages;
  /** In the place of images; null where rows have images, or no labels. */
  readonly texts?: CellTexts | null;
}

/** Draws above the cells: portraits, outlines, ranks and missed neighbours. */
export function paintAboveCells(
  context: Context,
  scene: ClusterScene,
  palette: Palette,
  view: MapView,
  portraits: readonly number[],
): void {
  paintPortraits(context, scene, view, portraits);
  paintTexts(context, scene, palette, view, portraits);
  paintOutlines(context, scene, palette, view);
  paintRanks(context, scene, palette, view);
  paintMissed(context, scene, palette, view);
}

/**
 * The cells in sight that are large enough for a portrait; none where few are, which would look like results.
 *
 * @param k  how much larger than at first the map is shown
 */
export function portraitCells(
  { cells }: ClusterScene,
  view: Camera,
  { width, height }: Size,
  k: number,
): number[] {
  const found: number[] = [];
  for (let cell = 0; cell < cells.inradii.length; cell++) {
    if (cellRadius(cells, cell, view) < PORTRAIT_ROOM) continue;
    const [x, y] = cellCentre(cells, cell, view);
    if (x > -40 && y > -40 && x < width + 40 && y < height + 40) found.push(cell);
  }
  return found.length < cells.inradii.length / k ** 2 / 4 ? [] : found;
}

function paintPortraits(
  context: Context,
  { cells, ranking, probe, labels }: ClusterScene,
  { camera, images }: MapView,
  portraits: readonly number[],
): void {
  for (const cell of portraits) {
    const image = images.get(cell);
    if (image === null) continue;
    const [x, y] = cellCentre(cells, cell, camera);
    const side = portraitSide(cellRadius(cells, cell, camera));
    const isProbed = ranking === null || probe.has(ranking.rankOf[cell]);
    context.globalAlpha = labels ? cellPictureOpacity(labels, cell) : isProbed ? 1 : 0.55;
    picture(context, image, x, y, side, Math.min(6, side / 6));
    context.globalAlpha = 1;
  }
}

function paintTexts(
  context: Context,
  { cells, ranking, probe, labels }: ClusterScene,
  palette: Palette,
  { camera, texts }: MapView,
  portraits: readonly number[],
): void {
  if (!texts) return;
  for (const cell of portraits) {
    const block = texts.block(context, cell, cellRadius(cells, cell, camera));
    if (block === null) continue;
    const isProbed = ranking !== null && probe.has(ranking.rankOf[cell]);
    const isMuted = labels ? cellPictureOpacity(labels, cell) < 1 : ranking !== null && !isProbed;
    const colour = isMuted ? palette.muted : palette.text;
    paintTextBlock(context, block, ...cellCentre(cells, cell, camera), colour, isProbed);
  }
}

function paintOutlines(
  context: Context,
  { cells, hovered, pinned }: ClusterScene,
  palette: Palette,
  { camera }: MapView,
): void {
  context.lineJoin = "round";
  for (const [cell, width] of [
    [hovered, 1.5],
    [pinned, 2.5],
  ] as const) {
    if (cell === null || cell < 0) continue;
    context.beginPath();
    tracePolygon(context, cells, cell, camera, 0, true);
    stroke(context, palette.text, width);
  }
}

/** Draws the ranks of the probed clusters, and the nearest as a target. */
function paintRanks(
  context: Context,
  { cells, ranking, probe, labels }: ClusterScene,
  palette: Palette,
  { camera, size, images, texts }: MapView,
): void {
  if (ranking === null) return;
  const colourOf = (rank: number) => (labels ? palette.text : css(rankColour(palette, rank)));
  let drawn = 0;
  for (const rank of probe.ranks) {
    if (drawn >= LABEL_LIMIT) break;
    const cell = ranking.order[rank - 1];
    const radius = cellRadius(cells, cell, camera);
    if (radius === 0) continue;
    const [x, y] = cellCentre(cells, cell, camera);
    if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
    if (hasPortrait(images, cell, radius)) {
      const side = portraitSide(radius);
      paintBadge(context, palette, rank, colourOf(rank), x - side / 2 + 2, y - side / 2 + 2);
      continue;
    }
    const block = texts?.block(context, cell, radius);
    if (block) {
      paintBadge(context, palette, rank, colourOf(rank), x, y - block.height / 2 - 9);
      continue;
    }
    if (rank === 1) {
      paintTarget(context, palette, colourOf(1), x, y, Math.max(5, Math.min(9, radius * 0.5)));
      continue;
    }
    const text = String(rank);
    const height = Math.round(Math.min(14, radius * 0.95));
    if (radius < SPOT) {
      circle(context, x, y, 2.5);
      fill(context, colourOf(rank));
      stroke(context, palette.background, 1);
      drawn++;
    }
    if (height < 7 || text.length * height * 0.3 > radius) continue;
    font(context, height, 600);
    context.fillStyle = palette.text;
    context.fillText(text, x, y);
    drawn++;
  }
}

/** Outlines the clusters with missed neighbours: with their number if several, in words where there is room. */
function paintMissed(
  context: Context,
  { cells, missed, labels }: ClusterScene,
  palette: Palette,
  { camera, images, texts }: MapView,
): void {
  context.lineJoin = "round";
  for (const { cell, rank, count } of missed) {
    const radius = cellRadius(cells, cell, camera);
    const [x, y] = cellCentre(cells, cell, camera);
    context.beginPath();
    tracePolygon(context, cells, cell, camera, radius > SPOT ? 1.5 : 0, true);
    // Among the colours of labels, dashes need a ground of their own.
    if (labels) stroke(context, palette.background, 5);
    stroke(context, palette.danger, 2.5, MISSED_DASH);
    const isWide = radius > WORDS_ROOM;
    if (!isWide && count === 1) continue;
    const lines = isWide ? [`${count} missed`, `rank ${rank}`] : [`×${count}`];
    font(context, 12);
    const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 10;
    const height = 3 + 15 * lines.length;
    // Where a portrait or a text is shown, below it.
    const block = texts?.block(context, cell, radius);
    const taken = block ? block.height / 2 + 4 : portraitSide(radius) / 2 - 6;
    const top = y + (block || hasPortrait(images, cell, radius) ? taken : -height / 2);
    font(context, 12);
    box(context, x, top + height / 2, width, height, 6);
    fill(context, palette.background);
    stroke(context, palette.danger, 1.25);
    lines.forEach((line, i) => {
      context.fillStyle = i === 0 ? palette.danger : palette.muted;
      context.fillText(line, x, top + 9.5 + 15 * i);
    });
  }
}

/** The rank at the corner of a portrait. */
function paintBadge(
  context: Context,
  palette: Palette,
  rank: number,
  colour: string,
  x: number,
  y: number,
): void {
  if (rank === 1) {
    paintTarget(context, palette, colour, x, y, 7);
    return;
  }
  const text = String(rank);
  font(context, 11);
  const width = Math.max(17, context.measureText(text).width + 9);
  box(context, x, y, width, 17, 8.5);
  fill(context, palette.background);
  stroke(context, colour, 1.5);
  context.fillStyle = palette.text;
  context.fillText(text, x, y + 0.5);
}

/** Marks the cell whose centroid is nearest to the query. */
function paintTarget(
  context: Context,
  palette: Palette,
  colour: string,
  x: number,
  y: number,
  radius: number,
): void {
  const width = Math.max(2, radius * 0.42);
  circle(context, x, y, radius);
  fill(context, palette.background);
  stroke(context, palette.text, width);
  circle(context, x, y, radius + width / 2 + 1);
  stroke(context, colour, 1);
}

function hasPortrait(images: ClusterImages, cell: number, radius: number): boolean {
  return radius >= PORTRAIT_ROOM && images.get(cell) !== null;
}

function portraitSide(radius: number): number {
  return Math.min(64, radius * 1.22);
}
