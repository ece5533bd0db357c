import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { Parts } from "../model/parts";
import type { Result } from "../model/results";
import type { Summary } from "../model/summary";
import { truthOf } from "../model/truth";
import type { Asker } from "../protocol/asker";
import type { Failure, Projection } from "../protocol/messages";
import type { ProbedClusters } from "./probedClusters";
import type { SearchProgress } from "./searchProgress";
import type { Settings } from "./settings";

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
  /** How many outliers are drawn nearer than they are, so that the others have room. */
  readonly drawnIn: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  readonly rankOf: Uint32Array;
  /** `starts[r - 1] .. starts[r]` are the candidates of the cluster at rank r. */
  readonly starts: Uint32Array;
  /** x y x y … in the unit square. */
  readonly positions: Float32Array;
  readonly query: Float32Array;
}

/** The candidates that a picture shows. */
interface Scope {
  readonly serial: number;
  /** The nprobe. */
  readonly ranks: number;
  /** Ranks of clusters that are switched by hand. */
  readonly flips: readonly number[];
  readonly k: number;
  /** Rows of other clusters that are shown as well. */
  readonly extra: readonly Result[];
}

/** The candidates, and the true neighbours for any k that are in other clusters. */
export function projectionScope(
  { search, revision }: SearchProgress,
  { wanted, switched }: ProbedClusters,
  summary: ReadonlySignal<Summary>,
  { nprobe, k, includeSelf }: Settings,
): ReadonlySignal<Scope | null> {
  return computed(() => {
    const found = search.value;
    if (found === null) return null;
    revision.value;
    const probe = wanted.value;
    const { kMax, similarity } = summary.value;
    const neighbours = truthOf(found, kMax, similarity, includeSelf.value)?.neighbours ?? [];
    return {
      serial: found.serial,
      ranks: nprobe.value,
      flips: [...switched.value.keys()].map((cluster) => found.rankOf[cluster]),
      k: k.value,
      extra: neighbours.filter(({ clusterRank }) => !probe.has(clusterRank)),
    };
  });
}

/** Whether a picture of one scope serves for the other. */
function isSame(left: Scope, right: Scope): boolean {
  const key = ({ serial, ranks, flips, extra }: Scope) =>
    `${serial}/${ranks}/${flips}/${extra.map(({ id }) => id)}`;
  return key(left) === key(right);
}

/** The picture that is on its way. */
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

  constructor(scope: ReadonlySignal<Scope | null>, asker: Asker, abort: AbortSignal) {
    this.#scope = scope;
    this.#asker = asker;
    const stop = effect(() => {
      if (!asker.connected.value) this.#lose();
    });
    abort.addEventListener("abort", stop);
    asker.onMessage((message) => {
      if (message.kind === "projection") this.#take(message);
      else if (message.kind === "error") this.#fail(message);
    });
  }

  /** Ask for the picture of the present scope, unless that has been done. */
  need(): void {
    const scope = this.#scope.peek();
    if (scope === null || (this.#asked !== null && isSame(scope, this.#asked.scope))) return;
    const { extra, flips, ...others } = scope;
    const request = this.#asker.askProjection({
      ...others,
      flips: [...flips],
      extra: extra.map(({ id }) => id.toString()),
      extra_clusters: extra.map(({ cluster }) => cluster),
    });
    if (request === null) return;
    this.#asked = { scope, request };
    this.#parts.clear();
    batch(() => {
      this.awaited.value = "first";
      this.reason.value = null;
    });
  }

  /** Forget the request: a kernel that comes back does not know of it. */
  #lose(): void {
    this.#asked = null;
    this.awaited.value = null;
  }

  #fail({ request, message }: Failure): void {
    if (this.#asked === null || request !== this.#asked.request) return;
    batch(() => {
      this.awaited.value = null;
      this.reason.value = message;
    });
  }

  /** The answer to another page that shows the same search serves as well. */
  #take(part: Projection): void {
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
