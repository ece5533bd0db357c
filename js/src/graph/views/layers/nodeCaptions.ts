import { count, ordinal, plural } from "../../../model/format";
import { type Box, BoxPlacer, boxAround } from "../../../views/placer";
import type { Band, Dot } from "./bands";
import type { LayersScene } from "./layersScene";
import type { LayersState } from "./layersState";
import { takenBy } from "./obstacles";
import { missedPortraits, over, type Portrait, sideIn } from "./portraits";

export type Tone = "text" | "muted" | "danger" | "bar";

/** A text on the picture, from its left end, at the height of its middle. */
export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly tone: Tone;
  readonly weight: 400 | 650;
}

/** The width of a text of 12 pixels. */
export type Measure = (text: string, weight: 400 | 650) => number;

export interface Labels {
  readonly labels: readonly Label[];
  readonly portraits: readonly Portrait[];
}

export const SIZE = 12;
export const LINE = 15;
/** CSS pixels between the middle of a node and its name. */
const GAP = 12;

/** Names lines and nodes and shows the nodes of the descent and the missed ones, where nothing is in the way. */
export function placeLabels(
  state: LayersState,
  scene: LayersScene,
  measure: Measure,
  images: boolean,
): Labels {
  const { frame, bands, floor } = scene;
  const placer = new BoxPlacer({ taken: takenBy(scene), gap: 2 });
  const labels: Label[] = [];
  const portraits: Portrait[] = [];
  const isWithin = ({ left, right, top, bottom }: Box, part: Pick<Box, "top" | "bottom">) =>
    left >= frame.plotLeft - 4 && right <= frame.right && top > part.top && bottom < part.bottom;
  /** Writes the first text that has a free place, one line below the other. */
  const name = (
    texts: readonly string[],
    tone: Tone,
    weight: 400 | 650,
    places: (width: number, height: number) => Box[],
    part: Pick<Box, "top" | "bottom">,
  ): void => {
    for (const text of texts) {
      const lines = text.split("\n");
      const widths = lines.map((line) => measure(line, weight));
      const boxes = places(Math.max(...widths), LINE * lines.length);
      const box = placer.placeFree(boxes.filter((each) => isWithin(each, part)));
      if (box === null) continue;
      lines.forEach((line, i) => {
        const y = box.top + (i + 0.5) * LINE;
        labels.push({ text: line, x: box.left, y, width: widths[i], tone, weight });
      });
      return;
    }
  };

  const ground = { top: floor.top, bottom: floor.bottom + 1 };
  const { barX, lastX } = floor.plot;
  const leftmost = Math.min(barX ?? lastX ?? 0, lastX ?? barX ?? 0);
  const beside = (x: number) => (width: number) =>
    Array.from({ length: 4 }, (_, i) => floor.top + 12 + i * LINE).flatMap((y) => [
      boxAround(x + 7 + width / 2, y, width, LINE),
      boxAround(leftmost - 7 - width / 2, y, width, LINE),
    ]);
  const isOneLine = barX !== null && lastX !== null && Math.abs(barX - lastX) < 3;
  if (lastX !== null && !isOneLine) name([`k = ${count(state.k)}`], "text", 650, beside(lastX), ground);
  if (barX !== null) {
    const nth = `${ordinal(state.ef)} nearest`;
    const also = isOneLine ? `, k = ${count(state.k)}` : "";
    const texts = [`${nth} (efSearch)${also}`, `${nth}\n(efSearch)${also}`, `ef = ${count(state.ef)}`];
    name(texts, "bar", 650, beside(barX), ground);
  }
  const tallest = [...floor.plot.bars].sort((a, b) => b.nodes - a.nodes)[0];
  if (tallest !== undefined) {
    const at = (width: number) =>
      [0, -30, 30, -60, 60].map((dx) =>
        boxAround(tallest.left + dx, floor.bottom - tallest.all - 10, width, LINE),
      );
    name([plural(tallest.nodes, "node")], "muted", 400, at, ground);
  }
  if (images) portraits.push(...missedPortraits(state, scene, placer));
  if (floor.beyond > 0) {
    const above = (width: number, height: number) =>
      Array.from({ length: 4 }, (_, i) =>
        boxAround(frame.plotLeft + width / 2, floor.bottom - 22 - height / 2 - 10 * i, width, height),
      );
    name(beyondTexts(state, floor.beyond), "muted", 400, above, ground);
  }
  /** Shows a node over the line of its band; null where there is no room, or the band is too low. */
  const portray = ({ id, x, y }: Dot, band: Band, kind: "stay" | "rival"): Box | null => {
    const side = images ? sideIn(band.base - band.top - 12) : null;
    const places = side === null ? [] : over(x, band, side);
    const box = placer.placeFree(places.filter((each) => isWithin(each, band)));
    if (box === null || side === null) return null;
    portraits.push({ id, left: box.left, top: box.top, side, toX: x, toY: y, kind, rank: null });
    return box;
  };
  const rivals = new Set<bigint>();
  for (const band of bands) {
    const { nearest } = band;
    if (nearest === null || !band.isOff) continue;
    const box = rivals.has(nearest.id) ? null : portray(nearest, band, "rival");
    if (box !== null) rivals.add(nearest.id);
    name([nearest.id.toString()], "danger", 650, around(nearest.x, band.base, box), band);
  }

  const { start } = floor;
  if (bands.length === 0 && start !== null) {
    name(["entry point"], "text", 400, around(start.x, start.y), ground);
  }
  const [shown, named] = [new Set<bigint>(), new Set<bigint>()];
  for (const band of bands) {
    for (const [i, stay] of band.stays.entries()) {
      const isEntry = i === 0 && band === bands[0];
      // Nodes that the descent only passes through are dots. One that stays is shown on the first level with room.
      if (shown.has(stay.id) || !(isEntry || i === band.stays.length - 1)) continue;
      const box = portray(stay, band, "stay");
      if (box !== null) shown.add(stay.id);
      if (named.has(stay.id)) continue;
      named.add(stay.id);
      const texts = isEntry ? ["entry point", "entry"] : [stay.id.toString()];
      name(texts, "text", 400, around(stay.x, band.base, box), band);
    }
  }
  return { labels, portraits };
}

