import { type Domain, finite, roundStep } from "../../model/distanceDomain";
import { distance } from "../../model/format";

/** Least room between two rings in CSS pixels. */
const RING_ROOM = 15;

/** Radii in CSS pixels that a scale may use. */
export interface Room {
  /** For the nearest of all. */
  readonly near: number;
  /** For the round value where the scale begins. */
  readonly start: number;
  readonly outer: number;
}

interface Ring {
  readonly radius: number;
  readonly label: string;
  readonly isCompressed: boolean;
}

export interface RadialScale {
  readonly domain: Domain;
  /** From this radius on distances are compressed; `outer` when none are. */
  readonly rim: number;
  readonly outer: number;
  /** The radius at a distance that Faiss reports. Never falls from a nearer to a farther candidate. */
  radius(distance: number): number;
  readonly rings: readonly Ring[];
}

/** Share of the radius that is linear when the farthest are compressed. */
const LINEAR = 0.86;
/** Outliers up to this much of the linear part beyond it do not need to be compressed. */
const SLACK = 0.25;

/** Whether the farthest distances are compressed. */
export function isCompressed({ start, bulk, last }: Domain): boolean {
  return last - bulk > SLACK * (bulk - start);
}

export function radialScale(domain: Domain, room: Room): RadialScale {
  const { best, start, last, similarity, step } = domain;
  const sign = similarity ? -1 : 1;
  if (step === 0) return oneRing(domain, room);
  const linearRim = LINEAR * room.outer;
  const bends = isCompressed(domain);
  const bulk = bends ? domain.bulk : last;
  const rim = bends ? linearRim : room.outer;
  const span = bulk - start;
  const most = (last - bulk) / span;
  const bend = bends ? bendOf((rim - room.start) / (room.outer - rim), most) : 0;
  const compressed = Math.log1p(bend * most);
  const at = (key: number): number => {
    if (key >= last) return room.outer;
    if (key > bulk) return rim + ((room.outer - rim) * Math.log1p((bend * (key - bulk)) / span)) / compressed;
    if (key >= start) return room.start + ((key - start) / span) * (rim - room.start);
    return best < start ? room.near + ((key - best) / (start - best)) * (room.start - room.near) : room.start;
  };
  const innermost = { radius: room.near, label: distance(sign * best), isCompressed: true };
  return {
    domain,
    rim,
    outer: room.outer,
    radius: (value) => at(finite(sign * value)),
    rings: best < start ? [innermost, ...rings(domain, bulk, at)] : rings(domain, bulk, at),
  };
}

/** All candidates equally far: one ring, half way out. */
function oneRing(domain: Domain, { near, start, outer }: Room): RadialScale {
  const middle = (start + outer) / 2;
  const sign = domain.similarity ? -1 : 1;
  return {
    domain,
    rim: outer,
    outer,
    radius: (value) => (finite(sign * value) < domain.start ? near : middle),
    rings: [{ radius: middle, label: distance(sign * domain.start), isCompressed: false }],
  };
}

/**
 * The bend at which the logarithmic part continues the linear part's slope. The equation has no closed form. A symlog
 * scale would bend the linear part too, and a rational one would lose the order of far outliers to rounding.
 */
function bendOf(slope: number, most: number): number {
  let low = 0;
  let high = 1;
  const steepness = (bend: number) => bend / Math.log1p(bend * most);
  while (steepness(high) < slope) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (steepness(middle) < slope) low = middle;
    else high = middle;
  }
  return high;
}

/** Rings at round values: evenly spaced, then ever rounder ones as distances are compressed. */
function rings({ start, last, step, similarity }: Domain, bulk: number, at: (key: number) => number): Ring[] {
  const sign = similarity ? -1 : 1;
  const found: Ring[] = [{ radius: at(start), label: roundLabel(sign * start, step), isCompressed: false }];
  let before = start;
  let wide = step;
  for (;;) {
    const next = (Math.floor(before / wide + 1e-9) + 1) * wide;
    if (!(next <= last + 1e-9 * Math.abs(last))) return found;
    const radius = at(next);
    if (radius - at(before) < RING_ROOM) {
      wide = roundStep(1.5 * wide);
      continue;
    }
    found.push({ radius, label: roundLabel(sign * next, wide), isCompressed: next > bulk });
    before = next;
  }
}

/** A multiple of `step` in words, with no more digits than it has. */
export function roundLabel(value: number, step: number): string {
  if (Math.abs(value) < step / 2) return "0";
  const size = Math.abs(value);
  if (step >= 1e6 || size >= 1e9 || size < 1e-4) {
    const digits = Math.max(0, Math.ceil(Math.log10(size / step) - 1e-9));
    return value.toExponential(Math.min(9, digits)).replace(/\.?0+e/, "e");
  }
  const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** The part of a scale that is linear: it does not begin at the query, but at the innermost solid ring. */
export function scaleText(domain: Domain): string {
  const { similarity, best, start, step } = domain;
  const value = (key: number) => distance(similarity ? -key : key);
  if (step === 0) return `, ${value(start)} for all`;
  const from = `, linear from ${roundLabel(similarity ? -start : start, step)} at the inner ring`;
  if (isCompressed(domain)) return `${from} to ${value(domain.bulk)}; dashed rings: not to scale`;
  return best < start ? `${from}; dashed ring: the query's own row` : from;
}
