import { batch, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Palette } from "../../look/palette";
import type { Exploration } from "../../state/exploration";
import type { Pictures } from "../../state/pictures";
import type { Size } from "../clusters/camera";
import { Gestures } from "../gestures";
import { RestingPointer } from "../restingPointer";
import { Selecting } from "./outlineDrag";
import { PointPainter } from "./pointCanvas";
import { PointGrid } from "./pointIndex";
import { type Mark, NO_POINTS, type Paint, type Place, type Points, type Positions, pointOf } from "./points";
import { Thumbnails } from "./thumbnails";

/** The pointer finds a point this many CSS pixels away. */
const REACH = 10;
/** Others stand back once the pointer has stayed with a cluster for this long, in milliseconds. */
const DWELL = 90;

interface Context {
  readonly exploration: Exploration;
  readonly pictures: Pictures;
  readonly palette: ReadonlySignal<Palette>;
  /** Whether any drag selects. */
  readonly lasso: Signal<boolean>;
}

interface Listeners {
  pointed(place: Place | null): void;
  left(): void;
  clicked(point: number, adds: boolean): void;
  resized(size: Size): void;
  zoomed(k: number): void;
}

interface Shown {
  readonly points: Points;
  readonly positions: Positions;
  readonly marks: readonly Mark[];
  readonly query: Place | null;
  readonly zoomable: boolean;
  readonly clusterAt?: ((x: number, y: number) => number | null) | undefined;
  readonly background?: Paint | undefined;
  readonly foreground?: Paint | undefined;
}

const DRAWN = ["points", "positions", "marks", "query", "zoomable", "background", "foreground"] as const;

const NOTHING: Shown = {
  points: NO_POINTS,
  positions: new Float32Array(0),
  marks: [],
  query: null,
  zoomable: false,
};

/** Ties a picture of points to pointer, state and page. */
export class Stage {
  readonly painter: PointPainter;
  readonly gestures: Gestures;
  readonly #rest = new RestingPointer();
  readonly #context: Context;
  readonly #listeners: Listeners;
  readonly #thumbnails: Thumbnails;
  readonly #selecting: Selecting;
  readonly #abort = new AbortController();
  readonly #shown = signal<Shown>(NOTHING);
  readonly #outline = signal<number[] | null>(null);
  readonly #emphasised = signal<number | null>(null);
  readonly #stops: (() => void)[] = [];
  #grid: { positions: Positions; count: number; grid: PointGrid } | null = null;
  #clusterOf: Shown["clusterAt"];
  #dwell: ReturnType<typeof setTimeout> | undefined;

