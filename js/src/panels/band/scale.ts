import { count } from "../../model/format";

/** The plot's inside, in CSS pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Least room between the middles of two ticks, and between their labels, in CSS pixels. */
const TICK_ROOM = { middles: 34, labels: 10 };

/** Width of a digit of a label; room for the last label beside the plot. */
const DIGIT = 6.6;
const BESIDE = 20;

/** nprobe along powers of two, where small values matter most, from 1 to nlist. */
export class Axis {
  readonly frame: Frame;
  readonly #nlist: number;

  constructor(frame: Frame, nlist: number) {
    this.frame = frame;
    this.#nlist = nlist;
  }

  x(nprobe: number): number {
    const { left, right } = this.frame;
    return left + ((right - left) * Math.log(nprobe)) / Math.max(Math.log(this.#nlist), 1e-9);
  }

  nprobeAt(x: number): number {
    const { left, right } = this.frame;
    const share = Math.max(0, Math.min(1, (x - left) / Math.max(1, right - left)));
    return Math.round(this.#nlist ** share);
  }

  y(share: number): number {
    const { top, bottom } = this.frame;
    return bottom - (bottom - top) * share;
  }

  /** Powers of two that find room, and nlist. */
  ticks(): number[] {
    const ticks: number[] = [];
    for (let tick = 1; tick < this.#nlist; tick *= 2) {
      const before = ticks[ticks.length - 1];
      const isFree = before === undefined || this.#areApart(before, tick);
      if (isFree && this.#areApart(tick, this.#nlist)) ticks.push(tick);
    }
    return [...ticks, this.#nlist];
  }

  /** The middle of a tick's label: below the tick, but for a long last one. */
  labelX(tick: number): number {
    return Math.min(this.x(tick), this.frame.right + BESIDE - labelWidth(tick) / 2);
  }

  #areApart(tick: number, next: number): boolean {
    const apart = this.labelX(next) - this.labelX(tick);
    return apart >= Math.max(TICK_ROOM.middles, (labelWidth(tick) + labelWidth(next)) / 2 + TICK_ROOM.labels);
  }

  /** A line of steps: `values[i]` from `at[i]` on. */
  steps(at: ArrayLike<number>, values: ArrayLike<number>): string {
    const place = (value: number) => value.toFixed(1);
    let path = "";
    let before = "";
    for (let i = 0; i < at.length; i++) {
      const y = place(this.y(values[i]));
      if (y === before) continue;
      const x = place(this.x(at[i]));
      path += i === 0 ? `M${x} ${y}` : `H${x}V${y}`;
      before = y;
    }
    return `${path}H${place(this.frame.right)}`;
  }

  /** A bar at each place, from one value to the other. */
  bars(at: ArrayLike<number>, from: ArrayLike<number>, to: ArrayLike<number>): string {
    const place = (value: number) => value.toFixed(1);
    return Array.from(
      at,
      (one, i) => `M${place(this.x(one))} ${place(this.y(from[i]))}V${place(this.y(to[i]))}`,
    ).join("");
  }

  /** The area below such a line. */
  below(at: ArrayLike<number>, values: ArrayLike<number>): string {
    const { left, bottom } = this.frame;
    return `${this.steps(at, values)}V${bottom}H${left}Z`;
  }
}

function labelWidth(tick: number): number {
  return DIGIT * count(tick).length;
}
