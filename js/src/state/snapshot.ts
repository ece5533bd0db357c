import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import type { Exploration } from "./exploration";
import type { Saves } from "./traits";

const TRAIT = "_snapshot";
/** Milliseconds without a change before a picture is taken, and the least between two of them. */
const REST = 2000;
const INTERVAL = 10_000;
/** Width in pixels and quality of a picture, from the best: the first that makes it small enough is taken. */
const SIZES = [
  [560, 0.8],
  [560, 0.4],
  [560, 0.1],
  [440, 0.4],
  [330, 0.4],
  [250, 0.4],
];
const PICTURE = /^data:image\/(webp|png);base64,[\w+/]+=*$/;

/** A picture of the view, empty where there is none, and its caption. */
export type Snapshot = readonly [picture: string, caption: string];

/**
 * The picture for a notebook that was opened without its kernel. Nothing in a notebook is trusted.
 *
 * @param limit  characters of a picture: it is saved with the notebook, once for each widget
 */
export function readSnapshot(model: AnyModel, limit: number): Snapshot {
  const [picture, caption] = [model.get(TRAIT)].flat().map(String);
  return [picture && fits(picture, limit) ? picture : "", caption?.slice(0, 200) ?? ""];
}

function fits(picture: string, limit: number): boolean {
  return picture.length <= limit && PICTURE.test(picture);
}

/**
 * Keeps a small picture of the view in the widget's state, which the host may save in the notebook: rarely, and only
 * while nothing moves. `stages` are the displays that can be photographed.
 */
export function keepSnapshot(
  saves: Saves,
  exploration: Exploration,
  stages: ReadonlySet<HTMLElement>,
  abort: AbortSignal,
): void {
  const { settings, search, map, status, step, switched, summary } = exploration;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let taken = -INTERVAL;
  const wait = () => {
    timer = setTimeout(take, Math.max(REST, taken + INTERVAL - performance.now()));
  };
  const take = () => {
    const shown = [...stages];
    if (shown.some((stage) => stage.matches(":active"))) return wait();
    const picture = shown
      .map((stage) => pictureOf(stage, summary.peek().constants.snapshotLimit))
      .find((found) => found !== undefined);
    if (picture === undefined) return;
    taken = performance.now();
    const found = search.peek();
    const query = found === null ? "no query" : found.id === null ? "a vector" : `query ${found.id}`;
    saves.save(TRAIT, [picture, `${query}, nprobe ${settings.nprobe}, k ${settings.k}`]);
  };
  const stop = effect(() => {
    const { nprobe, k, view, cluster } = settings;
    for (const change of [nprobe, k, view, cluster, search, step, switched]) change.value;
    if (map.value?.final && status.value !== "searching") wait();
    return () => clearTimeout(timer);
  });
  abort.addEventListener("abort", stop);
}

/** A small picture of a display's canvases; empty where it cannot be had, undefined where none is in sight. */
function pictureOf(stage: HTMLElement, limit: number): string | undefined {
  const layers = stage.querySelectorAll<HTMLCanvasElement>(".feder-stage canvas:not(.feder-picture)");
  if (!layers[0]?.clientWidth) return;
  const canvas = document.createElement("canvas");
  for (const [width, quality] of SIZES) {
    canvas.width = width;
    canvas.height = (width * layers[0].height) / layers[0].width;
    for (const layer of layers) canvas.getContext("2d")?.drawImage(layer, 0, 0, width, canvas.height);
    try {
      const picture = canvas.toDataURL("image/webp", quality);
      if (fits(picture, limit)) return picture;
    } catch {
      // A picture of another site is drawn on it, and may be shown but not read.
    }
  }
  return "";
}
