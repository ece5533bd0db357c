import { type MutableRef, useLayoutEffect, useRef, useState } from "preact/hooks";
import { camera, toScreen } from "../../../views/clusters/camera";
import type { Gestures } from "../../../views/gestures";
import { type Size, UNZOOMED, type Zoom } from "../../../views/viewport";
import type { DrawnDistricts } from "../../model/districts";
import type { GraphWalk } from "../../model/walk";
import { walkBox } from "./mapFit";
import type { MapScene } from "./mapScene";
import { type Corner, freestCorner } from "./overview";

/** CSS pixels round a search that fills the canvas, at most, and as a share of the canvas. */
const MARGIN = 84;
const SHARE = 0.14;
/** How much more a node counts that was expanded, returned or missed, where the small map looks for room. */
const WEIGHT = 8;

interface Fitting {
  readonly walk: GraphWalk | null;
  readonly drawn: DrawnDistricts | null;
  readonly scene: MapScene | null;
  readonly size: Size | null;
  readonly gestures: Gestures | null;
  readonly latest: MutableRef<Zoom>;
  /** Whether the true neighbours are known. */
  readonly isWhole: boolean;
}

/**
 * Opens a search fitted as soon as all its places are known, and again when the missed neighbours are. Returns the
 * corner for the small map, and a function that fits the search once more.
 */
export function useFit(fitting: Fitting): [corner: Corner, fitSearch: () => void] {
  const { walk, drawn, scene, size, gestures, latest, isWhole } = fitting;
  const [corner, setCorner] = useState<Corner>("bottom left");
  const fitted = useRef<{ key: string; drawn: DrawnDistricts; isWhole: boolean; zoom: Zoom } | null>(null);
  const fitSearch = () => {
    if (scene === null || size === null || drawn === null || gestures === null) return;
    const box = walkBox(scene, camera(size, drawn.cells.aspect, UNZOOMED));
    if (box !== null) gestures.fit(box, Math.min(MARGIN, SHARE * Math.min(size.width, size.height)));
  };
  useLayoutEffect(() => {
    if (walk === null || scene === null || size === null || gestures === null || drawn === null) return;
    if (scene.nodes.length === 0 || scene.nodes.length < scene.counts.visited) return;
    const [key, before] = [keyOf(walk), fitted.current];
    const isMoved = before?.zoom !== latest.current;
    const isOf = before?.key === key && before.drawn === drawn;
    if (isOf && (before.isWhole || !isWhole || isMoved)) return;
    fitSearch();
    fitted.current = { key, drawn, isWhole, zoom: latest.current };
    const view = camera(size, drawn.cells.aspect, latest.current);
    const weighed = scene.nodes.map(
      ({ x, y, kind, isGate }) =>
        [...toScreen(view, x, y), kind === "visited" && !isGate ? 1 : WEIGHT] as const,
    );
    setCorner(freestCorner(weighed, size, latest.current.k));
  }, [walk, scene, size, gestures, drawn, isWhole]);
  return [corner, fitSearch];
}

function keyOf({ id, vector }: GraphWalk): string {
  return id === null ? vector.join() : id.toString();
}
