import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Palette } from "../../look/palette";
import type { Exploration } from "../../state/exploration";
import type { Pictures } from "../../state/pictures";
import { Gestures } from "../gestures";
import { needPointLabels, pointLabels } from "../labels/pointLabels";
import { RestingPointer } from "../restingPointer";
import { ratioFor, type Size } from "../viewport";
import { HitTest, unzoomed } from "./hitTest";
import { OutlineDrag } from "./outlineDrag";
import type { PointPainter } from "./painter";
import { PointCanvas } from "./pointCanvas";
import { type Place, pointsSelected, pointsWith } from "./points";
import type { PointContent } from "./scene";
import { Thumbnails } from "./thumbnails";

/** Milliseconds that the pointer stays with a cluster before it is emphasised. */
const DWELL = 90;

interface Elements {
  readonly frame: HTMLElement;
  readonly base: HTMLCanvasElement;
  readonly above: HTMLCanvasElement;
}

interface State {
  readonly exploration: Exploration;
  readonly pictures: Pictures;
  readonly palette: ReadonlySignal<Palette>;
  readonly leastRatio: ReadonlySignal<number>;
  /** Whether any drag selects. */
  readonly lasso: Signal<boolean>;
}

interface Listeners {
  /** The point under the pointer, -1 for none, and the pointer's place; null where nothing is. */
  pointed(point: number, place: Place | null): void;
  left(): void;
  clicked(point: number, adds: boolean): void;
  resized(size: Size): void;
  zoomed(k: number): void;
}

/** A picture of points, and how it behaves. */
export interface Shown<Content extends PointContent> {
  readonly content: Content;
  /** Whether dragging and the wheel move the picture; otherwise dragging draws a box that selects. */
  readonly zoomable: boolean;
  /** The cluster whose region a place is in, where no point is near; x and y as in `positions`. */
  readonly clusterAt?: ((x: number, y: number) => number | null) | undefined;
}

/** Ties the canvases of points to the pointer and to the state. */
export class PointController<Content extends PointContent> {
  readonly canvas: PointCanvas<Content>;
  readonly gestures: Gestures;
  readonly #rest = new RestingPointer();
  readonly #hits = new HitTest();
  readonly #state: State;
  readonly #listeners: Listeners;
  readonly #thumbnails: Thumbnails;
  readonly #drag: OutlineDrag;
  readonly #abort = new AbortController();
  readonly #content: Signal<Content>;
  readonly #outline = signal<number[] | null>(null);
  readonly #emphasised = signal<number | null>(null);
  #shown: Shown<Content>;
  #dwell: ReturnType<typeof setTimeout> | undefined;

  constructor(
    { frame, base, above }: Elements,
    state: State,
    listeners: Listeners,
    paint: PointPainter<Content>,
    shown: Shown<Content>,
  ) {
    this.#state = state;
    this.#listeners = listeners;
    this.#shown = shown;
    this.#content = signal(shown.content);
    const { signal: abort } = this.#abort;
    this.#thumbnails = new Thumbnails(state.pictures, () => this.canvas.repaint());
    this.canvas = new PointCanvas(base, above, paint, this.#thumbnails);
    this.#drag = new OutlineDrag(
      above,
      {
        shape: (event) => {
          if (event.shiftKey || state.lasso.peek()) return "lasso";
          return this.#shown.zoomable ? null : "box";
        },
        drawn: (outline) => {
          this.#outline.value = outline;
        },
        done: (outline, event) => this.#select(outline, event.ctrlKey || event.metaKey),
        clicked: (x, y, event) => this.#click(x, y, event.shiftKey || event.ctrlKey || event.metaKey),
      },
      abort,
    );
    this.gestures = new Gestures(
      above,
      (zoom) => {
        this.canvas.zoomTo(zoom);
        listeners.zoomed(zoom.k);
      },
      (x, y) => this.#click(x, y, false),
      abort,
    );
    this.#listen(frame, above, abort);
    this.#follow();
  }

  show(shown: Shown<Content>): void {
    const before = this.#shown;
    this.#shown = shown;
    this.#content.value = shown.content;
    if (before.zoomable && !shown.zoomable) this.gestures.reset();
  }

