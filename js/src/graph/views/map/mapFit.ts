import { type Camera, toScreen } from "../../../views/clusters/camera";
import type { Box } from "../../../views/placer";
import type { MapScene } from "./mapScene";

/** Share of the visited nodes at each end that may lie outside of what the map opens with. */
const OUTSIDE = 0.04;
/** CSS pixels of the smallest part that the map is fitted to, where it is not enlarged. */
const LEAST = 12;

/** The part of a picture that holds a search: all that was expanded, returned or missed, and most of the rest. */
export function walkBox({ nodes }: Pick<MapScene, "nodes">, unzoomed: Camera): Box | null {
  if (nodes.length === 0) return null;
  const places = nodes.map(({ x, y }) => toScreen(unzoomed, x, y));
  const xs = places.map(([x]) => x).sort((a, b) => a - b);
  const ys = places.map(([, y]) => y).sort((a, b) => a - b);
  const cut = Math.floor(OUTSIDE * nodes.length);
  let [left, right] = [xs[cut], xs[xs.length - 1 - cut]];
  let [top, bottom] = [ys[cut], ys[ys.length - 1 - cut]];
  nodes.forEach(({ kind, isGate }, i) => {
    if (kind === "visited" && !isGate) return;
    const [x, y] = places[i];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  const wide = Math.max(0, LEAST - (right - left)) / 2;
  const high = Math.max(0, LEAST - (bottom - top)) / 2;
  return { left: left - wide, right: right + wide, top: top - high, bottom: bottom + high };
}
