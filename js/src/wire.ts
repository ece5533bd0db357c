/** The messages between page and kernel; the layout of their buffers is described in `wire.py`. */

import type { RequestName } from "./requests";

export interface Coarse {
  kind: "coarse";
  request: RequestName;
  serial: number;
  id: bigint | null;
  label: string | null;
  nprobe: number;
  k: number;
  kMax: number;
  complete: boolean;
  clusters: Int32Array;
  distances: Float32Array;
  vector: Float32Array;
}

export interface Candidates {
  kind: "fine" | "nearest";
  request: RequestName;
  firstRank: number;
  counts: Int32Array;
  ids: BigInt64Array;
  distances: Float32Array;
}

export interface Done {
  kind: "done";
  request: RequestName;
  seconds: { coarse: number; fine: number; nearest: number };
  bytes: number;
}

export interface ThumbnailItem {
  id: string;
  label: string | null;
  mime: string | null;
  offset: number;
  length: number;
  url: string | null;
  reason: string | null;
}

export interface Thumbnails {
  kind: "thumbnails";
  request: RequestName;
  size: number;
  items: ThumbnailItem[];
  data: Uint8Array<ArrayBuffer>;
}

export interface Members {
  kind: "members";
  request: RequestName;
  cluster: number;
  offset: number;
  total: number;
  serial: number;
  ids: BigInt64Array;
  distances: Float32Array;
}

export interface Medoids {
  kind: "medoids";
  request: RequestName;
  clusters: Int32Array;
  ids: BigInt64Array;
}

export interface Positions {
  kind: "map";
  request: RequestName;
  method: string;
  final: boolean;
  positions: Float32Array;
}

/** Some of the candidates in the plane: those from `offset` on, of `rows`. */
export interface Projection {
  kind: "projection";
  request: RequestName;
  serial: number;
  /** Clusters whose candidates these are. */
  ranks: number;
  method: string;
  final: boolean;
  sampled: boolean;
  total: number;
  drawnIn: number;
  rows: number;
  offset: number;
  ids: BigInt64Array;
  /** Rank of each one's cluster. */
  rankOf: Int32Array;
  distances: Float32Array;
  positions: Float32Array;
  query: Float32Array;
}

export interface Failure {
  kind: "error";
  request: RequestName | null;
  code: string;
  message: string;
}

export type Message =
  | Coarse
  | Candidates
  | Done
  | Thumbnails
  | Members
  | Medoids
  | Positions
  | Projection
  | Failure;

export class MalformedMessage extends Error {}

