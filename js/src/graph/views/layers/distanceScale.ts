/** One scale of distance for all levels, as keys: smaller is nearer, and nearer is farther to the left. */
export interface DistanceScale {
  /** Whether some nodes are so much nearer than the others that they stand beyond a break of the axis. */
  readonly isBroken: boolean;
  /** Where those nodes stand, and the middle of the break. */
  readonly beyondX: number;
  readonly breakX: number;
  /** The nearest key on this side of the break. */
  readonly low: number;
  /** The nearest key of all. */
  readonly first: number;
  readonly ticks: readonly { readonly key: number; readonly x: number }[];
  x(key: number): number;
}

/** Nodes stand beyond the break where the gap to the next is this share of all up to the reference. */
const APART = 0.55;
/** So many different distances can stand there. */
const MOST_APART = 6;
/** The part of the scale from the nearest node to the reference counts as so many units. */
const UNITS = 2;
/** A unit is this share of the whole at least. */
const LEAST_UNIT = 1 / 400;
/** CSS pixels of what is beyond the break, and of the break. */
const BEYOND = 34;
const BREAK = 20;
/** Room for the names of the nearest and the farthest node. */
const PADDING: readonly [left: number, right: number] = [16, 30];
const TICK_ROOM = 52;
const MOST_TICKS = 400;
/** With so many ticks, others are values of two digits. */
const ENOUGH_TICKS = 5;

/**
 * The gap to the nearest node is logarithmic, from a beginning that is nearly linear: most room is where the search
 * decides, and the far nodes of upper levels are in the picture.
 *
 * @param keys  all keys shown, ascending
 * @param reference  the key of a node that is near enough to matter
 */
export function distanceScale(
  keys: ArrayLike<number>,
  reference: number,
  left: number,
  right: number,
  sign: number,
): DistanceScale {
  const low = nearestKey(keys, reference);
  const high = Math.max(low, keys[keys.length - 1] ?? low);
  const isBroken = keys.length > 0 && keys[0] < low;
  const start = left + (isBroken ? BEYOND + BREAK : PADDING[0]);
  const end = right - PADDING[1];
  const unit = Math.max((reference - low) / UNITS, (high - low) * LEAST_UNIT);
  const whole = Math.log1p((high - low) / unit);
  const isFlat = !(high > low);
  const beyondX = left + BEYOND / 2;
  const x = (key: number): number => {
    if (key < low) return beyondX;
    if (isFlat) return (start + end) / 2;
    return start + Math.min(1, Math.log1p((key - low) / unit) / whole) * (end - start);
  };
  const ticks: { key: number; x: number }[] = [];
  const [one, other] = [sign * low, sign * high];
  for (const value of isFlat ? [] : roundValues(Math.min(one, other), Math.max(one, other))) {
    if (ticks.length >= ENOUGH_TICKS && Number(value.toPrecision(2)) !== value) continue;
    const at = x(sign * value);
    if (ticks.every((tick) => Math.abs(tick.x - at) >= TICK_ROOM)) ticks.push({ key: sign * value, x: at });
  }
  ticks.sort((a, b) => a.x - b.x);
  return { isBroken, beyondX, breakX: left + BEYOND + BREAK / 4, low, first: keys[0] ?? 0, ticks, x };
}

/** The nearest key that is not far apart from the next ones. */
function nearestKey(keys: ArrayLike<number>, reference: number): number {
  let low = keys[0] ?? 0;
  let before = low;
  let different = 0;
  for (let i = 1; i < keys.length && different < MOST_APART; i++) {
    const key = keys[i];
    if (key === before) continue;
    if (key >= reference) break;
    if (key - before > APART * (reference - keys[0])) low = key;
    before = key;
    different++;
  }
  return low;
}

/** Round values between two, the roundest first. */
export function roundValues(from: number, to: number): number[] {
  const found = new Set<number>();
  const add = (value: number) => {
    if (value >= from && value <= to && found.size < MOST_TICKS) found.add(Number(value.toPrecision(9)));
  };
  if (from <= 0 && to >= 0) add(0);
  const top = Math.floor(Math.log10(Math.max(Math.abs(from), Math.abs(to))));
  for (const share of [1, 5, 2]) {
    for (let power = top; power > top - 7; power--) {
      add(share * 10 ** power);
      add(-share * 10 ** power);
    }
  }
  for (let power = Math.ceil(Math.log10(to - from)); found.size < MOST_TICKS; power--) {
    for (const share of [5, 2, 1]) {
      const step = share * 10 ** power;
      if ((to - from) / step > MOST_TICKS / 4) return [...found];
      for (let i = Math.ceil(from / step); i * step <= to; i++) add(i * step);
    }
  }
  return [...found];
}
