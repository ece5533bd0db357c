import { type Camera, camera, toScreen } from "../../../views/clusters/camera";
import { type Box, boxAround } from "../../../views/placer";
import type { Size, Zoom } from "../../../views/viewport";
import { type GateName, gateNames } from "./gateNames";
import type { NodeScene } from "./nodeScene";
import { type RingPlace, ringPlaces } from "./pictureRing";

/** CSS pixels of a picture, and how many there are at most. */
export const SIDE = 44;
const MOST = 30;
/** CSS pixels that the buttons at the right take, and the marks that pictures keep off. */
const BUTTONS = { width: 50, height: 180 };
const STOP = 26;
const QUERY = 40;
const DOT = 12;
/** Expanded nodes that pictures keep off: among more there is no room for these. */
const FEW = 100;

/** A search on the canvas, in CSS pixels. */
export interface NodePicture {
  readonly camera: Camera;
  readonly size: Size;
  readonly zoom: Zoom;
  /** Of the nodes of the scene. */
  readonly places: readonly (readonly [x: number, y: number])[];
  readonly names: readonly GateName[];
  readonly ring: readonly RingPlace[];
}

/** @param kept  boxes that pictures keep off */
export function nodePicture(
  scene: NodeScene | null,
  aspect: number,
  size: Size,
  zoom: Zoom,
  kept: readonly Box[],
): NodePicture {
  const view = camera(size, aspect, zoom);
  if (scene === null) return { camera: view, size, zoom, places: [], names: [], ring: [] };
  const { nodes } = scene;
  const places = nodes.map(({ x, y }) => toScreen(view, x, y));
  const names = gateNames(scene, places);
  const ring = ringPlaces(anchorsOf(scene, places, size), { ...size, side: SIDE, taken: taken() });
  return { camera: view, size, zoom, places, names, ring };

  function taken(): Box[] {
    const buttons = { left: size.width - BUTTONS.width, top: 0, right: size.width, bottom: BUTTONS.height };
    const boxes: Box[] = [buttons, ...kept, ...names.map(({ box }) => box)];
    const { descent, query, counts } = scene as NodeScene;
    for (const { x, y } of descent) boxes.push(boxAround(...toScreen(view, x, y), STOP, STOP));
    if (query) boxes.push(boxAround(...toScreen(view, query.x, query.y), QUERY, QUERY));
    const isFew = counts.expanded <= FEW;
    nodes.forEach(({ kind, isGate }, i) => {
      if (isGate || (isFew && kind === "expanded")) boxes.push(boxAround(...places[i], DOT, DOT));
    });
    return boxes;
  }
}

function anchorsOf({ pictured }: NodeScene, places: NodePicture["places"], { width, height }: Size) {
  return pictured
    .map((node) => ({ node, x: places[node][0], y: places[node][1] }))
    .filter(({ x, y }) => x > 0 && y > 0 && x < width && y < height)
    .slice(0, MOST);
}
