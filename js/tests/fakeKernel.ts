import type { Summary } from "../src/model/summary";
import type { Message, ProjectionRequest, Request, SearchRequest } from "../src/protocol/messages";
import type { Transport } from "../src/protocol/transport";
import { candidatesOf, coarseOf, doneOf, findingOf, mapOf } from "./support";

/** Answers every request at once, out of an index of one dimension as `summaryOf` describes it. */
export class FakeKernel implements Transport {
  readonly recorded = null;
  readonly requests: Request[] = [];
  readonly #summary: Summary;
  readonly #listeners = new Set<(message: Message) => void>();
  #serial = 0;

  constructor(summary: Summary) {
    this.#summary = summary;
  }

  send(request: Request): void {
    this.requests.push(request);
    const messages = this.#answer(request);
    queueMicrotask(() => {
      for (const message of messages) for (const listener of this.#listeners) listener(message);
    });
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  onDisconnect(): void {}

  #answer(asked: Request): Message[] {
    const summary = this.#summary;
    const { request } = asked;
    switch (asked.kind) {
      case "search":
        return this.#search(asked);
      case "map":
        return [mapOf(summary.sizes, { request })];
      case "projection":
        return [this.#project(asked)];
      case "candidates":
        return [candidatesOf(summary, asked.first_rank, asked.last_rank, { request })];
      case "clusters":
        return [
          ...asked.ranks.map((rank) => candidatesOf(summary, rank, rank, { request, kind: "nearest" })),
          doneOf(request),
        ];
      case "members": {
        const { clusters, offset, limit } = asked;
        const lists = clusters.map((cluster) => candidatesOf(summary, cluster + 1, cluster + 1));
        const windows = lists.map(({ ids, distances }) => ({
          ids: ids.slice(offset, offset + limit),
          distances: distances.slice(offset, offset + limit),
        }));
        return [
          {
            kind: "members",
            request,
            offset,
            serial: this.#serial,
            clusters: Int32Array.from(clusters),
            totals: Int32Array.from(lists, ({ ids }) => ids.length),
            counts: Int32Array.from(windows, ({ ids }) => ids.length),
            ids: BigInt64Array.from(windows.flatMap(({ ids }) => [...ids])),
            distances: Float32Array.from(windows.flatMap(({ distances }) => [...distances])),
          },
        ];
      }
      case "medoids": {
        const populated = asked.clusters.filter((cluster) => summary.sizes[cluster] > 0);
        const ids = populated.map((cluster) => candidatesOf(summary, cluster + 1, cluster + 1).ids[0]);
        return [
          {
            kind: "medoids",
            request,
            clusters: Int32Array.from(populated),
            ids: BigInt64Array.from(ids),
          },
        ];
      }
      case "thumbnails": {
        const items = asked.ids.map((id, i) => ({
          id: BigInt(id),
          label: `row ${id}`,
          mime: "image/svg+xml",
          offset: i * PICTURE.length,
          length: PICTURE.length,
          url: null,
          reason: null,
          note: null,
        }));
        const data = new Uint8Array(items.length * PICTURE.length);
        for (const { offset } of items) data.set(PICTURE, offset);
        const places = [...asked.ids.keys()];
        return [{ kind: "thumbnails", request, size: asked.size, final: true, places, items, data }];
      }
      case "verdict":
        return [
          {
            kind: "verdict",
            request,
            serial: asked.serial,
            id: BigInt(asked.id),
            cluster: asked.cluster ?? 0,
            rank: (asked.cluster ?? 0) + 1,
            distance: Number(asked.id),
            position: Number(asked.id) + 1,
          },
        ];
      case "evaluate":
        return [
          { kind: "progress", request, done: 1, asked: asked.sample, cancellable: true, dashboard: null },
          {
            kind: "workload",
            request,
            k: asked.k,
            seed: asked.seed,
            source: "sample",
            computed: asked.sample,
            asked: asked.sample,
            final: true,
            include_self: true,
            reason: null,
            apart: false,
            shares: [0.5, 0.95, 0.99, 1],
            nprobes: Int32Array.of(1, 2),
            recall: Float32Array.of(0.5, 1),
            reached: Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 0.5 : 1)),
            compared: Float32Array.of(0.3, 0.6),
            without_any: new Float32Array(2),
          },
        ];
      case "hardest":
        return [
          {
            kind: "hardest",
            request,
            order: asked.order,
            nprobe: asked.nprobe,
            missing: 3,
            labels: [null],
            places: Int32Array.of(3),
            ids: BigInt64Array.of(7n),
            found: Int32Array.of(0),
            counts: Int32Array.of(5),
            needed: Int32Array.of(2),
          },
        ];
      default:
        return [];
    }
  }

  #search({ request, query, nprobe, k }: SearchRequest): Message[] {
    const summary = this.#summary;
    // Like a kernel that has no query yet.
    if ("resume" in query && this.#serial === 0) return [];
    const serial = ++this.#serial;
    const id = "id" in query ? BigInt(query.id) : 0n;
    const bounds = Float32Array.from(summary.sizes, (_, cluster) => 10 * cluster - 9);
    const beyond = new Float32Array(0);
    return [
      coarseOf(summary, { request, serial, id, nprobe, k }),
      {
        kind: "bounds",
        request: `bounds:${serial}`,
        serial,
        findings: [findingOf("A finding of geometry.")],
        bounds,
        beyond,
      },
      candidatesOf(summary, 1, nprobe, { request }),
      candidatesOf(summary, nprobe + 1, summary.nlist, { request, kind: "nearest" }),
      { ...doneOf(request), findings: [findingOf("A finding of the search.")] },
    ];
  }

  #project({ request, serial, ranks, flips }: ProjectionRequest): Message {
    const { ids, distances } = candidatesOf(this.#summary, 1, ranks);
    const rankOf = [...this.#summary.sizes.slice(0, ranks)].flatMap((size, i) => Array(size).fill(i + 1));
    const place = (i: number) => ((Number(ids[i >> 1]) + 1) * (i % 2 === 0 ? 0.7548776 : 0.5698402)) % 1;
    return {
      kind: "projection",
      request,
      serial,
      ranks,
      flips,
      method: "PCA",
      final: true,
      sampled: false,
      total: ids.length,
      drawn_in: 0,
      rows: ids.length,
      offset: 0,
      ids,
      distances,
      rank_of: Int32Array.from(rankOf),
      positions: Float32Array.from({ length: 2 * ids.length }, (_, i) => place(i)),
      query: Float32Array.of(0.5, 0.5),
    };
  }
}

const PICTURE = new TextEncoder().encode(
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="teal"/></svg>',
);
