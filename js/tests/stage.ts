import type { AnyModel } from "@anywidget/types";
import { type Locator, page } from "vitest/browser";
import type { Summary } from "../src/model/summary";
import type { Candidates, Coarse, Projection } from "../src/protocol/messages";
import widget from "../src/widget";
import { encoded } from "./encode";
import { FakeModel } from "./model";
import { candidatesOf, coarseOf, mapOf, summaryOf } from "./support";

type Typed = Int32Array | Float32Array | BigInt64Array | Uint8Array;

export function view(values: Typed): DataView {
  return new DataView(values.buffer, values.byteOffset, values.byteLength);
}

/** Row ids of the results that a display shows, nearest first. */
export function resultsOf(display: Element): string[] {
  const root = display.querySelector<HTMLElement>(".feder-widget");
  return (root?.dataset.results ?? "").split(",").filter((id) => id !== "");
}

/** The items of a display's list of this name. */
export function itemsOf(display: Element, name: string): HTMLElement[] {
  return [...display.querySelectorAll<HTMLElement>(`:is(ol, ul)[aria-label="${name}"] > li`)];
}

/** Whether a text ends in an ellipsis here or further out. */
function isCutShort(element: Element | null): boolean {
  for (let one = element; one !== null; one = one.parentElement) {
    if (getComputedStyle(one).textOverflow === "ellipsis") return true;
  }
  return false;
}

const SCROLLERS = ".feder-table, .feder-scroller, .feder-sr";