/** "the query itself", or what else stands beyond the break of the axis. */
function beyondTexts({ walk, similarity }: LayersState, nodes: number): string[] {
  if (nodes > 1) return [`${plural(nodes, "node")} here`, `${plural(nodes, "node")}`];
  const nearest = walk.distances.reduce((a, b) => (similarity ? Math.max(a, b) : Math.min(a, b)));
  const id = walk.ids[walk.distances.indexOf(nearest)];
  return id === walk.id ? ["the query itself", "the query\nitself", "query"] : [`row ${id}`];
}

/** Places for a name around a node on a line, beside its picture first. */
function around(x: number, y: number, picture: Box | null = null) {
  return (width: number, height: number): Box[] => {
    const [above, below] = [y - GAP - height / 2, y + GAP + height / 2];
    const [right, left] = [x + GAP + width / 2, x - GAP - width / 2];
    const boxes = [
      ...[x, x - 7, x + 7].map((at) => boxAround(at, above, width, height)),
      boxAround(right, y, width, height),
      boxAround(left, y, width, height),
      boxAround(right - 4, above + 3, width, height),
      boxAround(left + 4, above + 3, width, height),
      boxAround(x, below, width, height),
      boxAround(right - 4, below - 3, width, height),
      boxAround(left + 4, below - 3, width, height),
      boxAround(right, above - 8, width, height),
      boxAround(left, above - 8, width, height),
      ...[right - 4, left + 4, x + width / 2 - 8, x - width / 2 + 8].map((at) =>
        boxAround(at, y + GAP + height / 2 - 4, width, height),
      ),
    ];
    if (picture === null) return boxes;
    const middle = (picture.top + picture.bottom) / 2;
    return [
      boxAround(picture.right + 6 + width / 2, middle, width, height),
      boxAround(picture.left - 6 - width / 2, middle, width, height),
      ...boxes,
    ];
  };
}
