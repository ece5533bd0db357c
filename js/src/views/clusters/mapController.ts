import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { mark } from "../../look/mark";
import type { Palette } from "../../look/palette";
import { tally } from "../../model/results";
import { shownScale } from "../../state/columnScales";
import type { Exploration } from "../../state/exploration";
import { MemberLists } from "../../state/memberLists";
import type { Pictures } from "../../state/pictures";
import { Gestures } from "../gestures";
import { shownCellLabels } from "../labels/cellLabels";
import { ratioFor, UNZOOMED } from "../viewport";
import { camera, toScreen } from "./camera";
import { MapCanvas } from "./mapCanvas";
import type { TileKind } from "./mosaic/cellTiles";
import { Medoids } from "./mosaic/medoids";
import { NearestRows } from "./mosaic/nearestRows";
import type { Tile } from "./mosaic/tile";
import { TileImages } from "./mosaic/tileImages";
import { cellRanking, missedCells, rowMarks } from "./scene";
import type { InSight } from "./shownCells";

/** Share of the canvas that a single row takes at most. */
const ROW_SHARE = 0.94;

interface State {
  readonly exploration: Exploration;
  readonly pictures: Pictures;
  readonly palette: ReadonlySignal<Palette>;
  readonly leastRatio: ReadonlySignal<number>;
}

/** Ties the canvas of the map to the pointer and to the state. */
export class MapController {
  readonly canvas: MapCanvas;
  readonly gestures: Gestures;
  readonly inSight: ReadonlySignal<InSight>;
  readonly #state: State;
  readonly #lists: MemberLists;
  readonly #medoids: Medoids;
  readonly #images: TileImages;
  readonly #abort = new AbortController();

  /** @param clicked  called with a cluster, and with its member there where it is a mosaic */
  constructor(
    frame: HTMLElement,
    canvas: HTMLCanvasElement,
    state: State,
    clicked: (cell: number, tile: Tile | null, event: PointerEvent) => void,
  ) {
    this.#state = state;
    const { exploration, pictures, leastRatio } = state;
    const { summary, search, asker } = exploration;
    const { signal: abort } = this.#abort;
    const inSight = signal<InSight>({ rows: 0, clusters: 0 });
    this.inSight = inSight;
    this.#lists = new MemberLists(summary.peek(), asker);
    this.#medoids = new Medoids(asker, () => this.canvas.renew());
    this.#images = new TileImages(pictures, () => this.canvas.repaint());
    const nearest = computed(() => search.value && new NearestRows(search.value, summary.value.similarity));
    this.canvas = new MapCanvas(
      canvas,
      {
        kind: kindOf(summary.peek()),
        lists: this.#lists,
        medoids: this.#medoids,
        images: this.#images,
        nearestOf: (cluster) => nearest.peek()?.of(cluster) ?? null,
      },
      {
        drawn: () => performance.mark("feder:map"),
        pictured: () => mark("feder:tiles"),
        rested: (now) => {
          const before = inSight.peek();
          if (before.rows !== now.rows || before.clusters !== now.clusters) inSight.value = now;
        },
      },
    );
    this.gestures = new Gestures(
      canvas,
      (zoom) => this.canvas.zoomTo(zoom),
      (x, y, event) => {
        const cell = this.canvas.cellAt(x, y);
        if (cell !== null) clicked(cell, this.canvas.tileAt(cell, x, y), event);
      },
      abort,
      (x, y) => this.#closestAt(x, y),
    );
    const resize = () => {
      const { clientWidth: width, clientHeight: height } = frame;
      this.canvas.resize({ width, height, ratio: ratioFor(leastRatio.peek()) });
    };
    const observer = new ResizeObserver(() => {
      resize();
      this.gestures.resized();
    });
    observer.observe(frame);
    const stop = leastRatio.subscribe(resize);
    abort.addEventListener("abort", () => {
      observer.disconnect();
      stop();
    });
    this.#follow();
  }

