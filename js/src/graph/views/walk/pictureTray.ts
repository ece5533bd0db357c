import type { TrayItem } from "./walkScene";

/** A picture below the plot, and where the line to its point begins. */
export interface TrayPlace extends TrayItem {
  /** The middle of the picture. */
  readonly at: number;
}

/**
 * Places the pictures of results and missed neighbours side by side, each as near below its point as it can be; where
 * there is no room for all, the missed and then the nearest stay.
 */
export function trayPlaces(
  items: readonly TrayItem[],
  left: number,
  right: number,
  side: number,
): TrayPlace[] {
  const room = Math.max(0, Math.floor((right - left) / side));
  const kept = [...items]
    .sort((a, b) => Number(b.isMissed) - Number(a.isMissed) || (a.rank ?? 1e9) - (b.rank ?? 1e9))
    .slice(0, room)
    .sort((a, b) => a.x - b.x || Number(a.isMissed) - Number(b.isMissed));
  // Runs of pictures that touch share the mean of what each would like.
  const runs: { start: number; count: number; wish: number }[] = [];
  for (const item of kept) {
    runs.push({ start: item.x - side / 2, count: 1, wish: item.x - side / 2 });
    for (;;) {
      const last = runs[runs.length - 1];
      const before = runs[runs.length - 2];
      last.start = Math.max(left, Math.min(right - last.count * side, last.wish / last.count));
      if (before === undefined || before.start + before.count * side <= last.start) break;
      // Its wish is where the first picture would have to begin.
      before.wish += last.wish - last.count * before.count * side;
      before.count += last.count;
      runs.pop();
    }
  }
  const places: TrayPlace[] = [];
  let next = 0;
  for (const { start, count } of runs) {
    for (let i = 0; i < count; i++) places.push({ ...kept[next++], at: start + (i + 0.5) * side });
  }
  return places;
}
