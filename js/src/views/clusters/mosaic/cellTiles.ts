import type { Member } from "../../../state/members";
import { cellPictureOpacity } from "../../labels/cellLabels";
import type { LayerFrame } from "../layers/layer";
import { type ClusterScene, coloursMeanRanks } from "../scene";
import { widthBetween } from "./outline";
import { type Tile, wordsIn } from "./tile";
import type { Room, Tiling } from "./tiling";

/** What tiles show of their rows. */
export type TileKind = "picture" | "label" | "vector";

/** The room of a tile while not all members of its cell have one, gap included. */
export const ROOMS: Readonly<Record<TileKind, Room>> = {
  picture: { width: 24, height: 24 },
  vector: { width: 24, height: 24 },
  label: { width: 96, height: 46 },
};
/** Share of a room that is gap, and the most that it is in CSS pixels. */
const GAP = 1 / 12;
const MOST_GAP = 8;
/** Side of the picture that stands for a cluster, by the radius of the circle in its cell, and its bounds. */
const PORTRAIT = 1.34;
const LEAST_PORTRAIT = 13;
const MOST_PORTRAIT = 48;
const MOST_ON_WIDE_MAP = 60;
/** CSS pixels from which on a map is wide. */
const WIDE = 720;
/**
 * Heights of the label that stands for a cluster: one for large cells, by the radius of the circle in the cell, and in
 * CSS pixels those of three lines, two and one. The one is taken in which most words find room.
 */
const LABEL_SHARE = 1.2;
const LABEL_HEIGHTS = [41, 28, 16];
/** CSS pixels between such a label and the edge of its cell, its least width and its most. */
const LABEL_EDGE = 4;
const LEAST_LABEL = 30;
const LEAST_LABEL_RADIUS = 8;
/** CSS pixels of a word of some length. */
const WORD = 30;
const MOST_LABEL = 150;
/** Share of the height of a label that is left to it above a recall. */
const BESIDE_RECALL = 0.75;
/** Opacity of rows in clusters that are not probed. */
const FAINT = 0.6;

/** The rows of a cluster, nearest first; null where one is not known yet. */
interface Members {
  at(i: number): Member | null;
}

/** Places of members in sight whose rows are not known: from the first to before the last. */
export interface Gap {
  first: number;
  last: number;
}

/**
 * The members of a cell that lie in a layer.
 *
 * @param gap  is widened by the places in sight whose rows are not known
 */
export function mosaicTiles(
  scene: ClusterScene,
  cell: number,
  frame: LayerFrame,
  tiling: Tiling,
  members: Members,
  kind: TileKind,
  gap: Gap,
): Tile[] {
  const times = frame.k / tiling.scale;
  const [cx, cy] = middleOf(frame, cell);
  const rank = probedRank(scene, cell);
  const marks = scene.marks.get(cell);
  const { width, height } = tiling.room;
  const between = Math.min(MOST_GAP, Math.min(width, height) * times * GAP);
  const tiles: Tile[] = [];
  for (let i = 0; i < tiling.places.length / 2; i++) {
    const size1 = times * (i === 0 ? tiling.first : 1);
    const tile = {
      x: cx + tiling.places[2 * i] * times,
      y: cy + tiling.places[2 * i + 1] * times,
      width: width * size1 - between,
      height: height * size1 - between,
    };
    if (tile.x + tile.width / 2 < frame.left || tile.x - tile.width / 2 > frame.right) continue;
    if (tile.y + tile.height / 2 < frame.top || tile.y - tile.height / 2 > frame.bottom) continue;
    const member = members.at(i);
    if (member === null) {
      gap.first = Math.min(gap.first, i);
      gap.last = Math.max(gap.last, i + 1);
      continue;
    }
    const mark = marks?.get(member.id) ?? null;
    const isQuery = scene.query === member.id;
    const isClear = scene.ranking === null || rank > 0 || mark !== null || isQuery;
    tiles.push({
      ...tile,
      cluster: cell,
      id: member.id,
      distance: member.distance,
      index: i,
      mark,
      isQuery,
      rank,
      // Where colours mean labels, opacity tells the chosen one; where they mean numbers, all clusters count.
      alpha: isClear || !coloursMeanRanks(scene) ? 1 : FAINT,
      isText: kind === "label",
      isRankless: !coloursMeanRanks(scene),
      chosenLabel: scene.labels?.chosenName ?? null,
    });
  }
  return tiles;
}

