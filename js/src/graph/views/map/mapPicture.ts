import { type Camera, camera, toScreen } from "../../../views/clusters/camera";
import { type Box, boxAround } from "../../../views/placer";
import type { Size, Zoom } from "../../../views/viewport";
import type { DrawnDistricts } from "../../model/districts";
import { type GateName, gateNames } from "./gateNames";
import { type Landmark, landmarksOf } from "./landmarks";
import type { MapScene } from "./mapScene";
import { type Corner, overviewBox } from "./overview";
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

/** The map on the canvas, in CSS pixels. */
export interface MapPicture {
  readonly camera: Camera;
  /** Of the nodes of the scene. */
  readonly places: readonly (readonly [x: number, y: number])[];
  readonly names: readonly GateName[];
  /** Where the small map lies; null where it would tell nothing. */
  readonly overview: Box | null;
  readonly ring: readonly RingPlace[];
  readonly landmarks: readonly Landmark[];
}

interface Shown {
  readonly drawn: DrawnDistricts;
  /** Null before a search. */
  readonly scene: MapScene | null;
  readonly size: Size;
  readonly zoom: Zoom;
  readonly corner: Corner;
  readonly hasImages: boolean;
}

export function mapPicture({ drawn, scene, size, zoom, corner, hasImages }: Shown): MapPicture {
  const view = camera(size, drawn.cells.aspect, zoom);
  const overview = overviewBox(size, zoom.k, corner);
  const kept = overview === null ? [] : [overview];
  const nodes = scene?.nodes ?? [];
  const places = nodes.map(({ x, y }) => toScreen(view, x, y));
  const names = scene === null ? [] : gateNames(scene, places);
  const ring =
    scene === null ? [] : ringPlaces(anchorsOf(scene, places, size), { ...size, side: SIDE, taken: taken() });
  const visited = new Set(nodes.map(({ district }) => district));
  const covered = [...kept, ...ring.map(({ box }) => box)];
  const landmarks = hasImages ? landmarksOf(drawn, visited, view, size, covered) : [];
  return { camera: view, places, names, overview, ring, landmarks };

  function taken(): Box[] {
    const buttons = { left: size.width - BUTTONS.width, top: 0, right: size.width, bottom: BUTTONS.height };
    const boxes: Box[] = [buttons, ...kept, ...names.map(({ box }) => box)];
    for (const { x, y } of scene?.descent ?? []) boxes.push(boxAround(...toScreen(view, x, y), STOP, STOP));
    if (scene?.query) boxes.push(boxAround(...toScreen(view, scene.query.x, scene.query.y), QUERY, QUERY));
    const isFew = (scene?.counts.expanded ?? 0) <= FEW;
    nodes.forEach(({ kind, isGate }, i) => {
      if (isGate || (isFew && kind === "expanded")) boxes.push(boxAround(...places[i], DOT, DOT));
    });
    return boxes;
  }
}

function anchorsOf({ pictured }: MapScene, places: MapPicture["places"], { width, height }: Size) {
  return pictured
    .map((node) => ({ node, x: places[node][0], y: places[node][1] }))
    .filter(({ x, y }) => x > 0 && y > 0 && x < width && y < height)
    .slice(0, MOST);
}
