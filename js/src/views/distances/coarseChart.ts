import { css, inkOn, mix, type Palette, type Rgb, rankColour, rgbOf } from "../../look/palette";
import type { Probe } from "../../model/probe";
import { circle, clear, fill, fillAll, font, stroke } from "../draw";
import { BoxPlacer } from "../placer";
import { paintQuery } from "../points/markPainter";
import { MOST_CIRCLES, splat, stamp } from "../points/splat";
import { type Size, UNZOOMED } from "../viewport";
import { type CoarseHighlights, type CoarseLayout, type CoarseScene, nprobeRadius } from "./coarseScene";
import { paintRingLabels, paintRings, ring } from "./ringPainter";

/** Sizes of discs that are written pixel by pixel. */
const SIZES = 5;
/** Least radius of a disc that has its rank written on it. */
const NUMBER_ROOM = 6.5;
/** Ranks written on discs: more could not be read. */
const MOST_RANKS = 400;

/** Draws the centroids around the query, the probed ones in the colours of their ranks, and the circle of nprobe. */
export function paintCoarse(
  context: CanvasRenderingContext2D,
  { layout, nprobe, probe, tintOf = null }: CoarseScene,
  palette: Palette,
  size: Size,
): void {
  const { circle: whole, scale } = layout;
  fillAll(context, size, palette.background);
  paintRings(context, whole, scale, palette);
  ring(context, whole.x, whole.y, nprobeRadius(layout, nprobe), palette.accent, 1, [], 2);
  const colours = coarseColours(palette, probe, tintOf);
  if (layout.discs.length <= MOST_CIRCLES) circles(context, layout, probe, colours);
  else stamps(context, layout, size, colours);
  paintRingLabels(context, whole, scale, palette, new BoxPlacer());
  paintRanks(context, layout, probe, palette, colours);
  paintQuery(context, palette, whole.x, whole.y);
}

/** Outlines the discs of the pinned cluster and of the one under the pointer. */
export function paintCoarseOverlay(
  context: CanvasRenderingContext2D,
  { layout: { positions, discs }, pinnedRank, hoveredRank }: CoarseHighlights,
  palette: Palette,
  size: Size,
): void {
  clear(context, size);
  for (const [rank, width] of [
    [pinnedRank, 2.5],
    [hoveredRank, 2],
  ]) {
    if (rank === 0) continue;
    const i = rank - 1;
    const radius = Math.max(4, discs[i] + 2);
    ring(context, positions[2 * i], positions[2 * i + 1], radius, palette.text, 1, [], width);
  }
}

/** Colours of discs by rank. */
interface CoarseColours {
  inner(rank: number): Rgb;
  edge(rank: number): Rgb;
}

function coarseColours(palette: Palette, probe: Probe, tintOf: CoarseScene["tintOf"]): CoarseColours {
  const background = rgbOf(palette.background);
  const line = mix(background, rgbOf(palette.control), 0.6);
  if (tintOf) {
    const edge = rgbOf(palette.text);
    return { inner: tintOf, edge: (rank) => (probe.has(rank) ? edge : line) };
  }
  return {
    inner: (rank) =>
      probe.has(rank) ? mix(background, rankColour(palette, rank), palette.fill) : palette.plain,
    edge: (rank) => (probe.has(rank) ? rankColour(palette, rank) : line),
  };
}

function circles(
  context: CanvasRenderingContext2D,
  { positions, discs }: CoarseLayout,
  probe: Probe,
  { inner, edge }: CoarseColours,
): void {
  // The nearest last, on top.
  for (let i = discs.length - 1; i >= 0; i--) {
    const rank = i + 1;
    const x = positions[2 * i];
    const y = positions[2 * i + 1];
    circle(context, x, y, discs[i]);
    context.globalAlpha = 0.9;
    fill(context, css(inner(rank)));
    context.globalAlpha = 1;
    stroke(context, css(edge(rank)), probe.has(rank) ? 1.5 : 1);
  }
}

/** The ranks of the probed clusters, on those of their discs that have room. */
function paintRanks(
  context: CanvasRenderingContext2D,
  { positions, discs }: CoarseLayout,
  { ranks }: Probe,
  palette: Palette,
  { inner }: CoarseColours,
): void {
  for (let place = 0; place < Math.min(ranks.length, MOST_RANKS); place++) {
    const rank = ranks[place];
    const i = rank - 1;
    if (discs[i] < NUMBER_ROOM + (rank > 9 ? 2.5 : 0)) continue;
    font(context, discs[i] < 11 ? 10 : 12);
    context.fillStyle = inkOn(palette, inner(rank));
    context.fillText(String(rank), positions[2 * i], positions[2 * i + 1] + 0.5);
  }
}

function stamps(
  context: CanvasRenderingContext2D,
  { positions, discs, radii }: CoarseLayout,
  { width, height, ratio }: Size,
  { edge }: CoarseColours,
): void {
  const pixels = context.getImageData(0, 0, Math.round(width * ratio), Math.round(height * ratio));
  const points = { count: radii.length, groups: Uint32Array.from(radii, (_, i) => i + 1) };
  const largest = discs.reduce((most, disc) => Math.max(most, disc), 0);
  for (let level = 1; level <= SIZES; level++) {
    const from = (largest * (level - 1)) / SIZES;
    const to = (largest * level) / SIZES;
    const dot = stamp(to * ratio, 0.6);
    splat(pixels, points, positions, UNZOOMED, ratio, dot, edge, (i) => discs[i] > from && discs[i] <= to);
  }
  context.putImageData(pixels, 0, 0);
}
