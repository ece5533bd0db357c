import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../../controls/Button";
import { useSize } from "../../../look/size";
import { useCanvas } from "../../../views/canvas";
import { camera, toMap, toScreen } from "../../../views/clusters/camera";
import { fillAll } from "../../../views/draw";
import { type Box, boxAround } from "../../../views/placer";
import { step as stepByKey } from "../../../views/points/pointKeys";
import { type Size, UNZOOMED, type Zoom } from "../../../views/viewport";
import { ZoomButtons, zoomByKey } from "../../../views/zoomButtons";
import type { GraphWalk } from "../../model/walk";
import { useGraphApp } from "../../state/graphApp";
import { NodeCard } from "../NodeCard";
import { gateNames, paintGateNames } from "./gateNames";
import { landmarksOf, paintGrains, paintLandmarks } from "./landmarks";
import { walkBox } from "./mapFit";
import { dotsFor, paintDistricts, paintHovered, paintSearch } from "./mapPainter";
import { mapScene } from "./mapScene";
import { KEYS_TEXT, mapText, nodeText } from "./mapText";
import { NodePictures } from "./nodePictures";
import { type Corner, freestCorner, overviewBox, overviewCamera, paintOverview } from "./overview";
import { paintPictures, paintThreads } from "./picturePainter";
import { ringPlaces } from "./pictureRing";
import { districtShares } from "./shades";
import { nodeAt } from "./under";
import { useGestures } from "./useGestures";

/** CSS pixels of a picture, and how many there are at most. */
const SIDE = 44;
const MOST = 30;
/** CSS pixels that the buttons at the right take. */
const BUTTONS = { width: 50, height: 180 };

