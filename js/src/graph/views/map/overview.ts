import type { Palette } from "../../../look/palette";
import type { CellMap } from "../../../model/mapCells";
import { type Camera, toMap, toScreen } from "../../../views/clusters/camera";
import { circle, fill, font, haloed, box as roundBox, setSize, stroke } from "../../../views/draw";
import { type Box, BoxPlacer, boxAround, centreOf } from "../../../views/placer";
import type { Size } from "../../../views/viewport";
import type { DotSheet } from "../nodes/dotSheet";
import type { NodeScene } from "../nodes/nodeScene";
import { paintDistricts } from "./districtPainter";

type Context = CanvasRenderingContext2D;

/** Below this magnification the map itself is the whole. */
const ENLARGED = 1.25;
const MARGIN = 10;
const INSIDE = 5;
/** CSS pixels round the small map in which a node counts as covered. */
const NEAR = 14;

export const CORNERS = ["bottom left", "bottom right", "top left"] as const;
export type Corner = (typeof CORNERS)[number];

/** Where the small map of the whole lies; null where it would tell nothing, or has no room. */
export function overviewBox({ width, height }: Size, k: number, corner: Corner): Box | null {
  if (k < ENLARGED || width < 360 || height < 260) return null;
  const wide = Math.max(110, Math.min(216, 0.25 * width));
  const high = wide * (height / width);
  const left = corner.endsWith("right") ? width - MARGIN - wide : MARGIN;
  const top = corner.startsWith("top") ? MARGIN : height - MARGIN - high;
  return { left, top, right: left + wide, bottom: top + high };
}

/** The corner in which the small map covers the least; each place has a weight. */
export function freestCorner(
  places: readonly (readonly [x: number, y: number, weight: number])[],
  size: Size,
  k: number,
): Corner {
  const covered = (corner: Corner) => {
    const box = overviewBox(size, k, corner);
    if (box === null) return 0;
    return places.reduce((sum, [x, y, weight]) => {
      const isIn = x > box.left - NEAR && x < box.right + NEAR && y > box.top - NEAR && y < box.bottom + NEAR;
      return sum + (isIn ? weight : 0);
    }, 0);
  };
  let best: Corner = CORNERS[0];
  for (const corner of CORNERS) if (covered(corner) < covered(best)) best = corner;
  return best;
}

/** How the map becomes the small one. */
export function overviewCamera(box: Box, aspect: number): Camera {
  return {
    sx: (box.right - box.left - 2 * INSIDE) / aspect,
    sy: box.bottom - box.top - 2 * INSIDE,
    tx: box.left + INSIDE,
    ty: box.top + INSIDE,
  };
}

/** CSS pixels round the small map that its shadow takes. */
const SHADOW = 14;

/** The districts of the small map, drawn once: there may be a thousand of them. */
export function overviewGround(
  box: Box,
  cells: CellMap,
  shares: Float32Array | null,
  ratio: number,
  palette: Palette,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  setSize(canvas, { width: wide + 2 * SHADOW, height: high + 2 * SHADOW, ratio });
  const context = canvas.getContext("2d") as Context;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  roundBox(context, SHADOW + wide / 2, SHADOW + high / 2, wide, high, 8);
  context.shadowColor = palette.shade;
  context.shadowBlur = 12 * ratio;
  fill(context, palette.background);
  context.shadowColor = "transparent";
  stroke(context, palette.control, 1);
  context.clip();
  const own = { left: SHADOW, top: SHADOW, right: SHADOW + wide, bottom: SHADOW + high };
  paintDistricts(context, cells, shares, overviewCamera(own, cells.aspect), own, palette);
  return canvas;
}

/** Draws the whole map small: the visited nodes, the descent, and the part that is in sight. */
export function paintOverview(
  context: Context,
  box: Box,
  ground: HTMLCanvasElement,
  aspect: number,
  scene: NodeScene | null,
  shown: { readonly camera: Camera; readonly size: Size },
  sheet: DotSheet,
  palette: Palette,
): void {
  const [cx, cy] = centreOf(box);
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  context.drawImage(ground, box.left - SHADOW, box.top - SHADOW, wide + 2 * SHADOW, high + 2 * SHADOW);
  context.save();
  roundBox(context, cx, cy, wide, high, 8);
  context.clip();
  const camera = overviewCamera(box, aspect);
  if (scene !== null) paintSmall(context, scene, camera, sheet, palette);
  const [left, top] = toScreen(camera, ...toMap(shown.camera, 0, 0));
  const [right, bottom] = toScreen(camera, ...toMap(shown.camera, shown.size.width, shown.size.height));
  const inside = {
    left: Math.max(box.left + 2, left),
    top: Math.max(box.top + 2, top),
    right: Math.min(box.right - 2, right),
    bottom: Math.min(box.bottom - 2, bottom),
  };
  const [mx, my] = centreOf(inside);
  roundBox(context, mx, my, inside.right - inside.left, inside.bottom - inside.top, 3);
  stroke(context, palette.background, 4);
  stroke(context, palette.accent, 2);
  if (scene !== null) nameStops(context, scene, camera, box, inside, palette);
  context.restore();
}

function paintSmall(
  context: Context,
  scene: NodeScene,
  camera: Camera,
  sheet: DotSheet,
  palette: Palette,
): void {
  const of = (isDone: boolean) =>
    scene.nodes.filter(({ isExpanded }) => isExpanded === isDone).map(({ x, y }) => toScreen(camera, x, y));
  const look = { colour: palette.accent, edge: palette.background, rim: 0 };
  sheet.paint(context, [
    { ...look, places: of(false), radius: 1 },
    { ...look, places: of(true), radius: 1.5 },
  ]);
  context.beginPath();
  scene.descent.forEach(({ x, y }, i) => {
    const place = toScreen(camera, x, y);
    if (i === 0) context.moveTo(...place);
    else context.lineTo(...place);
  });
  context.lineJoin = "round";
  stroke(context, palette.background, 3.5);
  stroke(context, palette.text, 1.75);
  for (const { x, y } of scene.descent) {
    circle(context, ...toScreen(camera, x, y), 3);
    fill(context, palette.background);
    stroke(context, palette.text, 1.5);
  }
}

/** The levels on which the descent came to its nodes, as far as there is room; the map itself names those in sight. */
function nameStops(
  context: Context,
  { descent }: NodeScene,
  camera: Camera,
  box: Box,
  sight: Box,
  palette: Palette,
): void {
  font(context, 10);
  const places = descent.map(({ x, y }) => toScreen(camera, x, y));
  const placer = new BoxPlacer({ taken: [sight, ...places.map(([x, y]) => boxAround(x, y, 8, 8))] });
  descent.forEach(({ level }, i) => {
    const [x, y] = places[i];
    for (const text of i === 0 ? [`entry, L${level}`, "entry"] : [`L${level}`]) {
      const wide = context.measureText(text).width;
      const beside = 9 + wide / 2;
      const within = Math.max(box.left + 3 + wide / 2, Math.min(box.right - 3 - wide / 2, x));
      const boxes = [
        boxAround(x + beside, y, wide, 12),
        boxAround(x - beside, y, wide, 12),
        boxAround(within, y - 11, wide, 12),
        boxAround(within, y + 11, wide, 12),
      ];
      const free = placer.placeFree(boxes.filter(({ left, right }) => left > box.left && right < box.right));
      if (free === null) continue;
      haloed(context, text, ...centreOf(free), palette.text, palette.background);
      break;
    }
  });
}
