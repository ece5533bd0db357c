import { css, mix, type Palette, rgbOf } from "../../../look/palette";
import { type Camera, toScreen } from "../../../views/clusters/camera";
import { circle, fill, font, haloed, stroke } from "../../../views/draw";
import type { Size } from "../../../views/viewport";
import { paintDeleted } from "./deletedMarks";
import { paintDescentLine, paintStops } from "./descentPainter";
import type { DotSheet } from "./dotSheet";
import type { Dots } from "./dots";
import type { NodeScene } from "./nodeScene";

type Context = CanvasRenderingContext2D;
type Places = readonly (readonly [x: number, y: number])[];

/** Up to so many edges in sight every one is drawn; beyond, only those that the search followed, and then none. */
const ALL_EDGES = 900;
/** Up to so many of them, edges are as strong as they can be. */
const FEW_EDGES = 150;
const DASH = [5, 4];

/** The colour of visited nodes: between districts and expanded ones. */
export function visitedColour(palette: Palette): string {
  return css(mix(rgbOf(palette.background), rgbOf(palette.accent), isDark(palette) ? 0.72 : 0.55));
}

/** Whether a palette is that of a dark page. */
export function isDark({ background }: Palette): boolean {
  return rgbOf(background)[1] < 128;
}

/** Adds the line of an edge to a path. */
export type Trace = (
  context: Context,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
) => void;

const straight: Trace = (context, from, to) => {
  context.moveTo(...from);
  context.lineTo(...to);
};

/** Draws a search without its pictures. */
export function paintSearch(
  context: Context,
  scene: NodeScene,
  places: Places,
  camera: Camera,
  size: Size,
  dots: Dots,
  sheet: DotSheet,
  palette: Palette,
  trace: Trace = straight,
): void {
  paintEdges(context, scene, places, size, palette, trace);
  paintDescentLine(context, scene.descent, camera, size, palette);
  paintGateLines(context, scene, places, palette);
  paintNodes(context, scene, places, dots, sheet, palette);
  paintStops(context, scene.descent, camera, palette);
  if (scene.query !== null) {
    const { x, y } = scene.query;
    const isStop = scene.descent.some((stop) => stop.x === x && stop.y === y);
    paintTarget(context, toScreen(camera, x, y), isStop ? null : dots.result, palette);
  }
}

function paintEdges(
  context: Context,
  scene: NodeScene,
  places: Places,
  { width, height }: Size,
  palette: Palette,
  trace: Trace,
): void {
  const isInSight = ([x, y]: readonly [number, number]) => x > 0 && y > 0 && x < width && y < height;
  const edges = scene.edges.filter(({ from, to }) => isInSight(places[from]) || isInSight(places[to]));
  const line = (which: (edge: NodeScene["edges"][number]) => boolean, thickness: number, alpha: number) => {
    context.beginPath();
    for (const edge of edges) {
      if (!which(edge)) continue;
      trace(context, places[edge.from], places[edge.to]);
    }
    context.globalAlpha = alpha;
    stroke(context, palette.accent, thickness);
  };
  const strong = edges.reduce((sum, { isStrong }) => sum + Number(isStrong), 0);
  const share = (count: number) => Math.min(1, Math.sqrt(FEW_EDGES / Math.max(1, count)));
  if (edges.length <= ALL_EDGES) line(({ isStrong }) => !isStrong, 0.8, 0.32 * share(edges.length));
  if (strong <= ALL_EDGES)
    line(({ isStrong }) => isStrong, 0.6 + 1.15 * share(strong), 0.25 + 0.55 * share(4 * strong));
  line(({ isNew }) => isNew, 2, 0.9);
  context.globalAlpha = 1;
}

function paintGateLines(context: Context, { gates }: NodeScene, places: Places, palette: Palette): void {
  for (const { from, to } of gates) {
    context.beginPath();
    context.moveTo(...places[from]);
    context.lineTo(...places[to]);
    stroke(context, palette.background, 5);
    stroke(context, palette.danger, 2, DASH);
  }
}

