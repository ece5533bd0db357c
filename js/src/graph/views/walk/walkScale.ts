/**
 * The height of a distance: linear from just under the nearest neighbour up to a limit above where the walk stops, then
 * ever more compressed. A distance far below, as the query's own, stands on a line of its own.
 */
export interface HeightScale {
  /** Keys, smaller for the nearer, between which it is linear. */
  readonly low: number;
  readonly high: number;
  y(key: number): number;
  /** Keys of the lines that help to read heights, and whether each is in the compressed part. */
  readonly ticks: readonly { readonly key: number; readonly isCompressed: boolean }[];
  /** Whether some distance stands below the scale, on the broken axis. */
  readonly isBroken: boolean;
}

/** The share of the height that the linear part takes. */
const LINEAR = 0.74;
/** How far the linear part goes beyond the bar, in shares of its height below it. */
const ABOVE = 0.28;
/** A nearest key that is this many times as far below the second as that is below the bar is apart. */
const APART = 0.8;
/** CSS pixels between the broken axis and the linear part. */
const BREAK = 16;

/**
 * @param keys  the keys shown, ascending
 * @param bar  the key at which the walk stops
 */
export function heightScale(keys: ArrayLike<number>, bar: number, top: number, bottom: number): HeightScale {
  const first = keys[0] ?? 0;
  const second = keys[1] ?? first;
  const last = keys[keys.length - 1] ?? first;
  // A walk that stops at the nearest key has nothing below it to stand apart from.
  const reach = Math.max(bar, second);
  const isApart = second - first > APART * Math.max(bar - second, 1e-12);
  const isBroken = bar >= second && isApart && keys.length > 2;
  const nearest = isBroken ? second : first;
  const span = Math.max(reach - nearest, 1e-9 * Math.max(1, Math.abs(bar)), 1e-30);
  const low = nearest - 0.06 * span;
  const high = Math.min(Math.max(bar + ABOVE * span, low + 1e-30), Math.max(last, bar));
  const hasTop = last > high;
  const floor = isBroken ? bottom - BREAK : bottom;
  const ceiling = hasTop ? floor - LINEAR * (floor - top) : top + 4;
  const logTop = Math.log1p((last - high) / (high - low));
  const y = (key: number): number => {
    if (key < low) return bottom - 3;
    if (key <= high) return floor - ((key - low) / (high - low)) * (floor - ceiling);
    return ceiling - (Math.log1p((key - high) / (high - low)) / logTop) * (ceiling - top - 4);
  };
  const step = niceStep((high - low) / 4);
  const ticks: { key: number; isCompressed: boolean }[] = [];
  for (let key = Math.ceil(low / step) * step; key <= high; key += step)
    ticks.push({ key, isCompressed: false });
  if (hasTop) {
    // Doubled heights above the linear part.
    let highest = ceiling;
    for (let factor = 2; factor < 1e9; factor *= 2) {
      const key = roundTo(low + factor * (high - low));
      if (key > last) break;
      if (highest - y(key) > 16 && y(key) > top + 8) {
        ticks.push({ key, isCompressed: true });
        highest = y(key);
      }
    }
  }
  return { low, high, y, ticks, isBroken };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
}

function roundTo(value: number): number {
  return Number(value.toPrecision(2));
}
