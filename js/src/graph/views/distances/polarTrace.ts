import type { Trace } from "../nodes/nodePainter";

/** Radians between two points of a line. */
const STEP = 0.12;

/** Lines that turn about a place of the canvas while they come nearer to it: none crosses the middle. */
export function polarTrace(x: number, y: number): Trace {
  return (context, from, to) => {
    const start = Math.atan2(from[1] - y, from[0] - x);
    const end = Math.atan2(to[1] - y, to[0] - x);
    const turn = end - start - 2 * Math.PI * Math.round((end - start) / (2 * Math.PI));
    const [near, far] = [Math.hypot(from[0] - x, from[1] - y), Math.hypot(to[0] - x, to[1] - y)];
    const steps = Math.max(1, Math.ceil(Math.abs(turn) / STEP));
    context.moveTo(...from);
    for (let i = 1; i < steps; i++) {
      const share = i / steps;
      const [angle, radius] = [start + share * turn, near + share * (far - near)];
      context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
    context.lineTo(...to);
  };
}
