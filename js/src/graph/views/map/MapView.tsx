import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../../controls/Button";
import { useSize } from "../../../look/size";
import { useCanvas } from "../../../views/canvas";
import { camera, toMap, toScreen } from "../../../views/clusters/camera";
import { fillAll } from "../../../views/draw";
import type { Box } from "../../../views/placer";
import { step as stepByKey } from "../../../views/points/pointKeys";
import { type Size, UNZOOMED } from "../../../views/viewport";
import { ZoomButtons, zoomByKey } from "../../../views/zoomButtons";
import { useGraphApp } from "../../state/graphApp";
import { NodeCard } from "../NodeCard";
import { dotsFor } from "./dots";
import { paintGateNames } from "./gateNames";
import { paintGrains, paintLandmarks } from "./landmarks";
import { paintDistricts, paintHovered, paintSearch } from "./mapPainter";
import { mapPicture, SIDE } from "./mapPicture";
import { KEYS_TEXT, mapText, nodeText } from "./mapText";
import { NodePictures } from "./nodePictures";
import { overviewCamera, overviewGround, paintOverview } from "./overview";
import { paintPictures, paintThreads } from "./picturePainter";
import { nodeAt } from "./under";
import { useFit } from "./useFit";
import { useGestures } from "./useGestures";
import { useMapScene } from "./useMapScene";

/** CSS pixels of the pictures of districts. */
const LANDMARK = 48;
/** How much a large graph can be enlarged, by the square root of its vectors. */
const CLOSEST = 2;

