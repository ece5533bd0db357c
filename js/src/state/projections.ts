import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { Parts } from "../model/parts";
import type { Result } from "../model/results";
import type { Asker } from "../protocol/asker";
import type { Failure, Projection } from "../protocol/messages";

/** Candidates in the plane, by rank of their cluster. */
export interface Projected {
  readonly serial: number;
  /** The nprobe of the picture. */
  readonly ranks: number;
  readonly method: string;
  /** Whether no better picture follows. */
  readonly final: boolean;
  readonly sampled: boolean;
  /** Candidates there are; `ids` may be a sample of them. */
  readonly total: number;
  /** How many are drawn nearer than they are, lest they squeeze the others to a dot. */
  readonly drawnIn: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  readonly rankOf: Uint32Array;
  /** `starts[r - 1] .. starts[r]` are those of the cluster at rank r, as far as there are any. */
  readonly starts: Uint32Array;
  /** x y x y … in the unit square. */
  readonly positions: Float32Array;
  readonly query: Float32Array;
}

/** What a picture is of. */
export interface Scope {
  readonly serial: number;
  /** The nprobe. */
  readonly ranks: number;
  /** Ranks of clusters that are switched by hand. */
  readonly flips: readonly number[];
  readonly k: number;
  /** Rows of other clusters that are shown as well. */
  readonly extra: readonly Result[];
}

/** Whether a picture of one scope serves for the other. */
function isSame(left: Scope, right: Scope): boolean {
  const key = ({ serial, ranks, flips, extra }: Scope) =>
    `${serial}/${ranks}/${flips}/${extra.map(({ id }) => id)}`;
  return key(left) === key(right);
}

/** What is being waited for. */
export type Awaited = "first" | "better" | null;

/** The picture of one search's candidates in the plane: asked for when it is shown, then made better. */
export class Projections {
  readonly drawn = signal<Projected | null>(null);
  readonly awaited = signal<Awaited>(null);
  /** Why there is no picture, or no better one. */
  readonly reason = signal<string | null>(null);
  readonly #scope: ReadonlySignal<Scope | null>;
  readonly #asker: Asker;
  #asked: { scope: Scope; request: string } | null = null;
  readonly #parts = new Parts<Projection>();

  constructor(scope: ReadonlySignal<Scope | null>, asker: Asker) {
    this.#scope = scope;
    this.#asker = asker;
  }

  /** Ask for the picture of the present scope, unless that has been done. */
  need(): void {
    const scope = this.#scope.peek();
    if (scope === null || (this.#asked !== null && isSame(scope, this.#asked.scope))) return;
    const request = this.#asker.askProjection(scope);
    if (request === null) return;
    this.#asked = { scope, request };
    this.#parts.clear();
    batch(() => {
      this.awaited.value = "first";
      this.reason.value = null;
    });
  }

  /** Forget what was asked for: a kernel that comes back does not know of it. */
  lose(): void {
    this.#asked = null;
    this.awaited.value = null;
  }

  /** Take in that a request has failed, if it was for a projection. */
  fail({ request, message }: Failure): void {
    if (this.#asked === null || request !== this.#asked.request) return;
    batch(() => {
      this.awaited.value = null;
      this.reason.value = message;
    });
  }

  /** Take in a part. Other pages ask too, and their answers are as good. */
  take(part: Projection): void {
    const scope = this.#asked?.scope;
    if (scope === undefined || part.serial !== scope.serial || part.ranks !== scope.ranks) return;
    if (String(part.flips) !== String(scope.flips)) return;
    const parts = this.#parts.take(part, part.ids.length);
    if (parts === null) return;
    batch(() => {
      this.drawn.value = joined(parts);
      this.awaited.value = part.final ? null : "better";
      if (part.final) this.reason.value = null;
    });
  }
}

function joined(parts: readonly Projection[]): Projected {
  const [first] = parts;
  const ids = new BigInt64Array(first.rows);
  const distances = new Float32Array(first.rows);
  const rankOf = new Uint32Array(first.rows);
  const positions = new Float32Array(2 * first.rows);
  for (const part of parts) {
    ids.set(part.ids, part.offset);
    distances.set(part.distances, part.offset);
    rankOf.set(part.rank_of, part.offset);
    positions.set(part.positions, 2 * part.offset);
  }
  const starts = new Uint32Array(Math.max(first.ranks, rankOf[rankOf.length - 1] ?? 0) + 1);
  for (const rank of rankOf) starts[rank]++;
  for (let rank = 1; rank < starts.length; rank++) starts[rank] += starts[rank - 1];
  const { serial, ranks, method, final, sampled, total, drawn_in: drawnIn, query } = first;
  return {
    serial,
    ranks,
    method,
    final,
    sampled,
    total,
    drawnIn,
    ids,
    distances,
    rankOf,
    starts,
    positions,
    query,
  };
}
