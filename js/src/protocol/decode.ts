/** From what comes over the wire to a message, by the layouts that Python declares. */

import type { BufferLayout, FieldCheck } from "./layout";
import {
  type GraphSummary,
  type IndexSummary,
  LAYOUTS,
  type Labels,
  type MapCentres,
  type MapPart,
  type MapShapes,
  type Message,
  type Projection,
  type QueryRecalls,
  type RowLevels,
  type Scale,
  type Walk,
} from "./messages";

/** The level of a row without a value. */
const NO_VALUE = 254;

export class MalformedMessage extends Error {}

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
} as const;

/** The row id that a string holds, as in JSON, which has no whole numbers of 64 bits; null for anything else. */
export function rowIdIn(value: unknown): bigint | null {
  return typeof value === "string" && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null;
}

type Entry = Record<string, unknown>;

/** Turn an object and its buffers into a message; throws MalformedMessage on anything else. */
export function decode(content: unknown, buffers: readonly DataView[]): Message {
  if (isObject(content) && (content.kind === "index" || content.kind === "graph")) {
    throw new MalformedMessage("a summary is no message");
  }
  const decoded = readDeclared(content, buffers) as Message;
  examine(decoded);
  return decoded;
}

/** Turn the trait and its buffer into the summary of the index; throws MalformedMessage on anything else. */
export function readIndexSummary(content: unknown, sizes: DataView): IndexSummary {
  const summary = readDeclared(content, [sizes]) as IndexSummary;
  if (summary.kind !== "index") throw new MalformedMessage("a message is no summary");
  return summary;
}

/** Turn the trait into the summary of a graph; throws MalformedMessage on anything else. */
export function readGraphSummary(content: unknown): GraphSummary {
  const summary = readDeclared(content, []) as GraphSummary;
  if (summary.kind !== "graph") throw new MalformedMessage("a message is no summary of a graph");
  return summary;
}

function readDeclared(content: unknown, buffers: readonly DataView[]): unknown {
  if (!isObject(content)) throw new MalformedMessage("a message is an object");
  const { kind } = content;
  if (typeof kind !== "string" || !Object.hasOwn(LAYOUTS, kind)) {
    throw new MalformedMessage(`unknown message kind: ${shown(kind)}`);
  }
  const layout = LAYOUTS[kind];
  const message: Entry = { kind, ...readObject(layout.fields, content) };
  const sizes = new Map<string, number>();
  Object.entries(layout.buffers).forEach(([name, expected], place) => {
    message[name] = readBuffer(name, expected, described(content, place), buffers[place], message, sizes);
  });
  return message;
}

/** The name, dtype and shape that a message gives for one of its buffers. */
function described(content: Entry, place: number): readonly unknown[] {
  const all = content.buffers;
  const one = Array.isArray(all) ? all[place] : undefined;
  return Array.isArray(one) ? one : [];
}

function readBuffer(
  name: string,
  { dtype, shape }: BufferLayout,
  [saidName, saidType, saidShape]: readonly unknown[],
  view: DataView | undefined,
  message: Entry,
  sizes: Map<string, number>,
): unknown {
  if (view === undefined) throw new MalformedMessage(`buffer ${name} is missing`);
  if (saidName !== name || saidType !== dtype || !isShape(saidShape) || saidShape.length !== shape.length) {
    throw new MalformedMessage(`buffer ${name} is described as ${shown([saidName, saidType, saidShape])}`);
  }
  const Values = ARRAYS[dtype];
  const length = saidShape.reduce((product, size) => product * size, 1);
  if (view.byteLength !== length * Values.BYTES_PER_ELEMENT) {
    throw new MalformedMessage(`buffer ${name} is cut short: ${view.byteLength} bytes for ${saidShape}`);
  }
  shape.forEach((axis, i) => {
    const expected = sizeOf(axis, message, sizes, saidShape[i]);
    if (saidShape[i] !== expected) {
      throw new MalformedMessage(`buffers disagree in length: ${name} has ${saidShape[i]}, not ${expected}`);
    }
  });
  // A copy: a view begins at any byte of a frame, and typed arrays need aligned ones.
  return new Values(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}

/** The size that an axis must have; the first to use a name decides on it. */
function sizeOf(axis: string | number, message: Entry, sizes: Map<string, number>, size: number): number {
  if (typeof axis === "number") return axis;
  const [name, more] = axis.split(" + ");
  const added = Number(more ?? 0);
  const field = message[name];
  if (typeof field === "number") return field + added;
  if (Array.isArray(field)) return field.length + added;
  if (!sizes.has(name)) sizes.set(name, size - added);
  return (sizes.get(name) as number) + added;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0);
}

function readObject(fields: Readonly<Record<string, FieldCheck>>, content: unknown): Entry {
  if (!isObject(content)) throw wrong("item", content);
  const read = Object.entries(fields).map(([name, check]) => [name, readField(name, check, content[name])]);
  return Object.fromEntries(read);
}

