import { type Box, boxAround } from "../../../views/placer";
import { DOT } from "./bands";
import type { LayersScene } from "./layersScene";

/** What labels and pictures must not cover: nodes, arrows and lines. */
export function takenBy({ bands, floor, falls }: LayersScene): Box[] {
  const taken: Box[] = [];
  for (const { dots, stays, arcs, nearest } of bands) {
    for (const { x, y } of dots) taken.push(boxAround(x, y, 2 * DOT, 2 * DOT));
    for (const { x, y } of stays) taken.push(boxAround(x, y, 13, 13));
    if (nearest !== null) taken.push(boxAround(nearest.x, nearest.y, 18, 18));
    for (const { from, to, rise } of arcs) {
      // An arrow ends beside its node.
      const end = to.x - 9 * Math.sign(to.x - from.x);
      if (rise > 0) taken.push(...alongArc(from.x, end, from.y - 5, rise));
    }
  }
  const { plot, top, bottom } = floor;
  const isBars = plot.bars.length > 0;
  for (const { x, y, kind } of plot.dots) {
    if (!isBars || kind === "missed") taken.push(boxAround(x, y, plot.pitch, plot.pitch));
  }
  if (floor.start !== null)
    taken.push(boxAround(floor.start.x, floor.start.y, plot.pitch + 6, plot.pitch + 6));
  for (const { left, right, all } of plot.bars) taken.push({ left, right, top: bottom - all, bottom });
  for (const x of [plot.barX, plot.lastX])
    if (x !== null) taken.push({ left: x - 1, right: x + 1, top, bottom });
  for (const { x, top, bottom, endX } of falls) {
    taken.push({ left: Math.min(x, endX) - 1, right: Math.max(x, endX) + 1, top, bottom });
  }
  return taken;
}

function alongArc(from: number, to: number, base: number, rise: number): Box[] {
  const parts = Math.max(2, Math.ceil(Math.abs(from - to) / 12));
  return Array.from({ length: parts }, (_, i) => {
    const share = (i + 0.5) / parts;
    return boxAround(from + share * (to - from), base - 4 * rise * share * (1 - share), 12, 5);
  });
}