  /** The middle of a cell in the canvas. */
  placeOf(cell: number): [x: number, y: number] {
    const centres = this.#state.exploration.map.peek()?.cells.centres;
    return toScreen(this.canvas.camera, centres?.[2 * cell] ?? 0, centres?.[2 * cell + 1] ?? 0);
  }

  /** Zooms to the probed clusters. */
  fitProbed(): void {
    const { map, search, wanted } = this.#state.exploration;
    const cells = map.peek()?.cells;
    const found = search.peek();
    if (cells === undefined || found === null) return;
    const unzoomed = camera(this.canvas.size, cells.aspect, UNZOOMED);
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const rank of wanted.peek().ranks) {
      const cell = found.order[rank - 1];
      if (cell < 0) continue;
      const corners = cells.corners(cell);
      for (let i = 0; i < corners.length; i += 2) {
        const [x, y] = toScreen(unzoomed, corners[i], corners[i + 1]);
        box.left = Math.min(box.left, x);
        box.top = Math.min(box.top, y);
        box.right = Math.max(box.right, x);
        box.bottom = Math.max(box.bottom, y);
      }
    }
    if (box.left < box.right) this.gestures.fit(box);
  }

  close(): void {
    this.#abort.abort();
    this.canvas.close();
    this.#images.close();
  }

  /** How much the map can be enlarged about a place in the canvas: until a single row fills it, caption and all. */
  #closestAt(x: number, y: number): number {
    const { size, zoom } = this.canvas;
    const cell = this.canvas.cellAt(x, y);
    const row = cell === null ? null : this.canvas.tileAt(cell, x, y);
    if (row !== null) return ROW_SHARE * zoom.k * Math.min(size.width / row.width, size.height / row.height);
    // Between rows, and before they have come: half of what the rows allow that have as much room as any.
    const [least, most] = [size.width, size.height].sort((left, right) => left - right);
    return Math.sqrt((this.#state.exploration.summary.peek().ntotal * least) / most) / 2;
  }

  /** Draws whatever changes. */
  #follow(): void {
    const { exploration, palette } = this.#state;
    const { summary, search, step, results, missed, truth, probe, settings } = exploration;
    const shown = computed(() => (step.value === 0 ? null : search.value));
    const ranking = computed(() => shown.value && cellRanking(shown.value));
    const lost = computed(() => missedCells(tally(missed.value), shown.value));
    const marks = computed(() => rowMarks(results.value, missed.value, truth.value));
    const labels = computed(() => shownCellLabels(exploration.labels));
    const indexVersion = computed(() => summary.value.indexVersion);
    const stops = [
      effect(() => {
        indexVersion.value;
        this.#medoids.clear();
        this.#images.releaseOthers();
        this.canvas.renew();
      }),
      effect(() => {
        if (exploration.mapShapes.value > 0) this.canvas.reshape();
      }),
      effect(() => {
        this.#lists.orderFor(search.value, summary.value);
        exploration.revision.value;
        this.#lists.revision.value;
        this.canvas.renew();
      }),
      effect(() => {
        const cells = exploration.map.value?.cells;
        if (cells === undefined) return;
        const scene = {
          cells,
          ranking: ranking.value,
          probe: probe.value,
          named: exploration.namedClusters.value,
          missed: lost.value,
          labels: labels.value,
          recall: exploration.clusterRecall.value,
          scale: shownScale(exploration.labels),
          marks: marks.value,
          query: shown.value?.id ?? null,
          hovered: exploration.hovered.value,
          pinned: exploration.comparedCluster.value ?? settings.cluster.value,
          hoveredRow: exploration.hoveredRow.value,
          selected: exploration.selected.value,
        };
        this.canvas.show(scene, palette.value);
      }),
    ];
    this.#abort.signal.addEventListener("abort", () => {
      for (const stop of stops) stop();
    });
  }
}

function kindOf({ images, labels }: { images: boolean; labels: boolean }): TileKind {
  if (images) return "picture";
  return labels ? "label" : "vector";
}
