import type { Box } from "../placer";

/** The box of a text of this size outside a circle, at an angle clockwise from 12 o'clock, moved into a picture. */
export function boxOutside(
  x: number,
  y: number,
  radius: number,
  angle: number,
  width: number,
  height: number,
  room: number,
): Box {
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  // Far enough that the circle's tangent at this angle has all of the box beyond it.
  const away = radius + (width / 2) * Math.abs(sine) + (height / 2) * Math.abs(cosine);
  const cx = x + away * sine;
  const cy = y - away * cosine;
  const left = Math.max(2, Math.min(room - width - 2, cx - width / 2));
  return { left, top: cy - height / 2, right: left + width, bottom: cy + height / 2 };
}