/** Where the search goes among all vectors. */
export function MapView() {
  const { exploration, pictures, palette, card } = useGraphApp();
  const { settings, player, hoveredRow, districts } = exploration;
  const walk = exploration.walk.value;
  const drawn = districts.drawn.value;
  const spots = districts.spots.value;
  const distances = districts.distances.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const similarity = exploration.facts.value.similarity;
  const ef = settings.efSearch.value;
  const step = player.step.value;
  const hovered = hoveredRow.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const { element: frame, width, height } = useSize<HTMLDivElement>();
  const [corner, setCorner] = useState<Corner>("bottom left");
  const [pointer, setPointer] = useState<readonly [number, number] | null>(null);
  const [loaded, setLoaded] = useState(0);
  const images = useMemo(
    () => new NodePictures(pictures, SIDE, () => setLoaded((before) => before + 1)),
    [pictures],
  );
  useEffect(() => districts.use(), [districts]);
  const around = useMemo(
    () => new NodePictures(pictures, 48, () => setLoaded((before) => before + 1)),
    [pictures],
  );
  useEffect(
    () => () => {
      images.close();
      around.close();
    },
    [images, around],
  );

  const size = useMemo<Size | null>(
    () => (width < 80 || height < 80 ? null : { width, height, ratio: devicePixelRatio }),
    [width, height],
  );
  const closest = () => Math.max(80, 2 * Math.sqrt(exploration.facts.peek().ntotal));
  const { gestures, zoom, latest } = useGestures(canvas, size, closest, pick);
  const scene = useMemo(
    () =>
      walk === null || drawn === null ? null : mapScene({ walk, spots, truth, results, missed, ef, step }),
    [walk, drawn, spots, truth, results, missed, ef, step],
  );
  const shares = useMemo(
    () => (distances === null || drawn === null ? null : districtShares(distances, similarity)),
    [distances, drawn, similarity],
  );
  const view = size === null ? null : camera(size, drawn?.cells.aspect ?? 1, zoom);
  const places = useMemo(
    () => (scene === null || view === null ? [] : scene.nodes.map(({ x, y }) => toScreen(view, x, y))),
    [scene, size, zoom, drawn],
  );
  const names = useMemo(() => (scene === null ? [] : gateNames(scene, places)), [scene, places]);
  const overview = size === null ? null : overviewBox(size, zoom.k, corner);
  const ring = useMemo(() => {
    if (scene === null || size === null) return [];
    const anchors = scene.pictured
      .map((node) => ({ node, x: places[node][0], y: places[node][1] }))
      .filter(({ x, y }) => x > 0 && y > 0 && x < size.width && y < size.height)
      .slice(0, MOST);
    const buttons = { left: size.width - BUTTONS.width, top: 0, right: size.width, bottom: BUTTONS.height };
    const stops =
      view === null ? [] : scene.descent.map(({ x, y }) => boxAround(...toScreen(view, x, y), 26, 26));
    const taken = [
      buttons,
      ...stops,
      ...names.map(({ box }) => box),
      ...(overview === null ? [] : [overview]),
    ];
    scene.nodes.forEach(({ kind, isGate, id }, node) => {
      const isQuery = id === walk?.id;
      if (kind === "expanded" || isGate || isQuery)
        taken.push(boxAround(...places[node], isQuery ? 40 : 12, isQuery ? 40 : 12));
    });
    return ringPlaces(anchors, { ...size, side: SIDE, taken });
  }, [scene, places, size, overview?.left, overview?.top]);
  useEffect(() => images.want(ring.map(({ node }) => scene?.nodes[node].id as bigint)), [ring]);

  const landmarks = useMemo(() => {
    if (drawn === null || view === null || size === null || !exploration.facts.peek().images) return [];
    const taken = [...ring.map(({ box }) => box), ...(overview === null ? [] : [overview])];
    const visited = new Set(scene?.nodes.map(({ district }) => district));
    return landmarksOf(drawn, visited, view, size, taken);
  }, [drawn, scene, ring, size, zoom]);
  useEffect(() => around.want(landmarks.map(({ id }) => id)), [landmarks]);
  const fitSearch = () => {
    if (scene === null || size === null || drawn === null || gestures === null) return;
    const unzoomed = camera(size, drawn.cells.aspect, UNZOOMED);
    const box = walkBox(scene, unzoomed);
    if (box === null) return;
    gestures.fit(box, Math.min(84, 0.14 * Math.min(size.width, size.height)));
  };
  // A search opens fitted, as soon as all its places are known, and again when the missed neighbours are.
  const fitted = useRef<{ key: string; isWhole: boolean; zoom: Zoom | null } | null>(null);
  useLayoutEffect(() => {
    if (walk === null || scene === null || size === null || gestures === null || drawn === null) return;
    if (scene.nodes.length === 0 || scene.nodes.length < scene.counts.visited) return;
    const [key, before, isWhole] = [keyOf(walk), fitted.current, truth !== null];
    const isSame = before?.key === key && (before.isWhole || !isWhole || before.zoom !== latest.current);
    if (isSame) return;
    fitSearch();
    fitted.current = { key, isWhole, zoom: latest.current };
    const fittedTo = camera(size, drawn.cells.aspect, latest.current);
    const weighed = scene.nodes.map(
      ({ x, y, kind, isGate }) =>
        [...toScreen(fittedTo, x, y), kind === "visited" && !isGate ? 1 : 8] as const,
    );
    setCorner(freestCorner(weighed, size, latest.current.k));
  }, [walk, scene, size, gestures, drawn, truth]);

  const hoveredNode =
    hovered === null || scene === null ? -1 : scene.nodes.findIndex(({ id }) => id === hovered);
  useCanvas(
    canvas,
    size,
    (context, { width, height, ratio }) => {
      const whole = { width, height, ratio };
      fillAll(context, whole, palette.value.background);
      if (drawn === null || view === null) return;
      const all = { left: 0, top: 0, right: width, bottom: height };
      paintDistricts(context, drawn.cells, shares, view, all, palette.value);
      paintLandmarks(context, landmarks, around);
      const visits = scene?.counts.visited ?? 0;
      const isVisited = (id: bigint) => (walk?.placeOf(id) ?? visits) < visits;
      paintGrains(context, drawn, isVisited, view, whole, palette.value.control);
      if (scene !== null) {
        const dots = dotsFor(places, whole);
        paintThreads(context, scene, ring, palette.value);
        paintSearch(context, scene, places, view, dots, palette.value, walk?.id ?? null);
        paintGateNames(context, names, palette.value);
        if (hoveredNode >= 0) paintHovered(context, scene, places, hoveredNode, dots, palette.value);
        paintPictures(context, scene, ring, images, hovered, truth !== null, palette.value);
      }
      if (overview !== null) {
        paintOverview(
          context,
          overview,
          drawn.cells,
          shares,
          scene,
          { camera: view, size: whole },
          palette.value,
        );
      }
      performance.mark("feder:map");
    },
    [
      drawn,
      shares,
      scene,
      places,
      ring,
      landmarks,
      palette.value,
      hovered,
      overview?.left,
      overview?.top,
      images,
      loaded,
    ],
  );

  function under(x: number, y: number): number {
    if (scene === null || isIn(overview, x, y)) return -1;
    return nodeAt(scene, places, ring, x, y);
  }

  function pick(x: number, y: number, event: PointerEvent) {
    if (scene === null || gestures === null || size === null || view === null || drawn === null) return;
    if (overview !== null && isIn(overview, x, y)) {
      const [mx, my] = toMap(overviewCamera(overview, drawn.cells.aspect), x, y);
      const [cx, cy] = toScreen(camera(size, drawn.cells.aspect, UNZOOMED), mx, my);
      const [wide, high] = [size.width / zoom.k / 2, size.height / zoom.k / 2];
      gestures.fit({ left: cx - wide, right: cx + wide, top: cy - high, bottom: cy + high }, 0);
      return;
    }
    const node = under(x, y);
    if (node < 0) return;
    const { id } = scene.nodes[node];
    if (event.shiftKey || event.ctrlKey || event.metaKey) exploration.toggleSelected(id);
    else if (ring.some((place) => place.node === node && isIn(place.box, x, y))) open(node);
  }

  function open(node: number) {
    if (scene === null) return;
    const { id, distance } = scene.nodes[node];
    const opener = anchor.current as HTMLSpanElement;
    opener.style.transform = `translate(${places[node][0]}px, ${places[node][1]}px)`;
    settings.selection.value = [id];
    card.value = { id, distance, opener };
  }

  const press = (event: KeyboardEvent) => {
    if (gestures === null || (event.target !== frame.current && event.target !== anchor.current)) return;
    const flat = Float32Array.from(places.flat());
    const order = scene?.pictured ?? [];
    const next = places.length === 0 ? null : stepByKey(event.key, hoveredNode, flat, places.length, order);
    if (next !== null && scene !== null) {
      gestures.reveal(...places[next]);
      hoveredRow.value = scene.nodes[next].id;
      const now = camera(size as Size, drawn?.cells.aspect ?? 1, latest.current);
      setPointer(toScreen(now, scene.nodes[next].x, scene.nodes[next].y));
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

function keyOf({ id, vector }: GraphWalk): string {
  return id === null ? vector.join() : id.toString();
}