/** What reaches out of the widget's width, without the parts of it that scroll. */
export function outside(root: HTMLElement): string[] {
  const { left, right } = root.getBoundingClientRect();
  return [...root.querySelectorAll<HTMLElement>("*")]
    .filter((element) => element.closest(SCROLLERS) === null && element.closest("svg") === null)
    .filter((element) => !isCutShort(element.parentElement))
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.left < left - 0.5 || box.right > right + 0.5);
    })
    .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`);
}

/** The trait that `readSummary` reads a summary from. */
export function summaryTrait({ constants, ...summary }: Summary): Record<string, unknown> {
  const [content, [sizes]] = encoded({
    kind: "index",
    nlist: summary.nlist,
    ntotal: summary.ntotal,
    dim: summary.dim,
    family: summary.family,
    metric: summary.metric,
    distance: summary.distance,
    coarse_distance: summary.coarseDistance,
    refined_distance: summary.refinedDistance,
    similarity: summary.similarity,
    coarse_similarity: summary.coarseSimilarity,
    coarse_exact: summary.coarseExact,
    coarse_measured: summary.coarseMeasured,
    exact: summary.exact,
    replayable: summary.replayable,
    renamed: summary.renamed,
    steady: summary.steady,
    given: summary.given,
    unexplained: summary.unexplained,
    no_curve: summary.noCurve,
    evaluated_at: summary.evaluatedAt,
    k_max: summary.kMax,
    nprobe: summary.storedNprobe,
    images: summary.images,
    labels: summary.labels,
    asks_pictures: summary.asksPictures,
    asks_words: summary.asksWords,
    columns: summary.columns,
    categories: summary.categories,
    scales: summary.scales,
    findings: summary.findings,
    sizes: summary.sizes,
    index_version: summary.indexVersion,
    constants: {
      views: constants.views,
      thumbnail_sizes: constants.thumbnailSizes,
      snapshot_limit: constants.snapshotLimit,
      sample_limit: constants.sampleLimit,
      batch_limit: constants.batchLimit,
      query_bytes: constants.queryBytes,
      words_limit: constants.wordsLimit,
      values_limit: constants.valuesLimit,
    },
  });
  return { ...content, sizes };
}

/** A widget in the page, as the host makes one; its kernel is the test. */
export class Stage {
  readonly model: FakeModel;
  readonly abort = new AbortController();
  readonly element = document.createElement("div");
  readonly summary;
  readonly #render: (element: HTMLElement) => () => void;
  readonly #unrender: (() => void)[] = [];
  #pictured = 0;
  #valued = 0;

  constructor(
    sizes: readonly number[] = [3, 4, 0, 5],
    traits: Record<string, unknown> = {},
    summary: Partial<Summary> = {},
    host: HTMLElement = document.body,
  ) {
    this.summary = summaryOf(sizes, summary);
    this.model = new FakeModel({
      nprobe: 1,
      k: 5,
      // So that the first row of each search, which is the query, is a result like the others.
      include_self: true,
      query_id: null,
      cluster: null,
      selection: [],
      view: "clusters",
      theme: "light",
      _snapshot: [],
      _summary: summaryTrait(this.summary),
      ...traits,
    });
    const { initialize, render } = widget();
    const context = { model: this.model.model as AnyModel, signal: this.abort.signal };
    initialize(context as Parameters<typeof initialize>[0]);
    this.#render = (el) => render({ ...context, el } as Parameters<typeof render>[0]) as () => void;
    this.element.style.width = "960px";
    this.element.dataset.testid = crypto.randomUUID();
    host.append(this.element);
    this.#unrender.push(this.#render(this.element));
  }

  /** Where a person looks for things. */
  get see(): Locator {
    return page.getByTestId(this.element.dataset.testid as string);
  }

  get root(): HTMLElement {
    return this.element.querySelector(".feder-widget") as HTMLElement;
  }

  /** Row ids of the results at this moment, nearest first. */
  get results(): string[] {
    return resultsOf(this.element);
  }

  /** The items of the list of this name; none where there is no such list. */
  items(name: string): HTMLElement[] {
    return itemsOf(this.element, name);
  }

  /** Display the widget a second time. */
  displayAgain(): HTMLElement {
    const element = document.createElement("div");
    element.style.width = "960px";
    element.dataset.testid = crypto.randomUUID();
    this.element.after(element);
    this.#unrender.push(() => element.remove(), this.#render(element));
    return element;
  }

  close(): void {
    for (const stop of this.#unrender) stop();
    this.abort.abort();
    this.element.remove();
  }

  /** What was asked of the kernel, of one kind. */
  asked(kind: string): Record<string, unknown>[] {
    return this.model.sent.map(({ content }) => content).filter((content) => content.kind === kind);
  }

  lastAsked(kind: string): Record<string, unknown> {
    const last = this.asked(kind).at(-1);
    if (last === undefined) throw new Error(`no request of kind ${kind}`);
    return last;
  }

  sayCoarse(changes: Partial<Coarse> = {}): void {
    this.model.say(...encoded(coarseOf(this.summary, changes)));
  }

  sayCandidates(first: number, last: number, changes: Partial<Candidates> = {}): void {
    this.model.say(...encoded(candidatesOf(this.summary, first, last, changes)));
  }

  sayDone(request: string | number = "kernel:1"): void {
    this.model.say({
      kind: "done",
      request,
      seconds: { coarse: 0.001, fine: 0.002, nearest: 0.003 },
      findings: [],
      bytes: 9,
    });
  }

  /** Answer a search with all that there is. */
  answer(changes: Partial<Coarse> = {}): void {
    const request = changes.request ?? "kernel:1";
    this.sayCoarse(changes);
    this.sayCandidates(1, this.summary.nlist, { request });
    this.sayDone(request);
  }

  sayMap(final = true): void {
    const map = mapOf(this.summary.sizes, { method: final ? "t-SNE" : "PCA", final });
    this.model.say(...encoded(map));
  }

  /** Answer the last request for a projection: each row of the first clusters has its place, whatever else is shown. */
  sayProjection(changes: Partial<Projection> = {}): void {
    const { request, serial, ranks, flips } = this.lastAsked("projection") as unknown as Projection;
    const { ids, distances } = candidatesOf(this.summary, 1, ranks);
    const rank_of = Array.from(this.summary.sizes.slice(0, ranks)).flatMap((size, i) =>
      Array(size).fill(i + 1),
    );
    const place = (i: number) =>
      ((Number(ids[i >> 1]) + 1) * (i % 2 === 0 ? 0.7548776662466927 : 0.569840290998)) % 1;
    const message: Projection = {
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
      rank_of: Int32Array.from(rank_of),
      distances,
      positions: Float32Array.from({ length: 2 * ids.length }, (_, i) => place(i)),
      query: Float32Array.of(0.5, 0.5),
      ...changes,
    };
    this.model.say(...encoded(message));
  }

  fail(request: unknown, message: string): void {
    this.model.say({ kind: "error", request, code: "invalid", message });
  }

  /** Answer every request for the values of rows that has not been answered; there must be one. */
  sayValues(
    values: (id: string) => (string | null)[],
    number: (id: string) => number = () => Number.NaN,
  ): void {
    const requests = this.asked("row_values").slice(this.#valued);
    if (requests.length === 0) throw new Error("no values were asked for");
    this.#valued += requests.length;
    for (const { request, ids } of requests) {
      const rows = (ids as string[]).map(values);
      const width = this.summary.columns.length;
      const numbers = Float64Array.from((ids as string[]).flatMap((id) => Array(width).fill(number(id))));
      this.model.say(...encoded({ kind: "row_values", request, ids, values: rows, numbers }));
    }
  }

  /** Answer every request for pictures that has not been answered; there must be one. */
  sayPictures(item: (id: string) => Record<string, unknown>): void {
    const requests = this.asked("thumbnails").slice(this.#pictured);
    if (requests.length === 0) throw new Error("no picture was asked for");
    this.#pictured += requests.length;
    const nothing = { label: null, mime: null, offset: 0, length: 0, url: null, reason: null, note: null };
    for (const { request, ids, size } of requests) {
      const items = (ids as string[]).map((id) => ({ id, ...nothing, ...item(id) }));
      const places = [...items.keys()];
      const data = new Uint8Array(0);
      this.model.say(...encoded({ kind: "thumbnails", request, size, final: true, places, items, data }));
    }
  }
}