  constructor(
    base: HTMLCanvasElement,
    above: HTMLCanvasElement,
    frame: HTMLElement,
    context: Context,
    listeners: Listeners,
  ) {
    this.#context = context;
    this.#listeners = listeners;
    const { signal: abort } = this.#abort;
    this.#thumbnails = new Thumbnails(context.pictures, () => this.painter.repaint());
    this.painter = new PointPainter(base, above, this.#thumbnails);
    this.#selecting = new Selecting(
      above,
      {
        shape: (event) => {
          if (event.shiftKey || context.lasso.peek()) return "lasso";
          return this.#shown.peek().zoomable ? null : "box";
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
        this.painter.zoomTo(zoom);
        listeners.zoomed(zoom.k);
      },
      (x, y) => this.#click(x, y, false),
      abort,
    );
    // A picture that cannot be zoomed leaves the wheel to the page.
    above.addEventListener(
      "wheel",
      (event) => {
        if (!this.#shown.peek().zoomable) event.stopImmediatePropagation();
      },
      { signal: abort, capture: true },
    );
    for (const type of ["pointerdown", "pointermove"] as const) {
      above.addEventListener(type, (event) => this.#point(event), { signal: abort, capture: true });
    }
    above.addEventListener("pointerleave", (event) => this.#rest.left(event) && listeners.left(), {
      signal: abort,
    });
    above.addEventListener("pointercancel", () => listeners.left(), { signal: abort });
    const observer = new ResizeObserver(() => {
      const size = { width: frame.clientWidth, height: frame.clientHeight, ratio: devicePixelRatio };
      this.painter.resize(size);
      this.gestures.resized();
      listeners.resized(size);
    });
    observer.observe(frame);
    abort.addEventListener("abort", () => observer.disconnect());
    this.#follow();
  }

  show(shown: Shown): void {
    const before = this.#shown.peek();
    this.#clusterOf = shown.clusterAt;
    // A stage is shown again at every move of the pointer: only what is drawn counts.
    if (DRAWN.every((name) => before[name] === shown[name])) return;
    this.#shown.value = shown;
    if (before.zoomable && !shown.zoomable) this.gestures.reset();
  }

  /** Bring a point that a key has chosen into sight; where it is then. */
  reveal(point: number): Place {
    this.#rest.keyed();
    const { x, y } = this.painter.place(point);
    if (this.#shown.peek().zoomable) this.gestures.reveal(x, y);
    return this.painter.place(point);
  }

  /** Give up an outline being drawn; false when there is none. */
  cancel(): boolean {
    const isDrawing = this.#selecting.isDrawing;
    if (isDrawing) this.#selecting.cancel();
    return isDrawing;
  }

  close(): void {
    clearTimeout(this.#dwell);
    for (const stop of this.#stops) stop();
    this.#abort.abort();
    this.painter.destroy();
    this.#thumbnails.close();
  }

  /** Paint whatever changes. */
  #follow(): void {
    const { exploration, palette } = this.#context;
    const { hovered, hoveredRow, selected } = exploration;
    this.#stops.push(
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
        const { points, positions, marks, query, background, foreground } = this.#shown.value;
        const { rows, any } = chosen(points, selected.value);
        this.painter.show({
          points,
          positions,
          marks,
          query,
          background,
          foreground,
          selected: any ? rows : null,
          emphasised: this.#emphasised.value,
          palette: palette.value,
        });
      }),
      effect(() => {
        const { points, marks } = this.#shown.value;
        const order = exploration.search.peek()?.order;
        const wanted = order === undefined ? [] : marks.filter((mark) => mark.side > 0);
        this.#thumbnails.want(
          wanted.map(({ point, side }) => ({
            id: points.ids[point],
            cluster: order?.[points.ranks[point] - 1] ?? -1,
            side,
          })),
        );
      }),
      effect(() => {
        const row = hoveredRow.value;
        const point = row === null ? -1 : pointOf(this.#shown.value.points, row);
        this.painter.overlay({ point, outline: this.#outline.value });
      }),
    );
  }

  #gridOf({ positions, points }: Shown): PointGrid {
    const { count } = points;
    if (this.#grid?.positions !== positions || this.#grid.count !== count) {
      this.#grid = { positions, count, grid: new PointGrid(positions, count) };
    }
    return this.#grid.grid;
  }

  /** The point drawn at a place of the canvas, -1 for none. */
  #at(x: number, y: number): number {
    const shown = this.#shown.peek();
    const zoom = this.painter.zoom;
    const pictures = shown.marks
      .filter(({ side }) => side > 0)
      .sort((left, right) => left.place - right.place);
    for (const { point, side, dx, dy } of pictures) {
      const place = this.painter.place(point);
      if (Math.abs(place.x + dx - x) <= side / 2 && Math.abs(place.y + dy - y) <= side / 2) return point;
    }
    return this.#gridOf(shown).nearest((x - zoom.x) / zoom.k, (y - zoom.y) / zoom.k, REACH / zoom.k);
  }

  #clusterAt(x: number, y: number): number | null {
    const zoom = this.painter.zoom;
    return this.#clusterOf?.((x - zoom.x) / zoom.k, (y - zoom.y) / zoom.k) ?? null;
  }

  #point(event: PointerEvent): void {
    if (this.gestures.dragging || this.#selecting.isDrawing || !this.#rest.moved(event)) return;
    const { exploration } = this.#context;
    const { points } = this.#shown.peek();
    const { offsetX: x, offsetY: y } = event;
    const point = this.#at(x, y);
    const cluster =
      point < 0 ? this.#clusterAt(x, y) : (exploration.search.peek()?.order[points.ranks[point] - 1] ?? null);
    batch(() => {
      exploration.hoveredRow.value = point < 0 ? null : points.ids[point];
      exploration.hovered.value = cluster;
    });
    this.#listeners.pointed(point < 0 && cluster === null ? null : { x, y });
  }

  #click(x: number, y: number, adds: boolean): void {
    const { settings } = this.#context.exploration;
    const point = this.#at(x, y);
    if (point >= 0) {
      this.#listeners.clicked(point, adds);
      return;
    }
    const cluster = this.#clusterAt(x, y);
    if (cluster !== null) settings.cluster.value = cluster === settings.cluster.peek() ? null : cluster;
    else if (!adds) settings.selection.value = [];
  }

  #select(outline: readonly number[], adds: boolean): void {
    const { settings } = this.#context.exploration;
    const shown = this.#shown.peek();
    const { k, x, y } = this.painter.zoom;
    const placed = outline.map((value, i) => (value - (i % 2 === 0 ? x : y)) / k);
    const found = Array.from(this.#gridOf(shown).inside(placed), (point) => shown.points.ids[point]);
    settings.selection.value = adds ? [...new Set([...settings.selection.peek(), ...found])] : found;
  }
}

/** Which points are selected. */
function chosen(points: Points, ids: ReadonlySet<bigint>): { rows: Uint8Array; any: boolean } {
  const rows = new Uint8Array(points.count);
  let any = false;
  const mark = (point: number) => {
    rows[point] = 1;
    any = true;
  };
  if (ids.size < 16) {
    for (const id of ids) {
      const point = pointOf(points, id);
      if (point >= 0) mark(point);
    }
  } else {
    for (let i = 0; i < points.count; i++) if (ids.has(points.ids[i])) mark(i);
  }
  return { rows, any };
}