function paintNodes(
  context: Context,
  { nodes, current }: NodeScene,
  places: Places,
  dots: Dots,
  sheet: DotSheet,
  palette: Palette,
): void {
  const pale = visitedColour(palette);
  const rim = Math.min(1.25, 0.4 * dots.visited);
  const dot = (i: number, radius: number, colour: string, edge: string, width: number) => {
    circle(context, ...places[i], radius);
    fill(context, colour);
    stroke(context, edge, width);
  };
  const each = (which: (node: NodeScene["nodes"][number]) => boolean, paint: (i: number) => void) => {
    nodes.forEach((node, i) => {
      if (which(node)) paint(i);
    });
  };
  const of = (wanted: string) => nodes.flatMap(({ kind }, i) => (kind === wanted ? [places[i]] : []));
  const edge = palette.background;
  sheet.paint(context, [
    { places: of("visited"), radius: dots.visited, colour: pale, edge, rim },
    { places: of("expanded"), radius: dots.expanded, colour: palette.accent, edge, rim },
  ]);
  for (const [kind, colour] of [
    ["visited", palette.muted],
    ["expanded", palette.accent],
  ] as const) {
    const deleted = nodes.flatMap((node, i) => (node.isDeleted && node.kind === kind ? [places[i]] : []));
    paintDeleted(context, deleted, Math.max(3, dots.expanded), colour, palette.background);
  }
  each(
    ({ isGate, kind }) => isGate && kind !== "missed",
    (i) => dot(i, Math.max(5, dots.expanded), pale, palette.danger, 2.25),
  );
  each(
    ({ kind }) => kind === "result",
    (i) => dot(i, dots.result, palette.accent, palette.background, Math.max(1.25, rim)),
  );
  each(
    ({ kind }) => kind === "missed",
    (i) => {
      circle(context, ...places[i], Math.max(5.5, dots.result));
      fill(context, palette.background);
      context.beginPath();
      context.arc(...places[i], Math.max(5.5, dots.result), 0, 2 * Math.PI);
      stroke(context, palette.danger, 2, [3, 2]);
    },
  );
  if (current !== null) {
    circle(context, ...places[current], dots.result + 3);
    stroke(context, palette.background, 4);
    stroke(context, palette.text, 2);
  }
}

/** CSS pixels round a stop of the descent. */
const AROUND_STOP = 14;

/** Marks the row that is the query; without a radius it is a stop of the descent, which has a mark already. */
function paintTarget(
  context: Context,
  [x, y]: readonly [number, number],
  radius: number | null,
  palette: Palette,
): void {
  if (radius !== null) {
    circle(context, x, y, radius + 2.5);
    fill(context, palette.background);
    stroke(context, palette.text, 3);
    circle(context, x, y, Math.max(1.5, radius - 3));
    fill(context, palette.text);
  }
  font(context, 12);
  const half = context.measureText("query").width / 2 + 5;
  // Beside the edges of the map too.
  const away = (radius ?? AROUND_STOP) + 12;
  const above = y - away > 10 ? y - away : y + away;
  haloed(context, "query", Math.max(half, x), above, palette.text, palette.background);
}

/** Draws what belongs to the node under the pointer: the line to it, and those to what it visits. */
export function paintHovered(
  context: Context,
  scene: NodeScene,
  places: Places,
  node: number,
  dots: Dots,
  palette: Palette,
  trace: Trace = straight,
): void {
  context.beginPath();
  for (const { from, to } of scene.edges) {
    if (from === node || to === node) trace(context, places[from], places[to]);
  }
  stroke(context, palette.text, 1.5);
  circle(context, ...places[node], dots.result + 2.5);
  stroke(context, palette.background, 4.5);
  stroke(context, palette.text, 2);
}
