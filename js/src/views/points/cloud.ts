import { css, mix, type Palette, type Rgb, rgbOf } from "../../look/palette";
import { circle } from "../draw";
import type { Size, Zoom } from "../viewport";
import { type PointLabels, pointColours } from "./pointColours";
import type { Points, Positions } from "./points";
import { dotOpacity, dotRadius } from "./scene";
import { MOST_CIRCLES, type Pixels, splat, stamp } from "./splat";

/** Most CSS pixels that a dot and its ring reach. */
const MARGIN = 8;
/** Share of the colour that dots keep when another cluster is emphasised. */
const BACK = 0.28;

interface Cloud {
  readonly points: Points;
  readonly positions: Positions;
  /** 1 for each selected point. */
  readonly selected: Uint8Array | null;
  /** 1 for each point drawn as something else. */
  readonly hidden: Uint8Array;
  readonly emphasised: number | null;
  readonly labels?: PointLabels | null;
}

/** Draws the points above the content of the canvas, which must be opaque. */
export function paintCloud(
  context: CanvasRenderingContext2D,
  size: Size,
  zoom: Zoom,
  palette: Palette,
  cloud: Cloud,
): void {
  const { points, selected, hidden } = cloud;
  const radius = dotRadius(points.count, size, zoom.k);
  const opacity = dotOpacity(points.count);
  const background = rgbOf(palette.background);
  const { groups, colourOf: strong, standsOut } = pointColours(cloud, palette);
  const weakColours = new Map<number, Rgb>();
  const weak = (group: number): Rgb => {
    const colour = weakColours.get(group) ?? mix(background, strong(group), BACK);
    weakColours.set(group, colour);
    return colour;
  };
  const grouped = { ...cloud, groups };
  const dots =
    points.count <= MOST_CIRCLES ? circles(context, grouped, zoom) : stamps(context, size, grouped, zoom);
  if (standsOut === null) dots.draw(radius, opacity, strong, (i) => hidden[i] === 0);
  else {
    dots.draw(radius, opacity, weak, (i) => !standsOut(i) && hidden[i] === 0);
    dots.draw(radius, Math.max(opacity, 0.7), strong, (i) => standsOut(i) && hidden[i] === 0);
  }
  if (selected !== null) {
    const ring = rgbOf(palette.text);
    const isSelected = (i: number) => selected[i] === 1 && hidden[i] === 0;
    const inner = Math.max(radius, 1.6);
    dots.draw(inner + 1.6, 1, () => ring, isSelected);
    dots.draw(inner, 1, strong, isSelected);
  }
  dots.finish();
}

interface Grouped extends Pick<Cloud, "points" | "positions"> {
  /** By point: what its colour follows from. */
  readonly groups: ArrayLike<number>;
}

interface Dots {
  draw(
    radius: number,
    opacity: number,
    colourOf: (group: number) => Rgb,
    chosen: (point: number) => boolean,
  ): void;
  finish(): void;
}

/** Draws dots as exact circles, also on a canvas that is not opaque. */
export function circles(
  context: CanvasRenderingContext2D,
  { points, positions, groups }: Grouped,
  { k, x, y }: Zoom,
): Dots {
  return {
    draw(radius, opacity, colourOf, chosen) {
      context.globalAlpha = opacity;
      let group = -1;
      // From the farthest cluster to the nearest, whose dots lie on top.
      for (let i = points.count - 1; i >= 0; i--) {
        if (!chosen(i) || !Number.isFinite(positions[2 * i])) continue;
        if (groups[i] !== group) {
          group = groups[i];
          context.fillStyle = css(colourOf(group));
        }
        circle(context, positions[2 * i] * k + x, positions[2 * i + 1] * k + y, radius);
        context.fill();
      }
      context.globalAlpha = 1;
    },
    finish() {},
  };
}

function stamps(
  context: CanvasRenderingContext2D,
  { width, height, ratio }: Size,
  { points, positions, groups }: Grouped,
  zoom: Zoom,
): Dots {
  const box = boundsOf(points, positions, zoom);
  const left = Math.max(0, Math.floor((box.left - MARGIN) * ratio));
  const top = Math.max(0, Math.floor((box.top - MARGIN) * ratio));
  const right = Math.min(Math.round(width * ratio), Math.ceil((box.right + MARGIN) * ratio));
  const bottom = Math.min(Math.round(height * ratio), Math.ceil((box.bottom + MARGIN) * ratio));
  if (!(left < right && top < bottom)) return { draw() {}, finish() {} };
  // Reading pixels is slow: read only the ones that dots can reach.
  const pixels: Pixels = context.getImageData(left, top, right - left, bottom - top);
  const view = { k: zoom.k, x: zoom.x - left / ratio, y: zoom.y - top / ratio };
  return {
    draw(radius, opacity, colourOf, chosen) {
      splat(
        pixels,
        { count: points.count, groups },
        positions,
        view,
        ratio,
        stamp(radius * ratio, opacity),
        colourOf,
        chosen,
      );
    },
    finish: () => context.putImageData(pixels as ImageData, left, top),
  };
}

function boundsOf({ count }: Points, positions: Positions, { k, x, y }: Zoom) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    const px = positions[2 * i];
    const py = positions[2 * i + 1];
    if (px < left) left = px;
    if (px > right) right = px;
    if (py < top) top = py;
    if (py > bottom) bottom = py;
  }
  return { left: left * k + x, top: top * k + y, right: right * k + x, bottom: bottom * k + y };
}
