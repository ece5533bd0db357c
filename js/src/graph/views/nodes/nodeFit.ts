import { type Camera, toScreen } from "../../../views/clusters/camera";
import type { Box } from "../../../views/placer";
import type { NodeScene } from "./nodeScene";

/** Share of the visited, and of the expanded nodes at each end that may lie outside of what the map opens with. */
const OUTSIDE = 0.04;
/** CSS pixels of the smallest part that the map is fitted to, where it is not enlarged. */
const LEAST = 12;

/** The part of a picture that holds a search: what was returned or missed, and most of what was visited. */
export function walkBox({ nodes }: Pick<NodeScene, "nodes">, unzoomed: Camera): Box | null {
  if (nodes.length === 0) return null;
  const all = nodes.map(({ x, y }) => toScreen(unzoomed, x, y));
  const [left, right] = span(all, 0);
  const [top, bottom] = span(all, 1);
  const wide = Math.max(0, LEAST - (right - left)) / 2;
  const high = Math.max(0, LEAST - (bottom - top)) / 2;
  return { left: left - wide, right: right + wide, top: top - high, bottom: bottom + high };

  function span(places: readonly (readonly [number, number])[], axis: 0 | 1): [number, number] {
    const groups = [
      { values: places, outside: OUTSIDE },
      { values: places.filter((_, i) => nodes[i].isExpanded), outside: OUTSIDE },
      {
        values: places.filter((_, i) => nodes[i].kind === "result" || nodes[i].kind === "missed"),
        outside: 0,
      },
      { values: places.filter((_, i) => nodes[i].isGate), outside: 0 },
    ];
    const ends = groups.flatMap(({ values, outside }) => {
      const sorted = values.map((place) => place[axis]).sort((a, b) => a - b);
      const cut = Math.floor(outside * sorted.length);
      return sorted.length === 0 ? [] : [sorted[cut], sorted[sorted.length - 1 - cut]];
    });
    return [Math.min(...ends), Math.max(...ends)];
  }
}
