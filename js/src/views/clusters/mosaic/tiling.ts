import { ascending } from "../../../model/candidateOrder";
import { count } from "../../../model/format";
import {
  areaOf,
  below,
  extentOf,
  inset,
  middleOf,
  type Outline,
  type TextPlace,
  textPlace,
  widthBetween,
} from "./outline";

/** The room of one tile with the gap around it, in CSS pixels. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** What a mosaic is made of. */
export interface MosaicPlan {
  /** The cell where the map is not enlarged. */
  readonly outline: Outline;
  /** Members of the cluster. */
  readonly count: number;
  /** The room of a tile while not all members have one. */
  readonly room: Room;
  /** Whether the first tile may be larger than the others. */
  readonly isFirstLarge: boolean;
  /** CSS pixels that a title at the upper end of the cell is wide; 0 without one. */
  readonly title: number;
}

/** The least enlargement of the map at which all members have a place, and how large their rooms are there. */
export interface Fit {
  readonly scale: number;
  readonly room: Room;
  /** The enlargement from which on the cell is a mosaic. */
  readonly least: number;
}

/** Where the members of a cell lie. */
export interface Tiling {
  /** How much the map is enlarged where the rooms have this size: they grow with it. */
  readonly scale: number;
  readonly room: Room;
  /** Middles of the tiles, x y x y …, from the cell's centre, in CSS pixels at `scale`: the nearest member first. */
  readonly places: Float32Array;
  /** The upper end of the tiles, from the cell's centre at `scale`. */
  readonly top: number;
  /** How much larger than the others the first tile is. */
  readonly first: 1 | 2;
  /** Members without a place, and the middle of the place where they are counted; null where none is wide enough. */
  readonly more: number;
  readonly morePlace: readonly [x: number, y: number] | null;
}

/** Places with the same height: `count` of them from `left` on, in the order of x. */
interface Row {
  readonly left: number;
  readonly y: number;
  readonly count: number;
}

/** Members of one cell that have a place; the others are counted. */
const MOST = 20_000;
/** Fewer members have tiles of one size. */
const FEW = 9;
/** CSS pixels between the cell's edge and its tiles: none lies on the line around a probed cell. */
const EDGE = 5;
/** Height of a line of text in a cell, in CSS pixels. */
export const LINE = 22;
/** CSS pixels that a letter of such a line is wide at most. */
export const LETTER = 7.5;
/** CSS pixels that a digit of a count is wide at most. */
const COUNT_LETTER = 6.2;
/** Share of a title that is inside its cell at least: it may reach over a pointed end. */
const INSIDE = 0.75;
const HALVINGS = 7;
/** Shares of a room's height by which rows may lie beside the middle of the cell, so that more of them fit. */
const PHASES = [0, 1 / 6, -1 / 6, 1 / 3, -1 / 3, 1 / 2];

/** Tiles are laid out anew at these enlargements while not all fit: in between they grow with the map, by less than √2. */
export function levelOf(k: number): number {
  return 2 ** (Math.floor(2 * Math.log2(k) + 1e-9) / 2);
}

/**
 * Lays the members of a cell out in rows that follow its shape, nearest first from the middle, for a map that is
 * enlarged `k` times. While not all fit, rooms keep the size planned, within a step; from `fit` on they grow with the map.
 */
export function tile(plan: MosaicPlan, k: number, fit: Fit): Tiling {
  const isWhole = k >= fit.scale;
  const scale = isWhole ? fit.scale : Math.max(fit.least, levelOf(k));
  const room = isWhole ? fit.room : plan.room;
  const { slots, middle, isLarge, morePlace } = slotsAt(plan, scale, room, isWhole);
  const distances = new Float32Array(slots.length / 2);
  for (let i = 0; i < distances.length; i++) {
    distances[i] = (slots[2 * i] - middle[0]) ** 2 + (slots[2 * i + 1] - middle[1]) ** 2;
  }
  const order = ascending(distances).subarray(0, Math.min(plan.count, MOST));
  const places = new Float32Array(2 * order.length);
  let top = isLarge ? middle[1] - room.height : Number.POSITIVE_INFINITY;
  for (let i = 0; i < order.length; i++) {
    places[2 * i] = slots[2 * order[i]];
    places[2 * i + 1] = slots[2 * order[i] + 1];
    top = Math.min(top, places[2 * i + 1] - room.height / 2);
  }
  const more = plan.count - order.length;
  return { scale, room, places, top, first: isLarge ? 2 : 1, more, morePlace: more > 0 ? morePlace : null };
}

/** @param least  enlargement from which on the cell is a mosaic: where all fit there already, rooms are larger */
export function fitOf(plan: MosaicPlan, least: number): Fit {
  const count = Math.min(plan.count, MOST);
  const { outline, room } = plan;
  const area = areaOf(outline);
  if (area === 0) return { scale: Number.POSITIVE_INFINITY, room, least };
  const placesAt = (scale: number, room: Room) => {
    const { rows, isLarge } = rowsAt(plan, scale, room);
    return rows.reduce((sum, row) => sum + row.count, Number(isLarge));
  };
  const scaleByArea = Math.sqrt((count * room.width * room.height) / area);
  if (placesAt(least, room) >= count) {
    const holds = (times: number) => placesAt(least, enlarged(room, times)) >= count;
    const times = lastThat(holds, 1, Math.max(1, least / scaleByArea));
    return { scale: least, room: enlarged(room, times), least };
  }
  let high = Math.max(least, scaleByArea);
  let low = high;
  while (placesAt(high, room) < count) {
    low = high;
    high *= 1.15;
  }
  const times = lastThat((less) => placesAt(high / less, room) >= count, 1, high / low);
  return { scale: high / times, room, least };
}

