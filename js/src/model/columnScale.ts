import type { Scale } from "../protocol/messages";
import { plural } from "./format";

/** A column of numbers or dates: the ends of its scale, and the values of each cluster. */
export type ColumnScale = Omit<Scale, "kind" | "request" | "rows" | "offset">;

/** The scale, joined from its parts. */
export function joinedScale(parts: readonly Scale[]): ColumnScale {
  const { kind: _kind, request: _request, rows, offset: _offset, ...facts } = parts[0];
  const valued = new Int32Array(rows);
  const means = new Float64Array(rows);
  const least_values = new Float64Array(rows);
  const greatest_values = new Float64Array(rows);
  for (const part of parts) {
    valued.set(part.valued, part.offset);
    means.set(part.means, part.offset);
    least_values.set(part.least_values, part.offset);
    greatest_values.set(part.greatest_values, part.offset);
  }
  return { ...facts, valued, means, least_values, greatest_values };
}

/** Whether a row read has a value, a finite or an infinite one. */
export function hasValues({ counted, missing }: ColumnScale): boolean {
  return counted > missing;
}

type Ends = Pick<ColumnScale, "low" | "high">;

/** The place of a value from 0 at the lower end to 1 at the upper one, as in the kernel; NaN for no value. */
export function shareOf({ low, high }: Ends, value: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (low === null || high === null) return value < 0 ? 0 : 1;
  // Halves, because the difference of two large numbers may overflow.
  const span = high / 2 - low / 2;
  if (span === 0) return (1 + Math.sign(value - low)) / 2;
  return Math.min(1, Math.max(0, (value / 2 - low / 2) / span));
}

/** The mean of a cluster's values; NaN where it has none. */
export function meanOf({ valued, means }: ColumnScale, cluster: number): number {
  return valued[cluster] > 0 ? means[cluster] : Number.NaN;
}

/** Digits of the span of a scale, and of a number where a scale has no span. */
const DIGITS = 3;
const DIGITS_WITHOUT_SPAN = 4;
const MOST_DIGITS = 15;
/** Scales that reach up to here, or no farther than the other, are written with an exponent. */
const LARGE = 1e15;
const SMALL = 1e-4;

const DAY = 86_400;
/** The greatest Date. */
const LAST_SECOND = 8.64e12;

/** A value as the legend and the cards write it: as precisely as the scale needs. */
export function valueText({ unit, low, high }: Ends & Pick<ColumnScale, "unit">, value: number): string {
  const span = low === null || high === null ? 0 : Math.abs(high - low);
  if (unit !== "number" && Math.abs(value) <= LAST_SECOND) {
    return dateText(value, unit === "date" ? DAY : span);
  }
  const largest = Math.max(Math.abs(low ?? value), Math.abs(high ?? value));
  if (largest >= LARGE || Math.abs(value) >= LARGE || (largest < SMALL && value !== 0)) {
    return value.toExponential(DIGITS - 1);
  }
  const [size, digits] = span > 0 ? [span, DIGITS] : [largest, DIGITS_WITHOUT_SPAN];
  const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const maximumFractionDigits = Math.min(MOST_DIGITS, decimals);
  // A year has no separator.
  const useGrouping = Math.abs(value) >= 10_000;
  return new Intl.NumberFormat("en-US", { maximumFractionDigits, useGrouping }).format(value);
}

/** Seconds since 1970 as a date, with the time of day where the scale spans a few days or less. */
function dateText(seconds: number, span: number): string {
  const text = new Date(1000 * seconds).toISOString();
  const end = text.indexOf("T");
  const time = span >= 3 * DAY || span === DAY ? 0 : span > 600 ? 6 : span > 10 ? 9 : 13;
  return text.slice(0, end + time).replace("T", " ");
}

/** The values of a cluster in words: their mean, and their range where they differ. */
export function clusterValuesText(
  scale: ColumnScale,
  cluster: number,
  size: number,
): { readonly mean: string; readonly range: string | null } {
  const valued = scale.valued[cluster];
  if (valued === 0) return { mean: "no value", range: null };
  const [mean, least, greatest] = [scale.means, scale.least_values, scale.greatest_values].map((all) =>
    valueText(scale, all[cluster]),
  );
  const sample = size > scale.limit ? ` in ${plural(valued, "sampled row")}` : "";
  if (scale.least_values[cluster] === scale.greatest_values[cluster]) {
    return { mean: `always ${mean}${sample}`, range: null };
  }
  return { mean: `mean ${mean}`, range: `from ${least} to ${greatest}${sample}` };
}

/** What the ends of the scale are, and in detail the values beyond them. */
export function endsText(scale: ColumnScale): { readonly short: string; readonly detail: string } {
  const { low, high, least, greatest, counted, total, missing, infinite } = scale;
  const rows = `of ${plural(counted, counted < total ? "sampled row" : "row")}`;
  const facts = [
    least === null || greatest === null
      ? "no finite value"
      : `values from ${valueText(scale, least)} to ${valueText(scale, greatest)}`,
    infinite > 0 ? `${plural(infinite, "infinite value")}` : null,
    missing > 0 ? `${plural(missing, "row")} without a value` : null,
  ];
  const ends =
    least === greatest
      ? "one value"
      : low === least && high === greatest
        ? "least to greatest value"
        : "2nd to 98th percentile";
  const short = least === null ? `no finite value ${rows}` : `${ends} ${rows}`;
  return { short, detail: [short, ...facts.filter((fact) => fact !== null)].join("; ") };
}
