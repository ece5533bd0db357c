import type { App } from "../../state/app";
import { clear } from "../draw";
import { Frame } from "../frame";
import { onAction } from "../interruption";
import { pointLabels } from "../labels/pointLabels";
import type { PointLabels } from "../points/pointColours";
import type { Drawing } from "./drawing";
import type { DrawingSlot } from "./drawingContext";
import { paintRoutes } from "./routePainter";
import { type Routes, routesOf } from "./routes";

/** Milliseconds of a transition. */
const LONG = 450;
/** Milliseconds to wait for the new picture; one that takes longer appears without a transition. */
const PATIENCE = 400;

/**
 * Moves from a picture to the one that takes its place: the old one fades, dots follow their routes, the new one
 * appears. Any action of a person ends it at once, as does the function returned. The layer is empty afterwards.
 */
export function fly(app: App, drawing: DrawingSlot, from: Drawing, layer: HTMLElement): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const veil = document.createElement("div");
  const canvas = document.createElement("canvas");
  let begin = 0;
  let to: Drawing | null = null;
  let routes: Routes | null = null;
  let labels: PointLabels | null = null;
  const end = () => {
    frame.cancel();
    abort.abort();
    layer.replaceChildren();
  };
  const frame = new Frame((now) => {
    const seen = drawing.source?.() ?? null;
    // The old picture is still shown, or the new one has changed.
    if (seen?.canvas === from.canvas || (to !== null && seen?.scene !== to.scene)) {
      end();
      return false;
    }
    if (begin === 0) {
      begin = now;
      veil.append(from.canvas);
      layer.append(veil, canvas);
    }
    if (to !== null && routes === null) {
      // The former frame painted it for the first time, and had enough to do.
      routes = routesOf(from, to);
      labels = pointLabels(app.exploration, routes.points);
      begin = now;
      const { width, height, style } = to.canvas;
      Object.assign(canvas, { width, height });
      canvas.style.width = style.width;
      veil.style.height = style.height;
    }
    to ??= seen;
    const time = (now - begin) / (routes === null ? PATIENCE : LONG);
    if (time >= 1) {
      end();
      return false;
    }
    if (to !== null && routes !== null) {
      from.canvas.style.opacity = `${1 - 2 * time}`;
      veil.style.opacity = `${2 - 2 * time}`;
      // Where clusters are drawn as a whole, dots leave and enter them.
      canvas.style.opacity = `${Math.min(from.points ? 1 : 4 * time, to.points ? 1 : 4 - 4 * time)}`;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const ratio = canvas.width / to.canvas.clientWidth;
      clear(context, { width: canvas.width, height: canvas.height, ratio });
      paintRoutes(context, routes, from, to, time * time * (3 - 2 * time), app.palette.peek(), labels);
    }
    return true;
  });
  onAction(end, signal);
  layer.parentElement?.addEventListener(
    "pointermove",
    (event) => {
      if (event.movementX !== 0 || event.movementY !== 0) end();
    },
    { signal },
  );
  frame.request();
  return end;
}
