import type { Palette } from "../../look/palette";
import { box, fill, font, stroke } from "../draw";
import type { Size } from "../viewport";
import type { Camera } from "./camera";
import { cellRadius, tracePolygon, traceVisible } from "./cellPath";
import { edgeColour, type Tile } from "./mosaic/tile";
import { type ClusterScene, coloursMeanRanks } from "./scene";

type Context = CanvasRenderingContext2D;

/** A cell with a smaller radius is a spot whose outline must not be drawn in. */
const SPOT = 4;
const MISSED_DASH = [4, 3];
/** How far inside the cell's own edge the outline of the chosen cell runs, in CSS pixels. */
const INSIDE = 4.5;
/** A tile of this width names the query, in CSS pixels. */
const QUERY_ROOM = 44;

/** Outlines the cells with missed neighbours, the chosen one inside of that, and the one under the pointer. */
export function paintOutlines(
  context: Context,
  scene: ClusterScene,
  palette: Palette,
  { size, camera }: { readonly size: Size; readonly camera: Camera },
): void {
  const { cells, hovered, pinned, missed } = scene;
  context.lineJoin = "round";
  const outline = (cell: number, inset: number, colour: string, width: number, dash: number[] = []) => {
    const radius = cellRadius(cells, cell, camera);
    context.beginPath();
    if (radius > Math.max(size.width, size.height)) traceVisible(context, cells, cell, camera, inset, size);
    else tracePolygon(context, cells, cell, camera, radius <= SPOT ? 0 : inset, true);
    stroke(context, colour, width, dash);
  };
  for (const { cell } of missed) {
    // Among other colours than those of ranks, dashes need a ground of their own.
    if (!coloursMeanRanks(scene)) outline(cell, 1.5, palette.background, 5);
    outline(cell, 1.5, palette.danger, 2.5, MISSED_DASH);
  }
  if (pinned !== null && pinned >= 0) outline(pinned, INSIDE, palette.text, 2);
  if (hovered !== null && hovered >= 0 && hovered !== pinned) outline(hovered, INSIDE, palette.text, 1.25);
}

/** Marks rows on their tiles: the one under the pointer, the selected ones, the query, and true places. */
export function paintTileMarks(
  context: Context,
  tiles: readonly Tile[],
  { hoveredRow, selected }: Pick<ClusterScene, "hoveredRow" | "selected">,
  palette: Palette,
): void {
  for (const { id, x, y, width, height } of tiles) {
    const isHovered = id === hoveredRow;
    if (!isHovered && !selected.has(id)) continue;
    box(context, x, y, width + 3, height + 3, Math.min(7, width / 6 + 1));
    stroke(context, palette.background, isHovered ? 3.5 : 5);
    stroke(context, palette.text, isHovered ? 1.5 : 2.5);
  }
  for (const tile of tiles) {
    const { x, y, width, height, mark, isQuery, isText } = tile;
    const bottom = y + height / 2 - (isText ? 0 : 9);
    if (isQuery && width >= QUERY_ROOM) pill(context, "query", x, bottom, palette, null);
    if (mark?.place == null) continue;
    const colour = mark.isMissed ? palette.danger : edgeColour(tile, palette);
    pill(context, String(mark.place), x - width / 2 + 3, y - height / 2 + 3, palette, colour);
  }
}

/** @param edge  colour of a light pill's edge; null for a dark pill */
function pill(
  context: Context,
  text: string,
  x: number,
  y: number,
  palette: Palette,
  edge: string | null,
): void {
  font(context, 11);
  const width = Math.max(16, context.measureText(text).width + 9);
  box(context, x, y, width, 16, 8);
  fill(context, edge === null ? palette.text : palette.background);
  if (edge !== null) stroke(context, edge, 1.5);
  context.fillStyle = edge === null ? palette.background : palette.text;
  context.fillText(text, x, y + 0.5);
}
