import { type MutableRef, useLayoutEffect, useRef } from "preact/hooks";
import { type Camera, camera } from "../../../views/clusters/camera";
import type { Gestures } from "../../../views/gestures";
import type { Box } from "../../../views/placer";
import { type Size, UNZOOMED, type Zoom } from "../../../views/viewport";
import type { GraphWalk } from "../../model/walk";
import type { NodeScene } from "./nodeScene";

/** CSS pixels round a search that fills the canvas, at most, and as a share of the canvas. */
const MARGIN = 84;
const SHARE = 0.14;

export interface Fitting {
  readonly walk: GraphWalk | null;
  /** What the search is drawn on: on another one it is fitted anew. Null before that is there. */
  readonly ground: object | null;
  readonly scene: NodeScene | null;
  readonly aspect: number;
  readonly size: Size | null;
  readonly gestures: Gestures | null;
  readonly latest: MutableRef<Zoom>;
  /** Whether the true neighbours are known. */
  readonly isWhole: boolean;
  /** The part of the picture that holds the search; null to show all. */
  readonly box: (scene: NodeScene, unzoomed: Camera) => Box | null;
  /** Called after a search was fitted, with the size that it was fitted to: a view's own may come later. */
  readonly fitted: (view: Camera, k: number, size: Size) => void;
}

/**
 * Opens a search fitted as soon as all its places are known, and again when the missed neighbours are. Returns a
 * function that fits the search once more.
 */
export function useFit(fitting: Fitting): () => void {
  const { walk, ground, scene, aspect, size, gestures, latest, isWhole, box, fitted } = fitting;
  const before = useRef<{ key: string; ground: object; isWhole: boolean; zoom: Zoom } | null>(null);
  const fitSearch = () => {
    if (scene === null || size === null || gestures === null) return;
    const part = box(scene, camera(size, aspect, UNZOOMED));
    if (part === null) gestures.reset();
    else gestures.fit(part, Math.min(MARGIN, SHARE * Math.min(size.width, size.height)));
  };
  useLayoutEffect(() => {
    if (walk === null || scene === null || size === null || gestures === null || ground === null) return;
    if (scene.nodes.length === 0 || scene.nodes.length < scene.counts.visited) return;
    const [key, last] = [keyOf(walk), before.current];
    const isMoved = last?.zoom !== latest.current;
    const isOf = last?.key === key && last.ground === ground;
    if (isOf && (last.isWhole || !isWhole || isMoved)) return;
    fitSearch();
    before.current = { key, ground, isWhole, zoom: latest.current };
    fitted(camera(size, aspect, latest.current), latest.current.k, size);
  }, [walk, scene, size, gestures, ground, isWhole]);
  return fitSearch;
}

function keyOf({ id, vector }: GraphWalk): string {
  return id === null ? vector.join() : id.toString();
}
