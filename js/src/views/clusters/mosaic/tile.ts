import { css, mix, type Palette, rankColour, rgbOf } from "../../../look/palette";
import { distance } from "../../../model/format";
import { box, fill, stroke } from "../../draw";
import { type Box, boxAround } from "../../placer";
import { cut, wrapped } from "../../textBlock";
import type { RowMark } from "../scene";
import type { TileImage } from "./tileImages";

type Context = CanvasRenderingContext2D;

/** One row in a cell. */
export interface Tile {
  readonly cluster: number;
  readonly id: bigint;
  /** To the query; NaN before a search. */
  readonly distance: number;
  /** Its place among the members, from 0; -1 for the one that stands for its cluster. */
  readonly index: number;
  /** Of its middle, in CSS pixels from the map's corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly mark: RowMark | null;
  readonly isQuery: boolean;
  /** Rank of its cluster where that is probed, else 0. */
  readonly rank: number;
  readonly alpha: number;
  /** Whether it shows its label instead of a picture. */
  readonly isText: boolean;
  /** Whether colours mean something else than ranks, so that its frame tells none. */
  readonly isRankless?: boolean;
  /** The label that stands out from others; rows with another one are faint. */
  readonly chosenLabel?: string | null;
}

/** How the tiles of a cell look. */
interface TileLook {
  readonly palette: Palette;
  /** Colour of the cell. */
  readonly ground: string;
}

/** Tiles from this width on wear their distance, in CSS pixels. */
const CAPTION_ROOM = 50;
const LABEL_ROOM = 78;
const WORDS_ROOM = 170;
const LINES = 3;
/** CSS pixels beside the words of a tile, both sides together. */
const WORDS_EDGE = 6;
/** Room beside the words of a caption, in CSS pixels. */
const PAD = 5;
const MISSED_DASH = [4, 3];
/** Opacity of rows that have another label than the one that stands out. */
const UNCHOSEN = 0.3;
/** How much of the colour of controls is in the ground below transparent pictures, as in `base.css`. */
const GROUND = 0.45;

export function tileBox({ x, y, width, height }: Tile): Box {
  return boxAround(x, y, width, height);
}

/** Whether a tile covers what another one does. */
export function isSamePlace(left: Tile, right: Tile): boolean {
  return (
    left.x === right.x && left.y === right.y && left.width === right.width && left.height === right.height
  );
}

/** Whether a tile is drawn as another one is, in the same place. */
export function sameTile(left: Tile, right: Tile): boolean {
  return (
    isSamePlace(left, right) &&
    left.id === right.id &&
    left.alpha === right.alpha &&
    left.rank === right.rank &&
    left.isQuery === right.isQuery &&
    left.isRankless === right.isRankless &&
    left.chosenLabel === right.chosenLabel &&
    left.mark?.isMissed === right.mark?.isMissed &&
    Object.is(left.distance, right.distance)
  );
}

/** Draws a tile over whatever was drawn in its place. */
export function paintTile(context: Context, tile: Tile, shown: TileImage | null, look: TileLook): void {
  const { x, y, width, height, chosenLabel } = tile;
  const label = shown?.label ?? null;
  const alpha = chosenLabel != null && label !== chosenLabel ? UNCHOSEN : tile.alpha;
  const image = tile.isText && label !== null ? null : (shown?.image ?? null);
  // A row without a picture shows its label in the place of one.
  const isText = tile.isText || (label !== null && image === null);
  const frame = image === null ? { width, height } : fitted(image, width, height);
  const corner = Math.min(6, frame.width / 6, frame.height / 6);
  context.fillStyle = look.ground;
  context.fillRect(x - width / 2 - 1, y - height / 2 - 1, width + 2, height + 2);
  context.globalAlpha = alpha;
  // The label of a faint cluster is written on its cell.
  const isOnCell = isText && tile.index < 0 && alpha < 1;
  if (image === null && !isOnCell) {
    box(context, x, y, width, height, corner);
    fill(context, isText ? look.palette.raised : look.palette.line);
    if (isText) stroke(context, look.palette.line, 1);
  } else if (image !== null) {
    context.fillStyle = groundOf(look.palette);
    context.fillRect(x - frame.width / 2, y - frame.height / 2, frame.width, frame.height);
    context.drawImage(image, x - frame.width / 2, y - frame.height / 2, frame.width, frame.height);
  }
  context.globalAlpha = 1;
  if (image !== null) {
    // Corners are painted over, which costs a fraction of a clip.
    box(context, x, y, frame.width, frame.height, corner);
    context.rect(x - frame.width / 2 - 1, y - frame.height / 2 - 1, frame.width + 2, frame.height + 2);
    context.fillStyle = look.ground;
    context.fill("evenodd");
  }
  if (isText && image === null) paintWords(context, { ...tile, alpha }, label, look.palette);
  else if (tile.index >= 0) paintCaption(context, tile, label, frame, look.palette);
  if (tile.index >= 0) paintFrame(context, tile, frame, corner, look.palette);
}