function readField(name: string, check: FieldCheck, value: unknown): unknown {
  if (typeof check === "object") {
    if ("nullable" in check) return value === null ? null : readField(name, check.nullable, value);
    if ("object" in check) return readObject(check.object, value);
    if ("each" in check) {
      if (!Array.isArray(value)) throw wrong(name, value);
      return value.map((item) => readField(name, check.each, item));
    }
    if (!check.one.includes(value as string | boolean)) throw wrong(name, value);
    return value;
  }
  if (check === "numbers") {
    const isNumber = (one: unknown) => Number.isFinite(one);
    const areNumbers = (one: unknown) => isNumber(one) || (Array.isArray(one) && one.every(isNumber));
    if (!isObject(value) || Array.isArray(value) || !Object.values(value).every(areNumbers)) {
      throw wrong(name, value);
    }
    return value;
  }
  if (check === "row") {
    const id = rowIdIn(value);
    if (id === null) throw wrong(name, value);
    return id;
  }
  const isRight =
    check === "request"
      ? typeof value === "string" || Number.isFinite(value)
      : check === "number"
        ? Number.isFinite(value)
        : typeof value === check;
  if (!isRight) throw wrong(name, value);
  return value;
}

/** Check what no layout says: values that index others. */
function examine(message: Message): void {
  switch (message.kind) {
    case "fine":
    case "nearest":
    case "members":
      checkCounts(message);
      break;
    case "truth":
    case "results":
      if (message.rank_of.some((rank) => rank < 1)) throw new MalformedMessage("a rank is below 1");
      break;
    case "hardest":
      if (message.ids.length > 0 && message.ids.length !== message.places.length) {
        throw new MalformedMessage("buffers disagree in length: ids and places");
      }
      break;
    case "labels":
      if (message.commonest.some((place) => place > message.names.length + 1)) {
        throw new MalformedMessage("a label is not among the names");
      }
      checkFit(message, message.most.length);
      break;
    case "scale":
      checkFit(message, message.valued.length);
      break;
    case "row_levels":
      if (message.levels.some((level) => level > NO_VALUE)) {
        throw new MalformedMessage("a level is beyond the scale");
      }
      checkCounts(message);
      break;
    case "row_labels":
      if (message.codes.some((code) => code > message.names.length + 1)) {
        throw new MalformedMessage("a label is not among the names");
      }
      checkCounts(message);
      break;
    case "composition":
      if (message.counts.length !== message.names.length) {
        throw new MalformedMessage("names and counts disagree in length");
      }
      break;
    case "walk":
      checkWalk(message);
      break;
    case "walk_truth":
      checkOffsets(message.in_offsets, message.in_ids.length, "links");
      if (message.count < 0 || message.count > message.ids.length) {
        throw new MalformedMessage("there are fewer rows than true neighbours");
      }
      break;
    case "query_recalls":
      checkOffsets(message.offsets, message.nprobes.length, "changes");
      checkFit(message, message.clusters.length);
      break;
    case "map":
      checkOffsets(message.offsets, message.points.length / 2, "corners");
      checkFit(message, message.inradii.length);
      break;
    case "map_centres":
      checkFit(message, message.centres.length / 2);
      break;
    case "map_shapes":
      checkOffsets(message.offsets, message.points.length / 2, "corners");
      checkFit(message, message.inradii.length);
      break;
    case "projection":
      checkFit(message, message.ids.length);
      break;
  }
}

/** Places are among the visits, and offsets divide what they are for. */
function checkWalk({ hop_offsets, link_ids, first, ids, expanded, stopped_at }: Walk): void {
  checkOffsets(hop_offsets, link_ids.length, "links");
  checkOffsets(Int32Array.of(0, ...first), ids.length, "visits");
  const isPlace = (place: number) => place >= 0 && place < ids.length;
  if (!expanded.every(isPlace) || !(stopped_at === -1 || isPlace(stopped_at))) {
    throw new MalformedMessage("an expanded row was not visited");
  }
}

/** Counts of rows are none below 0, and add up to the rows. */
function checkCounts({ counts, ids }: Pick<RowLevels, "counts" | "ids">): void {
  if (counts.some((count) => count < 0)) throw new MalformedMessage("a count is below 0");
  if (counts.reduce((sum, count) => sum + count, 0) !== ids.length) {
    throw new MalformedMessage("buffers disagree in length: counts do not add up to the rows");
  }
}

/** Offsets ascend from 0 to the number of things that they divide. */
function checkOffsets(offsets: Int32Array, end: number, things: string): void {
  if (offsets.some((offset, i) => (i === 0 ? offset !== 0 : offset < offsets[i - 1]))) {
    throw new MalformedMessage("offsets do not ascend from 0");
  }
  if (offsets[offsets.length - 1] !== end)
    throw new MalformedMessage(`offsets do not end with the ${things}`);
}

function checkFit(
  { offset, rows }: MapPart | MapCentres | MapShapes | Projection | Labels | Scale | QueryRecalls,
  length: number,
): void {
  if (offset < 0 || offset + length > rows) {
    throw new MalformedMessage(`rows from ${offset} on do not fit in ${rows}`);
  }
}

function isObject(value: unknown): value is Entry {
  return typeof value === "object" && value !== null;
}

function wrong(name: string, value: unknown): MalformedMessage {
  return new MalformedMessage(`field ${name} is wrong: ${shown(value)}`);
}

function shown(value: unknown): string {
  return String(value).slice(0, 80);
}
