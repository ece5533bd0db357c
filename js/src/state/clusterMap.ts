import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { type CellMap, joined } from "../model/mapCells";
import { PartialMap } from "../model/partialMap";
import { Parts } from "../model/parts";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { MapBox } from "../protocol/mapBox";
import type { MapCentres, MapPart, MapShapes, Message } from "../protocol/messages";

export interface DrawnMap {
  readonly cells: CellMap;
  readonly method: string;
  readonly final: boolean;
}

export interface ClusterMap {
  readonly map: ReadonlySignal<DrawnMap | null>;
  /** Grows whenever shapes of cells have come, of very many clusters. */
  readonly mapShapes: ReadonlySignal<number>;
}

/** The map of the index's clusters; asked for at once, and again whenever the index has changed. */
export function clusterMap(summary: ReadonlySignal<Summary>, asker: Asker, abort: AbortSignal): ClusterMap {
  const map = signal<DrawnMap | null>(null);
  const shapes = signal(0);
  const parts = new Parts<MapPart>();
  const shapeParts = new Parts<MapShapes>();
  let isFinal = false;
  let partial: PartialMap | null = null;
  const show = (cells: CellMap, { method, final }: MapPart | MapCentres) => {
    isFinal = final;
    map.value = { cells, method, final };
  };
  // Each part is taken in as it comes: all at once would hold the page up.
  let coming: { readonly request: MapCentres["request"]; readonly cells: PartialMap } | null = null;
  const takeCentres = (message: MapCentres) => {
    const { request, drawing, aspect } = message;
    if (message.offset === 0) {
      const ask = (box: MapBox) => asker.askMapShapes(drawing, box, aspect);
      coming = { request, cells: new PartialMap(message, summary.peek().sizes, ask) };
    }
    if (coming?.request !== request || !coming.cells.add(message)) return;
    partial = coming.cells;
    coming = null;
    show(partial, message);
  };
  const takeShapes = (message: MapShapes) => {
    const all = shapeParts.take(message, message.clusters.length);
    if (all === null || partial === null) return;
    partial.take(all);
    shapes.value++;
  };
  asker.onMessage((message: Message) => {
    const isNew = "rows" in message && !isFinal && message.rows === summary.peek().nlist;
    if (message.kind === "map" && isNew) {
      const all = parts.take(message, message.inradii.length);
      if (all !== null) show(joined(all), message);
    } else if (message.kind === "map_centres" && isNew) takeCentres(message);
    else if (message.kind === "map_shapes") takeShapes(message);
    else if (message.kind === "error") partial?.lose(message.request);
  });
  let version: number | null = null;
  const stop = effect(() => {
    if (summary.value.indexVersion === version) return;
    version = summary.value.indexVersion;
    isFinal = false;
    asker.askMap();
  });
  const follow = effect(() => {
    // What was asked for before the kernel went is not answered.
    if (!asker.connected.value) partial?.lose(null);
  });
  abort.addEventListener("abort", () => {
    stop();
    follow();
  });
  return { map, mapShapes: shapes };
}