/** Light and dark transparent pictures stand out from it in both themes. */
export function groundOf({ background, control }: Palette): string {
  return css(mix(rgbOf(background), rgbOf(control), GROUND));
}

/** The colour of the frame of a row that came back. */
export function edgeColour({ rank, isRankless }: Tile, palette: Palette): string {
  return isRankless ? palette.text : css(rankColour(palette, Math.max(1, rank)));
}

/** The sides of an image that is drawn whole in a tile. */
function fitted({ naturalWidth, naturalHeight }: HTMLImageElement, width: number, height: number) {
  const scale = Math.min(width / Math.max(1, naturalWidth), height / Math.max(1, naturalHeight));
  return { width: naturalWidth * scale, height: naturalHeight * scale };
}

function paintFrame(
  context: Context,
  tile: Tile,
  { width, height }: { width: number; height: number },
  corner: number,
  palette: Palette,
): void {
  const { x, y, mark, isQuery, width: side } = tile;
  if (mark === null && !isQuery) return;
  const line = side < 34 ? 2 : 3;
  box(context, x, y, width - line, height - line, Math.max(1, corner - line / 2));
  if (mark?.isMissed) {
    stroke(context, palette.background, line);
    stroke(context, palette.danger, line, MISSED_DASH);
  } else {
    stroke(context, isQuery ? palette.text : edgeColour(tile, palette), line);
  }
}

/** The size of the letters in a tile, the step from line to line, and how many lines there are. */
export function wordsIn(height: number): { size: number; step: number; lines: number } {
  const size = Math.min(17, Math.max(10.5, height / 4.2));
  const step = size * 1.22;
  return { size, step, lines: Math.min(LINES, Math.floor((height - 2) / step)) };
}

/** Writes the label, in three lines. */
function paintWords(
  context: Context,
  { x, y, width, height, alpha }: Tile,
  label: string | null,
  palette: Palette,
): void {
  if (label === null) return;
  const { size, step, lines: most } = wordsIn(height);
  textStyle(context, size, 450);
  const lines = wrapped(context, label, width - WORDS_EDGE, most);
  context.fillStyle = alpha < 1 ? palette.muted : palette.text;
  lines.forEach((line, i) => {
    context.fillText(line, x, y + (i - (lines.length - 1) / 2) * step);
  });
}

/** Writes label and distance on the lower end of a picture, as far as there is room. */
function paintCaption(
  context: Context,
  tile: Tile,
  label: string | null,
  { width, height }: { width: number; height: number },
  palette: Palette,
): void {
  if (tile.width < CAPTION_ROOM) return;
  const measured = Number.isNaN(tile.distance) ? "" : distance(tile.distance);
  const size = tile.width < LABEL_ROOM ? 10 : tile.width < WORDS_ROOM ? 11 : 13;
  textStyle(context, size, 500);
  const row = tile.width < WORDS_ROOM ? null : `row ${tile.id}`;
  const named = tile.width < LABEL_ROOM && measured !== "" ? null : label;
  const words = [row, named].filter((part) => part !== null).join(" · ");
  const room = width - 2 * PAD;
  const left =
    words === "" ? "" : cut(context, words, room - context.measureText(`${measured} `).width - PAD);
  if (left === "" && measured === "") return;
  const across = left === "" ? Math.min(width, context.measureText(measured).width + 2 * PAD) : width - PAD;
  const line = size + 5;
  const y = tile.y + height / 2 - PAD / 2 - line / 2;
  context.globalAlpha = 0.88;
  box(context, tile.x, y, across, line, 4);
  fill(context, palette.background);
  context.globalAlpha = 1;
  context.fillStyle = palette.text;
  const write = (text: string, align: "left" | "right", isAlone: boolean) => {
    if (text === "") return;
    context.textAlign = isAlone ? "center" : align;
    const end = (align === "left" ? -1 : 1) * (across / 2 - PAD);
    context.fillText(text, isAlone ? tile.x : tile.x + end, y + 0.5);
  };
  write(left, "left", measured === "");
  write(measured, "right", left === "");
}

function textStyle(context: Context, size: number, weight: number): void {
  context.font = `${weight} ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
}
