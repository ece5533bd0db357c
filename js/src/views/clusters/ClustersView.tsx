import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { clusterValues } from "../../controls/ClusterValues";
import { compositionText } from "../../controls/Composition";
import { clusterRecallText } from "../../model/clusterRecall";
import { count, distance, plural } from "../../model/format";
import { mainLabels } from "../../model/labels";
import { tally } from "../../model/results";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { useDrawingSlot } from "../transition/drawingContext";
import { ZoomButtons, zoomByKey } from "../zoomButtons";
import { step } from "./clusterKeys";
import { ClusterPointerCard, useClusterPointer } from "./clusterPointer";
import { MapController } from "./mapController";
import type { Tile } from "./mosaic/tile";

/** The map of the clusters, with the search drawn on it. */
export function ClustersView() {
  const app = useApp();
  const drawing = useDrawingSlot();
  const { exploration, card } = app;
  const { settings, hovered, map } = exploration;
  const summary = exploration.summary.value;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const [shown, setShown] = useState<MapController | null>(null);
  const described = `${app.elementId}-map-keys`;

  const { pointer, leave, lead, listeners } = useClusterPointer(
    (x, y) => (shown === null || shown.gestures.dragging ? null : shown.canvas.cellAt(x, y)),
    (cell, x, y) => shown?.canvas.tileAt(cell, x, y) ?? null,
  );
  const pin = (cell: number | null) => {
    settings.cluster.value = cell === settings.cluster.peek() ? null : cell;
  };
  const open = ({ id, cluster, distance, x, y, width, height }: Tile) => {
    const opener = anchor.current as HTMLSpanElement;
    opener.style.transform = `translate(${x - width / 2}px, ${y - height / 2}px)`;
    settings.selection.value = [id];
    card.value = { id, cluster, distance, distanceName: exploration.summary.peek().distance, opener };
  };
  const click = (cell: number, tile: Tile | null, event: PointerEvent) => {
    if (tile === null) pin(cell);
    else if (event.shiftKey || event.ctrlKey || event.metaKey) exploration.toggleSelected(tile.id);
    else open(tile);
  };
  useEffect(() => {
    const controller = new MapController(
      frame.current as HTMLDivElement,
      canvas.current as HTMLCanvasElement,
      app,
      click,
    );
    setShown(controller);
    drawing.source = () => controller.canvas.drawing();
    return () => {
      drawing.source = null;
      controller.close();
      setShown(null);
    };
  }, [app, drawing]);

  const press = (event: KeyboardEvent) => {
    const drawn = map.peek();
    const isHere = event.target === frame.current || event.target === anchor.current;
    if (drawn === null || shown === null || !isHere) return;
    const { gestures } = shown;
    const search = exploration.search.peek();
    const from = hovered.peek() ?? settings.cluster.peek() ?? search?.order[0] ?? 0;
    const to = step(event.key, drawn.cells, from, search);
    const show = (cell: number) => {
      gestures.reveal(...shown.placeOf(cell));
      lead(cell, ...shown.placeOf(cell));
    };
    if (to !== null) show(to);
    else if (event.key === "Enter" || event.key === " ") pin(hovered.peek());
    else if (event.key === "s" && hovered.peek() !== null) exploration.toggleProbed(hovered.peek() as number);
    else if (event.key === "Escape") leave();
    else if (event.key === "f") shown.fitProbed();
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
        "Enter pins, S switches a cluster on or off, plus and minus zoom, 0 shows all, F fits the probed clusters."
      }
      aria-describedby={described}
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas ref={canvas} {...listeners} />
      <span ref={anchor} class="feder-anchor" tabIndex={-1} />
      {map.value === null && <p class="feder-waiting">Drawing the map…</p>}
      <div class="feder-zoom" role="group" aria-label="Zoom">
        <ZoomButtons press={(key) => shown !== null && zoomByKey(key, shown.gestures)} />
        <Button
          kind="square"
          aria-label="Fit the probed clusters"
          title="Fit the probed clusters (f)"
          disabled={exploration.search.value === null}
          onClick={() => shown?.fitProbed()}
        >
          <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 1 0 0-4.8" />
          </svg>
        </Button>
      </div>
      <ClusterPointerCard pointer={pointer} within={frame} />
      <p id={described} class="feder-sr">
        {inSightText(shown)}
      </p>
      <p class="feder-sr" aria-live="polite">
        {hovered.value === null || !frame.current?.matches(":focus")
          ? ""
          : describe(exploration, hovered.value)}
      </p>
    </div>
  );
}

/** How many rows the map shows one by one. */
function inSightText(shown: MapController | null): string {
  const { rows, clusters } = shown?.inSight.value ?? { rows: 0, clusters: 0 };
  if (rows === 0) return "Enlarged, cells show their rows.";
  return `${plural(rows, "row")} of ${plural(clusters, "cluster")} in sight. The panel of a pinned cluster lists its rows.`;
}

function describe(exploration: Exploration, cluster: number): string {
  const search = exploration.search.value;
  const column = exploration.labels.column.value;
  const composition = exploration.compositions.of(cluster, column).value;
  const main = compositionText(mainLabels(composition, 3), column);
  const recall = exploration.clusterRecall.value;
  const size = [
    plural(exploration.summary.value.sizes[cluster], "vector"),
    ...(main === "" ? [] : [main]),
    ...[clusterValues(exploration, cluster)].filter((text) => text !== null),
    ...(recall === null ? [] : [clusterRecallText(recall, cluster)]),
  ].join(", ");
  if (search === null) return `Cluster ${cluster}, ${size}`;
  const rank = search.rankIn(cluster);
  const place =
    rank === null
      ? `rank beyond ${count(search.ranked)}`
      : `rank ${count(rank)}, distance ${distance(search.distances[rank - 1])}`;
  const isOff = exploration.switched.value.get(cluster) === false;
  const state = exploration.probe.value.has(rank ?? 0) ? "probed" : isOff ? "switched off" : "not probed";
  const lost = tally(exploration.missed.value).get(cluster) ?? 0;
  return `Cluster ${cluster}, ${size}, ${place}, ${state}${lost > 0 ? `, ${plural(lost, "missed neighbour")}` : ""}`;
}
