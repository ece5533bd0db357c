const grouped = new Intl.NumberFormat("en-US");

/** A count with thousands separators. */
export function count(value: number): string {
  return Number.isInteger(value) && value >= 0 && value < 1000 ? String(value) : grouped.format(value);
}

/** "1 vector", "12 vectors". */
export function plural(value: number, noun: string, many = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}

/** Digits that float32 holds. */
const MOST_DIGITS = 9;

/** A distance in four significant digits. */
export function distance(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return inDigits(value, 4);
}

/** Two distances in four significant digits, or in as many as tell them apart. */
export function distanceRange(from: number, to: number): [from: string, to: string] {
  for (let digits = 4; digits < MOST_DIGITS && from !== to; digits++) {
    const texts: [string, string] =
      digits === 4 ? [distance(from), distance(to)] : [from.toPrecision(digits), to.toPrecision(digits)];
    if (texts[0] !== texts[1]) return texts;
  }
  return [distance(from), distance(to)];
}

/** A number in some significant digits, without an exponent. */
function inDigits(value: number, digits: number): string {
  // Rounding may add a digit before the point.
  const size = Math.abs(Number(value.toPrecision(digits)));
  return value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** A distance in three significant digits, for small tiles. */
export function shortDistance(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1);
  return inDigits(value, 3);
}

/** Distances whose spread is this share of them, or more, are told apart by three digits. */
const SPREAD = 0.02;

/**
 * Formats the distances of one list for small tiles: each by itself, or, where they would look the same, the first by
 * itself and the others by what they have more.
 */
export function distancesFormat(values: readonly number[]): (value: number, place: number) => string {
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  if (first === last || Math.abs(last - first) >= SPREAD * Math.abs(last)) return shortDistance;
  return (value, place) =>
    place === 0
      ? shortDistance(value)
      : `${value < first ? "−" : "+"}${shortDistance(Math.abs(value - first))}`;
}

/** Bytes in the largest unit that has a whole number of them: 2.6 GB. */
export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${Number((value / 1000 ** power).toPrecision(2))} ${units[power]}`;
}

/** A share in percent, with the digits that a small share needs; no line breaks inside it. */
export function percent(share: number): string {
  return `${percentDigits(100 * share)}\u00a0%`;
}

/** 100 of all only, 0 of none only. */
function percentDigits(value: number): string {
  if (value > 0 && value < 0.01) return "<\u00a00.01";
  if (value >= 99.95 && value < 100) return "99.9";
  if (value > 100 && value < 100.5) return ">\u00a0100";
  return rounded(value, value === 0 || value >= 99.95 ? 0 : value < 1 ? 2 : 1);
}

/** More than float32 takes from a thousand. */
const FLOAT32 = 1e-3;

/** A recall between 0 and 1 in so many decimals, or in one more where these would say 0 or 1. */
export function recallNumber(recall: number, decimals = 2): string {
  const text = rounded(recall, decimals);
  if (recall === 0 || recall === 1 || (Number(text) !== 0 && Number(text) !== 1)) return text;
  const steps = 10 ** (decimals + 1);
  if (recall < 1 / steps) return `<${(1 / steps).toFixed(decimals + 1)}`;
  return (Math.min(Math.floor(recall * steps + FLOAT32), steps - 1) / steps).toFixed(decimals + 1);
}

/** A number of at least 0 in so many decimals, halves upwards: Python computes the same. */
function rounded(value: number, decimals: number): string {
  const steps = 10 ** decimals;
  return (Math.floor(value * steps + 0.5) / steps).toFixed(decimals);
}

/** A share in whole percent: 100 % of all only, 0 % of none only. */
export function wholePercent(share: number): string {
  const value = Math.round(100 * share);
  const digits = share < 1 && value === 100 ? 99 : share > 0 && value === 0 ? "<\u00a01" : value;
  return `${digits}\u00a0%`;
}

/** 1st, 2nd, 3rd, 4th … */
export function ordinal(value: number): string {
  const tens = value % 100;
  const ending = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${count(value)}${ending}`;
}
