import { type Signal, signal } from "@preact/signals";
import type { Summary } from "../src/model/summary";
import type { Missed } from "../src/model/truth";
import { Asker } from "../src/protocol/asker";
import type {
  Candidates,
  Coarse,
  Done,
  FaissResults,
  Finding,
  MapPart,
  Message,
  RankedClusters,
  Request,
  TrueNeighbours,
} from "../src/protocol/messages";
import { Disconnected, type Transport } from "../src/protocol/transport";
import { explore } from "../src/state/exploration";
import type { Settings } from "../src/state/settings";

/** The other end of a page: notes requests, and says what a test tells it to. */
export class FakeTransport implements Transport {
  readonly recorded = null;
  readonly requests: Request[] = [];
  alive = true;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #lost = new Set<() => void>();

  send(request: Request): void {
    if (!this.alive) throw new Disconnected();
    this.requests.push(request);
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#lost.add(listener);
    signal.addEventListener("abort", () => this.#lost.delete(listener));
  }

  say(...messages: Message[]): void {
    for (const message of messages) for (const listener of this.#listeners) listener(message);
  }

  lose(): void {
    for (const listener of this.#lost) listener();
  }

  all<K extends Request["kind"]>(kind: K): (Request & { kind: K })[] {
    return this.requests.filter((request) => request.kind === kind) as (Request & { kind: K })[];
  }

  last<K extends Request["kind"]>(kind: K): Request & { kind: K } {
    const found = this.all(kind).at(-1);
    if (found === undefined) throw new Error(`no request of kind ${kind}`);
    return found;
  }
}

/** An index of one dimension: cluster c holds `sizes[c]` rows, numbered through, the i-th at distance 10 c + i. */
export function summaryOf(sizes: readonly number[], changes: Partial<Summary> = {}): Summary {
  return {
    nlist: sizes.length,
    ntotal: sizes.reduce((sum, size) => sum + size, 0),
    dim: 1,
    family: "IVF,Flat",
    metric: "L2",
    distance: "squared L2 distance",
    trueDistance: "squared L2 distance",
    coarseDistance: "squared L2 distance",
    refinedDistance: null,
    similarity: false,
    coarseSimilarity: false,
    coarseExact: true,
    coarseMeasured: true,
    exact: true,
    replayable: true,
    renamed: false,
    steady: true,
    given: false,
    unexplained: null,
    noCurve: null,
    evaluatedAt: [],
    kMax: 20,
    storedNprobe: 1,
    images: true,
    labels: false,
    asksPictures: false,
    asksWords: false,
    columns: [],
    categories: [],
    scales: [],
    findings: [],
    sizes: Int32Array.from(sizes),
    indexVersion: 0,
    constants: {
      views: ["clusters", "distances", "projection"],
      thumbnailSizes: [64, 128, 256, 512, 1024],
      snapshotLimit: 40_000,
      sampleLimit: 1_000_000,
      batchLimit: 1024,
      queryBytes: 1 << 20,
      wordsLimit: 2000,
      valuesLimit: 64,
    },
    ...changes,
  };
}

export function coarseOf(summary: Summary, changes: Partial<Coarse> = {}): Coarse {
  return {
    kind: "coarse",
    request: "kernel:1",
    serial: 1,
    id: 0n,
    copies: 1,
    label: null,
    title: null,
    nprobe: 1,
    reach: summary.sizes.length,
    k: 3,
    k_max: summary.kMax,
    index_version: 0,
    complete: true,
    exhaustive: true,
    tied: changes.distances?.some((each, i) => each === changes.distances?.[i - 1]) ?? false,
    truth_bytes: 0,
    truth_seconds: 0,
    clusters: Int32Array.from(summary.sizes, (_, cluster) => cluster),
    distances: Float32Array.from(summary.sizes, (_, cluster) => 10 * cluster),
    vector: new Float32Array([0]),
    nearest: new Int32Array(0),
    picture: new Uint8Array(0),
    ...changes,
  };
}

/** A ranking that leaves out all but the nearest clusters. */
export function nearestOnly(coarse: Coarse, ranked: number): Coarse {
  return {
    ...coarse,
    clusters: coarse.clusters.slice(0, ranked),
    distances: coarse.distances.slice(0, ranked),
  };
}

/** The ranks of some clusters of a search whose ranks follow the numbers. */
export function rankedOf(ranks: readonly number[], changes: Partial<RankedClusters> = {}): RankedClusters {
  return {
    kind: "ranked",
    request: "kernel:1",
    serial: 1,
    ranks: Int32Array.from(ranks),
    clusters: Int32Array.from(ranks, (rank) => rank - 1),
    distances: Float32Array.from(ranks, (rank) => 10 * (rank - 1)),
    nearest: Int32Array.from(ranks),
    ...changes,
  };
}

/** The candidates of the clusters ranked `first` to `last` of a search whose ranks follow the numbers. */
export function candidatesOf(
  summary: Summary,
  first: number,
  last: number,
  changes: Partial<Candidates> = {},
): Candidates {
  const ids: bigint[] = [];
  const distances: number[] = [];
  for (let cluster = first - 1; cluster < last; cluster++) {
    const before = summary.sizes.slice(0, cluster).reduce((sum, size) => sum + size, 0);
    for (let i = 0; i < summary.sizes[cluster]; i++) {
      ids.push(BigInt(before + i));
      distances.push(10 * cluster + i);
    }
  }
  return {
    kind: "fine",
    request: "kernel:1",
    first_rank: first,
    continues: false,
    counts: summary.sizes.slice(first - 1, last),
    ids: BigInt64Array.from(ids),
    distances: Float32Array.from(distances),
    ...changes,
  };
}

/** What the kernel says that Faiss returns: the first rows, in this order. */
export function outcomeOf(
  summary: Summary,
  ids: readonly number[],
  changes: Partial<FaissResults> = {},
): FaissResults {
  const rankOf = ids.map((id) => {
    let cluster = 0;
    for (let end = summary.sizes[0]; id >= end; end += summary.sizes[cluster]) cluster++;
    return cluster + 1;
  });
  return {
    kind: "results",
    request: "kernel:1",
    serial: 1,
    nprobe: 1,
    k: 3,
    include_self: true,
    first_k: 0,
    compared: summary.sizes[0],
    ids: BigInt64Array.from(ids, BigInt),
    distances: Float32Array.from(ids, (_, i) => i),
    rank_of: Int32Array.from(rankOf),
    handed_over: new BigInt64Array(0),
    first_pass: new Float32Array(0),
    second_pass: new Float32Array(0),
    ...changes,
  };
}

/** True neighbours by the vectors given: row, distance, rank, and the nprobe of each stage. */
export function neighboursOf(
  rows: readonly [id: number, distance: number, rank: number, handed: number, from: number, until: number][],
  changes: Partial<TrueNeighbours> = {},
): TrueNeighbours {
  const column = (i: number) => Int32Array.from(rows, (row) => row[i]);
  return {
    kind: "truth",
    request: "kernel:1",
    serial: 1,
    k: 3,
    include_self: true,
    nprobe: 0,
    count: 3,
    ids: BigInt64Array.from(rows, ([id]) => BigInt(id)),
    distances: Float32Array.from(rows, ([, distance]) => distance),
    rank_of: column(2),
    compared_from: column(2),
    handed_from: column(3),
    returned_from: column(4),
    returned_until: column(5),
    ...changes,
  };
}

/** A missed neighbour, in a cluster that is not probed and at the distance of the lists unless `row` says otherwise. */
export function missedOf(
  row: Omit<Missed, "lostTo" | "codeDistance" | "nearestRank"> & Partial<Missed>,
): Missed {
  return {
    lostTo: "coarse",
    codeDistance: row.distance,
    nearestRank: row.clusterRank,
    ...row,
  };
}

export function doneOf(request: string | number = "kernel:1"): Done {
  return {
    kind: "done",
    request,
    seconds: { coarse: 0.001, fine: 0.002, nearest: 0.003 },
    bytes: 100,
    findings: [],
  };
}

/** A whole answer to a search. */
export function answerOf(summary: Summary, changes: Partial<Coarse> = {}): Message[] {
  const request = changes.request ?? "kernel:1";
  return [
    coarseOf(summary, changes),
    candidatesOf(summary, 1, 1, { request }),
    candidatesOf(summary, 2, summary.nlist, { request, kind: "nearest" }),
    doneOf(request),
  ];
}

/** A map of rows of boxes, one box for each cluster that holds anything. */
export function mapOf(sizes: ArrayLike<number>, changes: Partial<MapPart> = {}): MapPart {
  const n = sizes.length;
  const populated = Array.from(sizes).flatMap((size, cluster) => (size > 0 ? [cluster] : []));
  const columns = Math.ceil(Math.sqrt(populated.length));
  const lines = Math.ceil(populated.length / columns);
  const points: number[] = [];
  const offsets = [0];
  const centres = new Float32Array(2 * n).fill(0.5);
  const inradii = new Float32Array(n);
  for (let cluster = 0; cluster < n; cluster++) {
    const place = populated.indexOf(cluster);
    if (place >= 0) {
      const line = Math.floor(place / columns);
      const width = 1.4 / Math.min(columns, populated.length - line * columns);
      const [left, bottom] = [(place % columns) * width, line / lines];
      const [right, top] = [left + width, bottom + 1 / lines];
      points.push(left, bottom, right, bottom, right, top, left, top);
      centres.set([(left + right) / 2, (bottom + top) / 2], 2 * cluster);
      inradii[cluster] = Math.min(width, 1 / lines) / 2;
    }
    offsets.push(points.length / 2);
  }
  return {
    kind: "map",
    request: "m",
    method: "t-SNE",
    final: true,
    aspect: 1.4,
    rows: n,
    offset: 0,
    points: Float32Array.from(points),
    offsets: Int32Array.from(offsets),
    centres,
    inradii,
    ...changes,
  };
}

/** Those of a map's cells from the first up to the last. */
export function partOf(map: MapPart, first: number, last: number): MapPart {
  const [start, end] = [map.offsets[first], map.offsets[last]];
  return {
    ...map,
    offset: first,
    points: map.points.slice(2 * start, 2 * end),
    offsets: map.offsets.slice(first, last + 1).map((offset) => offset - start),
    centres: map.centres.slice(2 * first, 2 * last),
    inradii: map.inradii.slice(first, last),
  };
}

export function settingsOf(nprobe = 1, k = 3): { [Name in keyof Settings]: Signal } & Settings {
  return {
    nprobe: signal(nprobe),
    k: signal(k),
    // So that the first row of each search, which is the query, is a result like the others.
    includeSelf: signal(true),
    queryId: signal<bigint | null>(null),
    cluster: signal<number | null>(null),
    selection: signal<readonly bigint[]>([]),
    view: signal("clusters"),
    theme: signal("auto"),
  };
}

export function explorationOf(sizes: readonly number[] = [3, 4, 0, 5], changes: Partial<Summary> = {}) {
  const summary = summaryOf(sizes, changes);
  const index = signal(summary);
  const transport = new FakeTransport();
  const settings = settingsOf();
  const abort = new AbortController();
  const asker = new Asker(transport, abort.signal);
  const exploration = explore(index, settings, asker, abort.signal);
  return { summary, index, transport, settings, abort, asker, exploration };
}

/** Let promises that are settled be acted on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

export function findingOf(sentence: string): Finding {
  return { code: sentence, severity: "info", sentence, evidence: {}, remedy: null };
}