/** Where the search goes among all vectors. */
export function MapView() {
  const { exploration, pictures, palette, card } = useGraphApp();
  const { settings, hoveredRow } = exploration;
  const { ntotal, images: hasImages } = exploration.facts.value;
  const { drawn, scene, shares } = useMapScene();
  const walk = exploration.walk.value;
  const isCompared = exploration.truth.value !== null;
  const hovered = hoveredRow.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const { element: frame, width, height } = useSize<HTMLDivElement>();
  const [pointer, setPointer] = useState<readonly [number, number] | null>(null);
  const [loaded, setLoaded] = useState(0);
  const [images, around] = useMemo(
    () => [SIDE, LANDMARK].map((side) => new NodePictures(pictures, side, () => setLoaded((now) => now + 1))),
    [pictures],
  );
  const size = useMemo<Size | null>(
    () => (width < 80 || height < 80 ? null : { width, height, ratio: devicePixelRatio }),
    [width, height],
  );
  const closest = () => Math.max(80, CLOSEST * Math.sqrt(ntotal));
  const { gestures, zoom, latest } = useGestures(canvas, size, closest, pick);
  const [corner, fitSearch] = useFit({ walk, drawn, scene, size, gestures, latest, isWhole: isCompared });
  const shown = useMemo(
    () =>
      drawn === null || size === null ? null : mapPicture({ drawn, scene, size, zoom, corner, hasImages }),
    [drawn, scene, size, zoom, corner, hasImages],
  );
  const hasOverview = shown !== null && shown.overview !== null;
  const ground = useMemo(
    () =>
      drawn === null || size === null || !shown?.overview
        ? null
        : overviewGround(shown.overview, drawn.cells, shares, size.ratio, palette.value),
    [hasOverview, drawn, shares, size, palette.value],
  );
  useEffect(() => images.want(shown?.ring.map(({ node }) => scene?.nodes[node].id as bigint) ?? []), [shown]);
  useEffect(() => around.want(shown?.landmarks.map(({ id }) => id) ?? []), [shown]);
  useEffect(() => () => [images, around].forEach((held) => void held.close()), [images, around]);
  const hoveredNode = useMemo(
    () => (hovered === null ? -1 : (scene?.nodes.findIndex(({ id }) => id === hovered) ?? -1)),
    [hovered, scene],
  );
  useCanvas(
    canvas,
    size,
    (context, now) => {
      const colours = palette.value;
      fillAll(context, now, colours.background);
      if (drawn === null || shown === null) return;
      const { places, ring, overview } = shown;
      const all = { left: 0, top: 0, right: now.width, bottom: now.height };
      paintDistricts(context, drawn.cells, shares, shown.camera, all, colours);
      paintLandmarks(context, shown.landmarks, around);
      const visits = scene?.counts.visited ?? 0;
      const isVisited = (id: bigint) => (walk?.placeOf(id) ?? visits) < visits;
      paintGrains(context, drawn, isVisited, shown.camera, now, colours.control);
      if (scene !== null) {
        const dots = dotsFor(places, now);
        paintThreads(context, scene, ring, colours);
        paintSearch(context, scene, places, shown.camera, now, dots, colours);
        paintGateNames(context, shown.names, colours);
        if (hoveredNode >= 0) paintHovered(context, scene, places, hoveredNode, dots, colours);
        paintPictures(context, scene, ring, images, hovered, isCompared, colours);
      }
      if (overview !== null && ground !== null) {
        const sight = { camera: shown.camera, size: now };
        paintOverview(context, overview, ground, drawn.cells.aspect, scene, sight, colours);
      }
      performance.mark("feder:map");
    },
    [drawn, shares, scene, shown, ground, palette.value, hovered, loaded, isCompared],
  );

  function under(x: number, y: number): number {
    if (scene === null || shown === null || isIn(shown.overview, x, y)) return -1;
    return nodeAt(scene, shown.places, shown.ring, x, y);
  }

  function pick(x: number, y: number, event: PointerEvent) {
    if (scene === null || gestures === null || size === null || shown === null || drawn === null) return;
    const { overview, ring } = shown;
    if (overview !== null && isIn(overview, x, y)) {
      // The place that was pressed comes to the middle.
      const { aspect } = drawn.cells;
      const [mx, my] = toMap(overviewCamera(overview, aspect), x, y);
      const [cx, cy] = toScreen(camera(size, aspect, UNZOOMED), mx, my);
      const [wide, high] = [size.width / zoom.k / 2, size.height / zoom.k / 2];
      gestures.fit({ left: cx - wide, right: cx + wide, top: cy - high, bottom: cy + high }, 0);
      return;
    }
    const node = under(x, y);
    if (node < 0) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) exploration.toggleSelected(scene.nodes[node].id);
    else if (ring.some((place) => place.node === node && isIn(place.box, x, y))) open(node);
  }

  function open(node: number) {
    if (scene === null || shown === null) return;
    const { id, distance } = scene.nodes[node];
    const [x, y] = shown.places[node];
    const opener = anchor.current as HTMLSpanElement;
    opener.style.transform = `translate(${x}px, ${y}px)`;
    settings.selection.value = [id];
    card.value = { id, distance, opener };
  }

  const press = (event: KeyboardEvent) => {
    const isHere = event.target === frame.current || event.target === anchor.current;
    if (gestures === null || shown === null || drawn === null || size === null || !isHere) return;
    const { places } = shown;
    const flat = Float32Array.from(places.flat());
    const next = stepByKey(event.key, hoveredNode, flat, places.length, scene?.pictured ?? []);
    if (next !== null && scene !== null) {
      const { id, x, y } = scene.nodes[next];
      gestures.reveal(...places[next]);
      hoveredRow.value = id;
      setPointer(toScreen(camera(size, drawn.cells.aspect, latest.current), x, y));
    } else if (event.key === "Enter" && hoveredNode >= 0) open(hoveredNode);
    else if (event.key === "Escape") leave();
    else if (event.key === "f") fitSearch();
    else if (!zoomByKey(event.key, gestures)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = () => {
    hoveredRow.value = null;
    setPointer(null);
  };
  return (
    <div
      ref={frame}
      class="feder-map feder-graph-map"
      role="application"
      tabIndex={0}
      aria-label={`${mapText(exploration, scene)} ${KEYS_TEXT}`}
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas
        ref={canvas}
        onPointerMove={(event) => {
          const node = gestures?.dragging ? -1 : under(event.offsetX, event.offsetY);
          const id = scene?.nodes[node]?.id ?? null;
          if (hoveredRow.peek() !== id) hoveredRow.value = id;
          setPointer(id === null ? null : [event.offsetX, event.offsetY]);
        }}
        onPointerLeave={leave}
        onDblClick={(event) => {
          const id = scene?.nodes[under(event.offsetX, event.offsetY)]?.id;
          if (id !== undefined) exploration.ask({ id: id.toString(), cluster: null });
        }}
      />
      <span ref={anchor} class="feder-anchor" tabIndex={-1} />
      {drawn === null && <p class="feder-waiting">Drawing the map…</p>}
      <div class="feder-zoom" role="group" aria-label="Zoom">
        <ZoomButtons press={(key) => gestures !== null && zoomByKey(key, gestures)} />
        <Button
          kind="square"
          aria-label="Fit the search"
          title="Fit the search (f)"
          disabled={scene === null}
          onClick={fitSearch}
        >
          <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 1 0 0-4.8" />
          </svg>
        </Button>
      </div>
      {hovered !== null && pointer !== null && (
        <NodeCard id={hovered} x={pointer[0]} y={pointer[1]} within={frame} />
      )}
      <p class="feder-sr" aria-live="polite">
        {hovered === null || !frame.current?.matches(":focus") ? "" : nodeText(exploration, hovered)}
      </p>
    </div>
  );
}

function isIn(box: Box | null, x: number, y: number): boolean {
  return box !== null && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
