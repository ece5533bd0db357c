/** From what comes over the wire to a message; the layout of the buffers is described in `wire.py`. */

import type { MapPart, Message, Projection, ThumbnailItem } from "./messages";

/** How many curves a workload has: mean recall, what 50, 95, 99 and 100 % of the queries reach, vectors compared. */
const CURVES = 6;

export class MalformedMessage extends Error {}

/**
 * What a message of each kind holds besides its kind and the name of its request: fields of its JSON, each followed by
 * a letter of `FIELDS`, and after the bar its buffers, each followed by a letter of `BUFFERS`. Buffers that are joined
 * by `=` have as many elements as each other.
 */
const LAYOUTS: Readonly<Record<string, string>> = {
  coarse:
    "serial:n id:i label:t nprobe:n k:n k_max:n complete:b exhaustive:b|clusters:i=distances:f vector:f",
  fine: "first_rank:n|counts:i ids:l=distances:f",
  nearest: "first_rank:n|counts:i ids:l=distances:f",
  results: "serial:n nprobe:n k:n first_k:n compared:n|ids:l=distances:f=rankOf:i handed:l=first:f=second:f",
  bounds: "serial:n findings:a|bounds:f",
  truth: "serial:n k:n nprobe:n count:n|ids:l=distances:f=rankOf:i=compared:i=handed:i=from:i=until:i",
  done: "seconds:o bytes:n findings:a",
  progress: "done:n asked:n",
  verdict: "serial:n id:i cluster:n rank:n distance:n position:m",
  workload:
    "k:n seed:m source:s computed:n asked:n final:b include_self:b reason:t labels:a|nprobes:i curves:f rows:i ids:l found:i",
  thumbnails: "size:n items:a|data:u",
  members: "cluster:n offset:n total:n serial:n|ids:l=distances:f",
  medoids: "|clusters:i=ids:l",
  map: "method:s final:b aspect:n rows:n offset:n|points:p offsets:i centres:p=inradii:f",
  projection:
    "serial:n ranks:n flips:a method:s final:b sampled:b total:n drawn_in:n rows:n offset:n|ids:l=rankOf:i=distances:f=positions:p query:p",
  error: "code:s message:s",
};

const ITEM = "id:s label:t mime:t offset:n length:n url:t reason:t";

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === "string";
const isObject: Check = (value) => typeof value === "object" && value !== null;

const FIELDS: Readonly<Record<string, Check>> = {
  n: Number.isFinite,
  m: (value) => value === null || Number.isFinite(value),
  b: (value) => typeof value === "boolean",
  s: isString,
  t: (value) => value === null || isString(value),
  i: (value) => value === null || (isString(value) && /^-?\d{1,19}$/.test(value as string)),
  a: Array.isArray,
  o: isObject,
};

const BUFFERS = {
  u: [Uint8Array, 1],
  i: [Int32Array, 4],
  f: [Float32Array, 4],
  l: [BigInt64Array, 8],
  p: [Float32Array, 8],
} as const;

type Entry = Record<string, unknown>;

/** Turn what came over the wire into a message; throws MalformedMessage on anything else. */
export function decode(content: unknown, buffers: readonly DataView[]): Message {
  if (!isObject(content)) throw new MalformedMessage("a message is an object");
  const { kind, request } = content as Entry;
  if (!isString(kind) || !Object.hasOwn(LAYOUTS, kind as string)) {
    throw new MalformedMessage(`unknown message kind: ${shown(kind)}`);
  }
  if (!isString(request) && !Number.isFinite(request) && (kind !== "error" || request !== null)) {
    throw wrong("request", request);
  }
  const [fields, parts = ""] = LAYOUTS[kind as string].split("|");
  const message: Entry = { kind, request, ...read(content, fields) };
  let place = 0;
  for (const group of parts.split(" ").filter(Boolean)) {
    let length: number | null = null;
    for (const part of group.split("=")) {
      const [name, letter] = part.split(":");
      const [Values, unit] = BUFFERS[letter as keyof typeof BUFFERS];
      const view = buffers[place++];
      if (view === undefined) throw new MalformedMessage(`buffer ${name} is missing`);
      if (view.byteLength % unit !== 0) throw new MalformedMessage(`buffer ${name} is cut short`);
      length ??= view.byteLength / unit;
      same(length, view.byteLength / unit);
      // A copy: what arrives is a view at an arbitrary offset, which typed arrays refuse.
      message[name] = new Values(
        view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer,
      );
    }
  }
  const decoded = message as unknown as Message;
  examine(decoded);
  return decoded;
}

/** What the layout cannot say. */
function examine(message: Message): void {
  switch (message.kind) {
    case "fine":
    case "nearest":
      if (message.counts.some((count) => count < 0)) throw new MalformedMessage("a count is below 0");
      same(
        message.ids.length,
        message.counts.reduce((sum, count) => sum + count, 0),
      );
      break;
    case "done":
      texts(message.findings);
      for (const step of ["coarse", "fine", "nearest"]) {
        if (!Number.isFinite(message.seconds[step])) throw wrong(step, message.seconds[step]);
      }
      break;
    case "bounds":
      texts(message.findings);
      break;
    case "truth":
    case "results":
      if (message.rankOf.some((rank) => rank < 1)) throw new MalformedMessage("a rank is below 1");
      break;
    case "workload":
      same(message.curves.length, message.nprobes.length * CURVES);
      same(message.found.length, message.rows.length * message.k);
      same(message.labels.length, message.rows.length);
      if (message.ids.length > 0) same(message.ids.length, message.rows.length);
      break;
    case "thumbnails":
      message.items = message.items.map((item) => read(item, ITEM) as unknown as ThumbnailItem);
      break;
    case "map": {
      const { offsets, points, inradii } = message;
      same(offsets.length, inradii.length + 1);
      if (offsets.some((offset, i) => (i === 0 ? offset !== 0 : offset < offsets[i - 1]))) {
        throw new MalformedMessage("offsets do not ascend from 0");
      }
      same(offsets[inradii.length], points.length / 2);
      fits(message, inradii.length);
      break;
    }
    case "projection":
      same(message.query.length, 2);
      fits(message, message.ids.length);
      break;
  }
}

function fits({ offset, rows }: MapPart | Projection, length: number): void {
  if (offset < 0 || offset + length > rows) {
    throw new MalformedMessage(`rows from ${offset} on do not fit in ${rows}`);
  }
}

function texts(values: unknown[]): void {
  if (!values.every(isString)) throw wrong("findings", values);
}

function read(content: unknown, layout: string): Entry {
  if (!isObject(content)) throw wrong("item", content);
  const fields: Entry = {};
  for (const part of layout.split(" ").filter(Boolean)) {
    const [name, letter] = part.split(":");
    const value = (content as Entry)[name];
    if (!FIELDS[letter](value)) throw wrong(name, value);
    fields[name] = letter === "i" && value !== null ? BigInt(value as string) : value;
  }
  return fields;
}

function same(left: number, right: number): void {
  if (left !== right) throw new MalformedMessage(`buffers disagree in length: ${left} and ${right}`);
}

function wrong(name: string, value: unknown): MalformedMessage {
  return new MalformedMessage(`field ${name} is wrong: ${shown(value)}`);
}

function shown(value: unknown): string {
  return String(value).slice(0, 80);
}
