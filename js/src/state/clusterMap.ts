import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { type CellMap, joined } from "../model/mapCells";
import { Parts } from "../model/parts";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { MapPart } from "../protocol/messages";

export interface DrawnMap {
  readonly cells: CellMap;
  readonly method: string;
  readonly final: boolean;
}

/** The map of the index's clusters; asked for at once, and again whenever the index has changed. */
export function clusterMap(
  summary: ReadonlySignal<Summary>,
  asker: Asker,
  abort: AbortSignal,
): ReadonlySignal<DrawnMap | null> {
  const map = signal<DrawnMap | null>(null);
  const parts = new Parts<MapPart>();
  let isFinal = false;
  asker.onMessage((message) => {
    if (message.kind !== "map" || isFinal || message.rows !== summary.peek().nlist) return;
    const all = parts.take(message, message.inradii.length);
    if (all === null) return;
    isFinal = message.final;
    map.value = { cells: joined(all), method: message.method, final: message.final };
  });
  let version: number | null = null;
  const stop = effect(() => {
    if (summary.value.indexVersion === version) return;
    version = summary.value.indexVersion;
    isFinal = false;
    asker.askMap();
  });
  abort.addEventListener("abort", stop);
  return map;
}
