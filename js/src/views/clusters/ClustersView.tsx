import { computed, effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { compositionText } from "../../controls/Composition";
import { count, distance, plural } from "../../model/format";
import { mainLabels } from "../../model/labels";
import { tally } from "../../model/results";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { Gestures } from "../gestures";
import { shownCellLabels } from "../labels/cellLabels";
import { useDrawingSlot } from "../transition/drawingContext";
import { ZoomButtons, zoomByKey } from "../zoomButtons";
import { toMap, toScreen } from "./camera";
import { CellTexts } from "./cellTexts";
import { step } from "./clusterKeys";
import { ClusterPointerCard, useClusterPointer } from "./clusterPointer";
import { MapCanvas } from "./mapCanvas";
import { Portraits } from "./portraits";
import { cellRanking, missedCells } from "./scene";

interface Shown {
  readonly canvas: MapCanvas;
  readonly gestures: Gestures;
}

/** The map of the clusters, with the search drawn on it. */
export function ClustersView() {
  const app = useApp();
  const drawing = useDrawingSlot();
  const { exploration, palette, pictures, asker } = app;
  const { settings, hovered, map } = exploration;
  const summary = exploration.summary.value;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<Shown | null>(null);

  const cellAt = (x: number, y: number): number | null => {
    const drawn = map.peek();
    if (shown.current === null || drawn === null) return null;
    const cell = drawn.cells.find(...toMap(shown.current.canvas.camera, x, y));
    return cell < 0 ? null : cell;
  };
  const { pointer, leave, lead, listeners } = useClusterPointer((x, y) =>
    shown.current?.gestures.dragging ? null : cellAt(x, y),
  );
  const pin = (cell: number | null) => {
    settings.cluster.value = cell === settings.cluster.value ? null : cell;
  };
  useEffect(() => {
    const abort = new AbortController();
    const element = canvas.current as HTMLCanvasElement;
    const box = frame.current as HTMLDivElement;
    const portraits = summary.images ? new Portraits(asker, pictures, () => drawn.repaint()) : null;
    const texts =
      summary.labels && !summary.images ? new CellTexts(asker, pictures, () => drawn.repaint()) : null;
    const drawn = new MapCanvas(element, portraits, texts, () => performance.mark("feder:map"));
    const gestures = new Gestures(
      element,
      (zoom) => drawn.zoomTo(zoom),
      (x, y) => {
        const cell = cellAt(x, y);
        if (cell !== null) pin(cell);
      },
      abort.signal,
    );
    shown.current = { canvas: drawn, gestures };
    drawing.source = () => drawn.drawing();
    const observer = new ResizeObserver(() => {
      drawn.resize({ width: box.clientWidth, height: box.clientHeight, ratio: devicePixelRatio });
      gestures.resized();
    });
    observer.observe(box);
    const search = computed(() => (exploration.step.value === 0 ? null : exploration.search.value));
    const ranking = computed(() => search.value && cellRanking(search.value));
    const missed = computed(() => missedCells(tally(exploration.missed.value), search.value));
    const labels = computed(() => shownCellLabels(exploration.labels));
    const indexVersion = computed(() => exploration.summary.value.indexVersion);
    const follow = effect(() => {
      indexVersion.value;
      portraits?.clear();
      texts?.clear();
      drawn.repaint();
    });
    const stop = effect(() => {
      const cells = exploration.map.value?.cells;
      if (cells === undefined) return;
      const scene = {
        cells,
        ranking: ranking.value,
        probe: exploration.probe.value,
        missed: missed.value,
        labels: labels.value,
        hovered: hovered.value,
        pinned: settings.cluster.value,
      };
      drawn.show(scene, palette.value);
    });
    return () => {
      drawing.source = null;
      follow();
      stop();
      observer.disconnect();
      abort.abort();
      drawn.close();
      portraits?.clear();
      texts?.clear();
      shown.current = null;
    };
  }, [app, drawing]);

  const press = (event: KeyboardEvent) => {
    const drawn = map.peek();
    if (drawn === null || shown.current === null || event.target !== frame.current) return;
    const { canvas, gestures } = shown.current;
    const search = exploration.search.peek();
    const from = hovered.peek() ?? settings.cluster.peek() ?? search?.order[0] ?? 0;
    const to = step(event.key, drawn.cells, from, search);
    const place = (cell: number): [number, number] =>
      toScreen(canvas.camera, drawn.cells.centres[2 * cell], drawn.cells.centres[2 * cell + 1]);
    const show = (cell: number) => {
      gestures.reveal(...place(cell));
      lead(cell, ...place(cell));
    };
    if (to !== null) show(to);
    else if (event.key === "Enter" || event.key === " ") pin(hovered.peek());
    else if (event.key === "s" && hovered.peek() !== null) exploration.toggleProbed(hovered.peek() as number);
    else if (event.key === "Escape") leave();
    else if (!zoomByKey(event.key, gestures)) return;
    else if (hovered.peek() !== null) show(from);
    event.preventDefault();
    event.stopPropagation();
  };
  // The cells under the pointer have moved.
  useLayoutEffect(leave, [map.value]);
  return (
    <div
      ref={frame}
      class="feder-map"
      role="application"
      tabIndex={0}
      aria-label={
        `Map of ${plural(summary.nlist, "cluster")}. Arrow keys move, Page Up and Page Down go through the ranks, ` +
        "Enter pins, S switches a cluster on or off, plus and minus zoom, 0 shows all."
      }
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas ref={canvas} {...listeners} />
      {map.value === null && <p class="feder-waiting">Drawing the map…</p>}
      <div class="feder-zoom" role="group" aria-label="Zoom">
        <ZoomButtons press={(key) => shown.current !== null && zoomByKey(key, shown.current.gestures)} />
      </div>
      <ClusterPointerCard pointer={pointer} within={frame} />
      <p class="feder-sr" aria-live="polite">
        {hovered.value === null || !frame.current?.matches(":focus")
          ? ""
          : describe(exploration, hovered.value)}
      </p>
    </div>
  );
}

function describe(exploration: Exploration, cluster: number): string {
  const search = exploration.search.value;
  const composition = exploration.compositions.of(cluster).value;
  const main = compositionText(mainLabels(composition, 3));
  const size = plural(exploration.summary.value.sizes[cluster], "vector") + (main === "" ? "" : `, ${main}`);
  if (search === null) return `Cluster ${cluster}, ${size}`;
  const rank = search.rankOf[cluster];
  const state = exploration.probe.value.has(rank) ? "probed" : "not probed";
  const lost = tally(exploration.missed.value).get(cluster) ?? 0;
  return `Cluster ${cluster}, ${size}, rank ${count(rank)}, distance ${distance(search.distances[rank - 1])}, ${state}${lost > 0 ? `, ${plural(lost, "missed neighbour")}` : ""}`;
}
