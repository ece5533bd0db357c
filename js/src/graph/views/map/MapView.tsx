import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { camera, toMap, toScreen } from "../../../views/clusters/camera";
import { fillAll } from "../../../views/draw";
import type { Gestures } from "../../../views/gestures";
import { type Size, UNZOOMED, type Zoom } from "../../../views/viewport";
import { useGraphApp } from "../../state/graphApp";
import type { DotSheet } from "../nodes/dotSheet";
import { useKeptLayer } from "../nodes/keptLayer";
import { isIn, NodeStage } from "../nodes/NodeStage";
import { walkBox } from "../nodes/nodeFit";
import type { NodePicture } from "../nodes/nodePicture";
import { NodePictures } from "../nodes/nodePictures";
import { paintDistricts } from "./districtPainter";
import { type Landmark, landmarksOf, paintGrains, paintLandmarks } from "./landmarks";
import { mapText } from "./mapText";
import {
  type Corner,
  freestCorner,
  overviewBox,
  overviewCamera,
  overviewGround,
  paintOverview,
} from "./overview";
import { useMapScene } from "./useMapScene";

/** CSS pixels of the pictures of districts. */
const LANDMARK = 48;
/** How much a large graph can be enlarged, by the square root of its vectors. */
const CLOSEST = 2;
/** How much more a node counts that was expanded, returned or missed, where the small map looks for room. */
const WEIGHT = 8;

/** Where the search goes among all vectors. */
export function MapView() {
  const { exploration, pictures, palette } = useGraphApp();
  const { ntotal, images: hasImages } = exploration.facts.value;
  const { drawn, scene, shares } = useMapScene();
  const walk = exploration.walk.value;
  const [corner, setCorner] = useState<Corner>("bottom left");
  const [size, setSize] = useState<Size | null>(null);
  const [isEnlarged, setEnlarged] = useState(false);
  const [loaded, setLoaded] = useState(0);
  const around = useMemo(
    () => new NodePictures(pictures, LANDMARK, () => setLoaded((now) => now + 1)),
    [pictures],
  );
  useEffect(() => () => around.close(), [around]);
  const boxOf = (now: Size, zoom: Zoom) => overviewBox(now, zoom.k, corner);
  const kept = useCallback(
    (now: Size, zoom: Zoom) => {
      const box = overviewBox(now, zoom.k, corner);
      return box === null ? [] : [box];
    },
    [corner],
  );
  const landmarks = useMemo(() => {
    const visited = new Set((scene?.nodes ?? []).map(({ district }) => district));
    const found = new WeakMap<NodePicture, readonly Landmark[]>();
    return (picture: NodePicture) => {
      const before = found.get(picture);
      if (before !== undefined || drawn === null || !hasImages) return before ?? [];
      const { size: now, zoom, ring } = picture;
      const covered = [...kept(now, zoom), ...ring.map((place) => place.box)];
      const made = landmarksOf(drawn, visited, picture.camera, now, covered);
      found.set(picture, made);
      return made;
    };
  }, [drawn, scene, kept, hasImages]);
  const shown = useCallback(
    (picture: NodePicture | null) => {
      around.want(picture === null ? [] : landmarks(picture).map(({ id }) => id));
      if (picture !== null) setEnlarged(boxOf(picture.size, picture.zoom) !== null);
    },
    [landmarks, corner, around],
  );
  const ground = useMemo(() => {
    const box = size === null || drawn === null || !isEnlarged ? null : overviewBox(size, Infinity, corner);
    if (box === null || drawn === null || size === null) return null;
    return overviewGround(box, drawn.cells, shares, size.ratio, palette.value);
  }, [isEnlarged, size, corner, drawn, shares, palette.value]);
  const layer = useKeptLayer();
  /** The place of each node of an upper level among the visits; -1 where no efSearch visits it. */
  const upperPlaces = useMemo(
    () => Int32Array.from(drawn?.upper ?? [], ({ id }) => walk?.placeOf(id) ?? -1),
    [drawn, walk],
  );
  const below = useCallback(
    (context: CanvasRenderingContext2D, picture: NodePicture) => {
      if (drawn === null) return;
      const { camera: view, size: now } = picture;
      const colours = palette.value;
      const pictures = landmarks(picture);
      // Grains lie on pictures, so that only without these what no efSearch visits can stay below.
      const isBare = pictures.length === 0;
      const grains = (on: CanvasRenderingContext2D, isShown: (at: number) => boolean) =>
        paintGrains(on, drawn, isShown, view, now, colours.control);
      const key = [drawn, shares, colours, upperPlaces, isBare, view.sx, view.sy, view.tx, view.ty];
      layer.paint(context, key, (on) => {
        fillAll(on, now, colours.background);
        const all = { left: 0, top: 0, right: now.width, bottom: now.height };
        paintDistricts(on, drawn.cells, shares, view, all, colours);
        if (isBare) grains(on, (at) => upperPlaces[at] < 0);
      });
      paintLandmarks(context, pictures, around);
      const visits = scene?.counts.visited ?? 0;
      const isLater = (at: number) => upperPlaces[at] >= visits;
      grains(context, isBare ? isLater : (at) => upperPlaces[at] < 0 || isLater(at));
    },
    [drawn, shares, scene, upperPlaces, landmarks, loaded, around, layer, palette.value],
  );
  const above = useCallback(
    (context: CanvasRenderingContext2D, picture: NodePicture, sheet: DotSheet) => {
      const box = boxOf(picture.size, picture.zoom);
      if (box === null || ground === null || drawn === null) return;
      paintOverview(context, box, ground, drawn.cells.aspect, scene, picture, sheet, palette.value);
    },
    [drawn, scene, corner, ground, palette.value],
  );
  const press = (x: number, y: number, picture: NodePicture, gestures: Gestures | null) => {
    const box = boxOf(picture.size, picture.zoom);
    if (box === null || drawn === null || !isIn(box, x, y)) return false;
    if (gestures !== null) moveTo(x, y, picture, gestures);
    return true;
  };

  /** Bring the place of the small map that was pressed to the middle. */
  function moveTo(x: number, y: number, { size: now, zoom }: NodePicture, gestures: Gestures) {
    const box = boxOf(now, zoom);
    if (box === null || drawn === null) return;
    const { aspect } = drawn.cells;
    const [mx, my] = toMap(overviewCamera(box, aspect), x, y);
    const [cx, cy] = toScreen(camera(now, aspect, UNZOOMED), mx, my);
    const [wide, high] = [now.width / zoom.k / 2, now.height / zoom.k / 2];
    gestures.fit({ left: cx - wide, right: cx + wide, top: cy - high, bottom: cy + high }, 0);
  }

  return (
    <NodeStage
      kind="map"
      scene={scene}
      aspect={drawn?.cells.aspect ?? 1}
      ground={drawn}
      text={mapText(exploration, scene)}
      closest={() => Math.max(80, CLOSEST * Math.sqrt(ntotal))}
      box={walkBox}
      fitted={(view, k, now) => {
        if (scene === null) return;
        const weighed = scene.nodes.map(
          ({ x, y, kind, isGate }) =>
            [...toScreen(view, x, y), kind === "visited" && !isGate ? 1 : WEIGHT] as const,
        );
        setCorner(freestCorner(weighed, now, k));
      }}
      kept={kept}
      below={below}
      above={above}
      shown={shown}
      press={press}
      onSize={setSize}
    >
      {drawn === null && <p class="feder-waiting">Drawing the map…</p>}
    </NodeStage>
  );
}