/** The tile of the row that stands for a cell; null where the cell has no room for one. */
export function portraitTile(
  scene: ClusterScene,
  cell: number,
  frame: LayerFrame,
  id: bigint,
  kind: TileKind,
): Tile | null {
  const whole = portraitSides(frame, cell, kind);
  if (whole === null) return null;
  // A recall or a mean is written below a label.
  const hasFigure = Boolean(scene.recall || scene.scale);
  const sides = hasFigure && kind === "label" ? { ...whole, height: BESIDE_RECALL * whole.height } : whole;
  const [x, y] = middleOf(frame, cell);
  const rank = probedRank(scene, cell);
  const isClear = scene.ranking === null || rank > 0 || scene.missed.some((missed) => missed.cell === cell);
  return {
    ...sides,
    x,
    y,
    cluster: cell,
    id,
    distance: Number.NaN,
    index: -1,
    mark: null,
    isQuery: false,
    rank,
    alpha: scene.labels ? cellPictureOpacity(scene.labels, cell) : isClear || hasFigure ? 1 : FAINT,
    isText: kind === "label",
  };
}

/** How large the tile is that stands for a cell; null where there is none. */
export function portraitSides(frame: LayerFrame, cell: number, kind: TileKind): Room | null {
  if (kind === "vector") return null;
  const radius = radiusOf(frame, cell);
  if (kind === "label") return radius < LEAST_LABEL_RADIUS ? null : labelSides(frame, cell, radius);
  const most = frame.size.width < WIDE ? MOST_PORTRAIT : MOST_ON_WIDE_MAP;
  const side = Math.min(most, PORTRAIT * radius);
  return side < LEAST_PORTRAIT ? null : { width: side, height: side };
}

/** The room in the middle of a cell that holds most words of a label. */
function labelSides(frame: LayerFrame, cell: number, radius: number): Room | null {
  const [cx, cy] = middleOf(frame, cell);
  const outline = Float32Array.from(frame.cells.corners(cell), (value, i) =>
    i % 2 === 0 ? value * frame.sx - cx : value * frame.sy - cy,
  );
  let best: Room | null = null;
  let most = 0;
  for (const height of [LABEL_SHARE * radius, ...LABEL_HEIGHTS]) {
    const [left, right] = widthBetween(outline, -height / 2, height / 2);
    const width = Math.min(MOST_LABEL, 2 * (Math.min(-left, right) - LABEL_EDGE));
    const { size, lines } = wordsIn(height);
    // Lines that hardly hold a word count little, however many they are.
    const words = (lines * Math.max(1, width - WORD)) / size;
    if (width < LEAST_LABEL || words <= most) continue;
    most = words;
    best = { width, height };
  }
  return best;
}

/** The middle of a cell, in CSS pixels from the map's corner. */
export function middleOf({ cells, sx, sy }: LayerFrame, cell: number): [x: number, y: number] {
  return [cells.centres[2 * cell] * sx, cells.centres[2 * cell + 1] * sy];
}

/** Radius of the circle in a cell, in CSS pixels. */
export function radiusOf({ cells, sx, sy }: LayerFrame, cell: number): number {
  return cells.inradii[cell] * Math.min(sx, sy);
}

/** The rank of a cell's cluster where it is probed, else 0. */
function probedRank({ ranking, probe }: ClusterScene, cell: number): number {
  const rank = ranking?.rankOf[cell] ?? 0;
  return probe.has(rank) ? rank : 0;
}