/** Turn what came over the wire into a message; throws MalformedMessage on anything else. */
export function decode(content: unknown, buffers: readonly DataView[]): Message {
  const fields = new Fields(content, buffers);
  const kind = fields.string("kind");
  switch (kind) {
    case "coarse": {
      const message: Coarse = {
        kind,
        request: fields.request(),
        serial: fields.number("serial"),
        id: fields.rowId("id"),
        label: fields.text("label"),
        nprobe: fields.number("nprobe"),
        k: fields.number("k"),
        kMax: fields.number("k_max"),
        complete: fields.boolean("complete"),
        clusters: new Int32Array(fields.bytes(0, 4)),
        distances: new Float32Array(fields.bytes(1, 4)),
        vector: new Float32Array(fields.bytes(2, 4)),
      };
      same(message.clusters.length, message.distances.length);
      return message;
    }
    case "fine":
    case "nearest": {
      const message: Candidates = {
        kind,
        request: fields.request(),
        firstRank: fields.number("first_rank"),
        counts: new Int32Array(fields.bytes(0, 4)),
        ids: new BigInt64Array(fields.bytes(1, 8)),
        distances: new Float32Array(fields.bytes(2, 4)),
      };
      same(message.ids.length, message.distances.length);
      if (message.counts.some((count) => count < 0)) throw new MalformedMessage("a count is below 0");
      same(
        message.ids.length,
        message.counts.reduce((sum, count) => sum + count, 0),
      );
      return message;
    }
    case "done": {
      const seconds = fields.record("seconds");
      return {
        kind,
        request: fields.request(),
        seconds: {
          coarse: seconds.number("coarse"),
          fine: seconds.number("fine"),
          nearest: seconds.number("nearest"),
        },
        bytes: fields.number("bytes"),
      };
    }
    case "thumbnails":
      return {
        kind,
        request: fields.request(),
        size: fields.number("size"),
        items: fields.array("items").map(thumbnailItem),
        data: new Uint8Array(fields.bytes(0, 1)),
      };
    case "members": {
      const message: Members = {
        kind,
        request: fields.request(),
        cluster: fields.number("cluster"),
        offset: fields.number("offset"),
        total: fields.number("total"),
        serial: fields.number("serial"),
        ids: new BigInt64Array(fields.bytes(0, 8)),
        distances: new Float32Array(fields.bytes(1, 4)),
      };
      same(message.ids.length, message.distances.length);
      return message;
    }
    case "medoids": {
      const message: Medoids = {
        kind,
        request: fields.request(),
        clusters: new Int32Array(fields.bytes(0, 4)),
        ids: new BigInt64Array(fields.bytes(1, 8)),
      };
      same(message.clusters.length, message.ids.length);
      return message;
    }
    case "map":
      return {
        kind,
        request: fields.request(),
        method: fields.string("method"),
        final: fields.boolean("final"),
        positions: new Float32Array(fields.bytes(0, 8)),
      };
    case "projection": {
      const message: Projection = {
        kind,
        request: fields.request(),
        serial: fields.number("serial"),
        ranks: fields.number("ranks"),
        method: fields.string("method"),
        final: fields.boolean("final"),
        sampled: fields.boolean("sampled"),
        total: fields.number("total"),
        drawnIn: fields.number("drawn_in"),
        rows: fields.number("rows"),
        offset: fields.number("offset"),
        ids: new BigInt64Array(fields.bytes(0, 8)),
        rankOf: new Int32Array(fields.bytes(1, 4)),
        distances: new Float32Array(fields.bytes(2, 4)),
        positions: new Float32Array(fields.bytes(3, 8)),
        query: new Float32Array(fields.bytes(4, 8)),
      };
      same(message.ids.length, message.rankOf.length);
      same(message.ids.length, message.distances.length);
      same(message.ids.length, message.positions.length / 2);
      same(message.query.length, 2);
      if (message.offset < 0 || message.offset + message.ids.length > message.rows) {
        throw new MalformedMessage(`rows from ${message.offset} on do not fit in ${message.rows}`);
      }
      return message;
    }
    case "error":
      return {
        kind,
        request: fields.requestOrNull(),
        code: fields.string("code"),
        message: fields.string("message"),
      };
    default:
      throw new MalformedMessage(`unknown message kind: ${kind}`);
  }
}

function thumbnailItem(value: unknown): ThumbnailItem {
  const fields = new Fields(value, []);
  return {
    id: fields.string("id"),
    label: fields.text("label"),
    mime: fields.text("mime"),
    offset: fields.number("offset"),
    length: fields.number("length"),
    url: fields.text("url"),
    reason: fields.text("reason"),
  };
}

function same(left: number, right: number): void {
  if (left !== right) throw new MalformedMessage(`buffers disagree in length: ${left} and ${right}`);
}

class Fields {
  readonly #content: Record<string, unknown>;
  readonly #buffers: readonly DataView[];

  constructor(content: unknown, buffers: readonly DataView[]) {
    if (typeof content !== "object" || content === null) throw new MalformedMessage("a message is an object");
    this.#content = content as Record<string, unknown>;
    this.#buffers = buffers;
  }

  /** A copy of buffer `index`: what arrives is a view at an arbitrary offset, which typed arrays refuse. */
  bytes(index: number, unit: number): ArrayBuffer {
    const view = this.#buffers[index];
    if (view === undefined) throw new MalformedMessage(`buffer ${index} is missing`);
    if (view.byteLength % unit !== 0) throw new MalformedMessage(`buffer ${index} is cut short`);
    return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
  }

  request(): RequestName {
    const value = this.#content.request;
    if (typeof value !== "string" && typeof value !== "number") throw this.#wrong("request");
    return value;
  }

  requestOrNull(): RequestName | null {
    return this.#content.request === null ? null : this.request();
  }

  number(name: string): number {
    const value = this.#content[name];
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#wrong(name);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#content[name];
    if (typeof value !== "boolean") throw this.#wrong(name);
    return value;
  }

  string(name: string): string {
    const value = this.#content[name];
    if (typeof value !== "string") throw this.#wrong(name);
    return value;
  }

  text(name: string): string | null {
    return this.#content[name] === null ? null : this.string(name);
  }

  rowId(name: string): bigint | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!/^-?\d{1,19}$/.test(value)) throw this.#wrong(name);
    return BigInt(value);
  }

  array(name: string): unknown[] {
    const value = this.#content[name];
    if (!Array.isArray(value)) throw this.#wrong(name);
    return value;
  }

  record(name: string): Fields {
    return new Fields(this.#content[name], []);
  }

  #wrong(name: string): MalformedMessage {
    return new MalformedMessage(`field ${name} is wrong: ${String(this.#content[name]).slice(0, 80)}`);
  }
}