  /** Brings a point that a key has chosen into sight; returns its place in the canvas. */
  reveal(point: number): Place {
    this.#rest.keyed();
    const { x, y } = this.canvas.place(point);
    if (this.#shown.zoomable) this.gestures.reveal(x, y);
    return this.canvas.place(point);
  }

  /** Gives up an outline being drawn; false when there is none. */
  cancelOutline(): boolean {
    const { isDrawing } = this.#drag;
    if (isDrawing) this.#drag.cancel();
    return isDrawing;
  }

  close(): void {
    clearTimeout(this.#dwell);
    this.#abort.abort();
    this.canvas.close();
    this.#thumbnails.close();
  }

  #listen(frame: HTMLElement, above: HTMLCanvasElement, abort: AbortSignal): void {
    // A picture that cannot be zoomed leaves the wheel to the page.
    above.addEventListener(
      "wheel",
      (event) => {
        if (!this.#shown.zoomable) event.stopImmediatePropagation();
      },
      { signal: abort, capture: true },
    );
    for (const type of ["pointerdown", "pointermove"] as const) {
      above.addEventListener(type, (event) => this.#point(event), { signal: abort, capture: true });
    }
    const leave = (event: PointerEvent) => {
      if (this.#rest.left(event)) this.#listeners.left();
    };
    above.addEventListener("pointerleave", leave, { signal: abort });
    above.addEventListener("pointercancel", () => this.#listeners.left(), { signal: abort });
    const { leastRatio } = this.#state;
    const resize = () => {
      const ratio = ratioFor(leastRatio.peek());
      const size = { width: frame.clientWidth, height: frame.clientHeight, ratio };
      this.canvas.resize(size);
      return size;
    };
    const observer = new ResizeObserver(() => {
      const size = resize();
      this.gestures.resized();
      this.#listeners.resized(size);
    });
    observer.observe(frame);
    const stop = leastRatio.subscribe(resize);
    abort.addEventListener("abort", () => {
      observer.disconnect();
      stop();
    });
  }

  /** Draws whatever changes. */
  #follow(): void {
    const { exploration, palette } = this.#state;
    const { hovered, hoveredRow, selected } = exploration;
    const points = computed(() => this.#content.value.points);
    const labels = computed(() => pointLabels(exploration, points.value));
    const stops = [
      effect(() => needPointLabels(exploration, points.value)),
      effect(() => {
        const cluster = hovered.value;
        const rank = cluster === null ? undefined : exploration.search.value?.rankOf[cluster];
        const isDrawn = rank !== undefined && exploration.probe.value.has(rank);
        clearTimeout(this.#dwell);
        this.#dwell = setTimeout(() => {
          this.#emphasised.value = isDrawn ? rank : null;
        }, DWELL);
      }),
      effect(() => {
        const content = this.#content.value;
        const highlights = {
          selected: pointsSelected(content.points, selected.value),
          emphasised: this.#emphasised.value,
          labels: labels.value,
        };
        this.canvas.show({ ...content, ...highlights }, palette.value);
      }),
      effect(() => {
        const { points, marks } = this.#content.value;
        const search = exploration.search.peek();
        const wanted = search === null ? [] : marks.filter((mark) => mark.side > 0);
        this.#thumbnails.want(
          wanted.map(({ point, side }) => ({ id: points.ids[point], rank: points.ranks[point], side })),
          search?.order ?? [],
        );
      }),
      effect(() => {
        const row = hoveredRow.value;
        const points = row === null ? [] : pointsWith(this.#content.value.points, row);
        this.canvas.overlay({ points, outline: this.#outline.value });
      }),
    ];
    this.#abort.signal.addEventListener("abort", () => {
      for (const stop of stops) stop();
    });
  }

  #pointAt(x: number, y: number): number {
    return this.#hits.pointAt(this.#shown.content, this.canvas.zoom, x, y);
  }

  #clusterAt(x: number, y: number): number | null {
    return this.#shown.clusterAt?.(...unzoomed(this.canvas.zoom, x, y)) ?? null;
  }

  #point(event: PointerEvent): void {
    if (this.gestures.dragging || this.#drag.isDrawing || !this.#rest.moved(event)) return;
    const { exploration } = this.#state;
    const { points } = this.#shown.content;
    const { offsetX: x, offsetY: y } = event;
    const point = this.#pointAt(x, y);
    const cluster =
      point < 0 ? this.#clusterAt(x, y) : (exploration.search.peek()?.order[points.ranks[point] - 1] ?? null);
    batch(() => {
      exploration.hoveredRow.value = point < 0 ? null : points.ids[point];
      exploration.hovered.value = cluster;
    });
    this.#listeners.pointed(point, point < 0 && cluster === null ? null : { x, y });
  }

  #click(x: number, y: number, adds: boolean): void {
    const { settings } = this.#state.exploration;
    const point = this.#pointAt(x, y);
    if (point >= 0) {
      this.#listeners.clicked(point, adds);
      return;
    }
    const cluster = this.#clusterAt(x, y);
    if (cluster !== null) settings.cluster.value = cluster === settings.cluster.peek() ? null : cluster;
    else if (!adds) settings.selection.value = [];
  }

  #select(outline: readonly number[], adds: boolean): void {
    const { settings } = this.#state.exploration;
    const { content } = this.#shown;
    const points = this.#hits.pointsIn(content, this.canvas.zoom, outline);
    const found = Array.from(points, (point) => content.points.ids[point]);
    settings.selection.value = adds ? [...new Set([...settings.selection.peek(), ...found])] : found;
  }
}
