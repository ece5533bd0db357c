import type { App } from "../../state/app";
import { onAction } from "../interruption";
import type { Drawing } from "./drawing";
import { paintRoutes } from "./routePainter";
import { type Routes, routesOf } from "./routes";

/** Milliseconds of a flight. */
const LONG = 450;
/** So long the old picture stays while the new one is made; one that takes longer is not flown to. */
const PATIENCE = 400;

/**
 * Fly from a picture to the one that takes its place: the old one fades, dots go their ways, the new one appears.
 * Nothing is left on the layer. Returns what ends it at once, as whatever a person does will.
 */
export function fly(app: App, from: Drawing, layer: HTMLElement): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const veil = document.createElement("div");
  const canvas = document.createElement("canvas");
  let frame = 0;
  let begin = 0;
  let to: Drawing | null = null;
  let routes: Routes | null = null;
  const end = () => {
    cancelAnimationFrame(frame);
    abort.abort();
    layer.replaceChildren();
  };
  const step = (now: number) => {
    const seen = app.drawing?.() ?? null;
    // The old picture is still shown, or another one than was flown to.
    if (seen?.canvas === from.canvas || (to !== null && seen?.scene !== to.scene)) return end();
    if (begin === 0) {
      begin = now;
      veil.append(from.canvas);
      layer.append(veil, canvas);
    }
    if (to !== null && routes === null) {
      // It was painted for the first time in the frame before, which had enough to do.
      routes = routesOf(from, to);
      begin = now;
      const { width, height, style } = to.canvas;
      Object.assign(canvas, { width, height });
      canvas.style.width = style.width;
      veil.style.height = style.height;
    }
    to ??= seen;
    const time = (now - begin) / (routes === null ? PATIENCE : LONG);
    if (time >= 1) return end();
    if (to !== null && routes !== null) {
      from.canvas.style.opacity = `${1 - 2 * time}`;
      veil.style.opacity = `${2 - 2 * time}`;
      // Where clusters are drawn as a whole, dots come out of them and go into them.
      canvas.style.opacity = `${Math.min(from.points ? 1 : 4 * time, to.points ? 1 : 4 - 4 * time)}`;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const ratio = canvas.width / to.canvas.clientWidth;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      paintRoutes(context, routes, from, to, time * time * (3 - 2 * time), app.palette.peek());
    }
    frame = requestAnimationFrame(step);
  };
  onAction(end, signal);
  layer.parentElement?.addEventListener(
    "pointermove",
    (event) => {
      if (event.movementX !== 0 || event.movementY !== 0) end();
    },
    { signal },
  );
  frame = requestAnimationFrame(step);
  return end;
}
