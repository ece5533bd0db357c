import type { Positions } from "./points";

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Weight of a step sideways: keys follow a row of points rather than leave it. */
const ASIDE = 2;

/** The point that a key leads to: the nearest in an arrow's direction, or the next or previous result; null for none. */
export function step(
  key: string,
  from: number,
  positions: Positions,
  count: number,
  results: readonly number[],
): number | null {
  if (key in DIRECTIONS && from < 0) return results[0] ?? (count > 0 ? 0 : null);
  const next = towards(key, positions, count, from);
  if (next !== null) return next;
  const place = results.indexOf(from);
  switch (key) {
    case "PageDown":
      return results[Math.min(place + 1, results.length - 1)] ?? null;
    case "PageUp":
      return results[Math.max(place - 1, 0)] ?? null;
    case "Home":
      return results[0] ?? null;
    case "End":
      return results[results.length - 1] ?? null;
    default:
      return null;
  }
}

/** The nearest point ahead, by an arrow key; the point itself where there is none, null for other keys. */
export function towards(
  key: string,
  positions: Positions,
  count: number,
  from: number,
  isThere = (_point: number) => true,
): number | null {
  const direction = DIRECTIONS[key];
  if (direction === undefined) return null;
  const [dx, dy] = direction;
  const x = positions[2 * from];
  const y = positions[2 * from + 1];
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (i === from || !isThere(i)) continue;
    const ahead = (positions[2 * i] - x) * dx + (positions[2 * i + 1] - y) * dy;
    const aside = Math.abs((positions[2 * i] - x) * dy) + Math.abs((positions[2 * i + 1] - y) * dx);
    if (!(ahead > 0) || aside > ASIDE * ahead) continue;
    const length = ahead + ASIDE * aside;
    if (length < least) {
      least = length;
      best = i;
    }
  }
  return best;
}