/** The width of a line of text as it is planned, which is no less than the real one. */
export function textWidth(text: string): number {
  return text === "" ? 0 : LETTER * text.length + 14;
}

/** The place of a title at the upper end of an outline; null where it is too wide. */
export function titlePlace(outline: Outline, width: number): TextPlace | null {
  return textPlace(outline, INSIDE * width, LINE);
}

/** How the members without a place are counted. */
export function moreText(more: number): string {
  return `+\u200a${count(more)}`;
}

/** The middles of all rooms at a scale, x y x y …; where a cell has a large first one, that comes first. */
function slotsAt(plan: MosaicPlan, scale: number, room: Room, isWhole: boolean) {
  const { rows, isLarge, middle, outline } = rowsAt(plan, scale, room);
  // The last rooms of the lowest row make way for the count, or it stands below the tiles, where there is room.
  const width = moreText(plan.count).length * COUNT_LETTER;
  const taken = Math.ceil(width / room.width);
  const low = lowest(rows, taken);
  const ends = rows.filter((row) => row.count > 0).map((row) => row.y + room.height / 2);
  const bottom = Math.max(...ends, isLarge ? middle[1] + room.height : -Infinity);
  const free = low === null ? textPlace(below(outline, bottom), width, LINE) : null;
  const last = isWhole ? null : low;
  const slots: number[] = isLarge ? [...middle] : [];
  for (const row of rows) {
    const rooms = row === last ? row.count - taken : row.count;
    for (let i = 0; i < rooms; i++) slots.push(row.left + (i + 0.5) * room.width, row.y);
  }
  const morePlace: [number, number] | null =
    free !== null ? [free.x, free.y] : last && [last.left + (last.count - taken / 2) * room.width, last.y];
  return { slots, middle, isLarge, morePlace };
}

/** The lowest row of so many rooms at least; null where there is none. */
function lowest(rows: readonly Row[], rooms: number): Row | null {
  return rows.reduce<Row | null>(
    (last, row) => (row.count >= rooms && row.y > (last?.y ?? -Infinity) ? row : last),
    null,
  );
}

/** The rows of rooms below the title, where most of them find room. */
function rowsAt(plan: MosaicPlan, scale: number, room: Room) {
  const whole = inset(plan.outline, scale, EDGE);
  const title = plan.title > 0 ? titlePlace(whole, plan.title) : null;
  const outline = title === null ? whole : below(whole, title.y + LINE / 2);
  const [x, y] = title === null ? [0, 0] : middleOf(outline);
  const { width, height } = room;
  const [left, right] = widthBetween(outline, y - height, y + height);
  const isLarge = plan.isFirstLarge && plan.count >= FEW && left <= x - width && right >= x + width;
  let best: { rows: Row[]; middle: [x: number, y: number]; rooms: number } | null = null;
  for (const phase of PHASES) {
    const at = y + phase * height;
    const middle: [number, number] = [isLarge ? largeX(outline, room, x, at) : x, at];
    const rows = rowsFrom(outline, room, isLarge ? at + height / 2 : at, isLarge ? middle : null);
    const rooms = rows.reduce((sum, { count }) => sum + count, 0);
    if (best === null || rooms > best.rooms) best = { rows, middle, rooms };
  }
  const { rows, middle } = best as NonNullable<typeof best>;
  return { rows, isLarge, middle, outline };
}

/** The middle of the large tile between two rows: as near to `x` as it can be while they have as many rooms as fit. */
function largeX(outline: Outline, { width, height }: Room, x: number, y: number): number {
  const [left, right] = widthBetween(outline, y - height, y + height);
  const columns = Math.floor((right - left) / width);
  if (columns < 2) return x;
  const start = (left + right - columns * width) / 2;
  const before = Math.round((x - width - start) / width);
  return start + (1 + Math.max(0, Math.min(columns - 2, before))) * width;
}

/** @param large  middle of a tile of two rows' height, which lies between the rows at `y` and above it */
function rowsFrom(
  outline: Outline,
  { width, height }: Room,
  y: number,
  large: readonly [number, number] | null,
): Row[] {
  const rows: Row[] = [];
  const [top, bottom] = extentOf(outline);
  const first = Math.ceil((top + height / 2 - y) / height);
  const last = Math.floor((bottom - height / 2 - y) / height);
  for (let row = first; row <= last; row++) {
    const at = y + row * height;
    const [left, right] = widthBetween(outline, at - height / 2, at + height / 2);
    if (large === null || row < -1 || row > 0) {
      const count = Math.max(0, Math.floor((right - left) / width));
      rows.push({ left: (left + right - count * width) / 2, y: at, count });
      continue;
    }
    const [x] = large;
    const before = Math.max(0, Math.floor((x - width - left) / width));
    const behind = Math.max(0, Math.floor((right - x - width) / width));
    rows.push({ left: x - width - before * width, y: at, count: before });
    rows.push({ left: x + width, y: at, count: behind });
  }
  return rows;
}

function enlarged({ width, height }: Room, times: number): Room {
  return { width: width * times, height: height * times };
}

/** The largest number found between two for which a condition holds, as it does for the first. */
function lastThat(holds: (value: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < HALVINGS && high > low; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
