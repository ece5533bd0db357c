import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../../controls/Button";
import { useSize } from "../../../look/size";
import { useCanvas } from "../../../views/canvas";
import { type Camera, camera, toScreen } from "../../../views/clusters/camera";
import { fillAll } from "../../../views/draw";
import type { Gestures } from "../../../views/gestures";
import type { Box } from "../../../views/placer";
import { step as stepByKey } from "../../../views/points/pointKeys";
import type { Size, Zoom } from "../../../views/viewport";
import { ZoomButtons, zoomByKey } from "../../../views/zoomButtons";
import { useGraphApp } from "../../state/graphApp";
import { NodeCard } from "../NodeCard";
import type { DotSheet } from "./dotSheet";
import { dotsFor } from "./dots";
import { paintGateNames } from "./gateNames";
import { paintHovered, paintSearch, type Trace } from "./nodePainter";
import { type NodePicture, nodePicture, SIDE } from "./nodePicture";
import { NodePictures } from "./nodePictures";
import type { NodeScene } from "./nodeScene";
import { KEYS_TEXT, nodeText } from "./nodeText";
import { paintPictures, paintThreads } from "./picturePainter";
import { nodeAt } from "./under";
import { useDotSheet } from "./useDotSheet";
import { useFit } from "./useFit";
import { useGestures } from "./useGestures";

type Context = CanvasRenderingContext2D;

interface Props {
  /** A name for the style sheet. */
  readonly kind: string;
  /** Null before a search, or before the ground is there. */
  readonly scene: NodeScene | null;
  /** Width by height of the scene's coordinates. */
  readonly aspect: number;
  /** What the search is drawn on: on another one it is fitted anew. Null before that is there. */
  readonly ground: object | null;
  /** The picture in words. */
  readonly text: string;
  readonly closest: () => number;
  /** The part of the picture that holds the search; null to show all. */
  readonly box: (scene: NodeScene, unzoomed: Camera) => Box | null;
  readonly fitted?: (view: Camera, k: number, size: Size) => void;
  /** Where pictures of rows may not be. */
  readonly kept?: (size: Size, zoom: Zoom) => readonly Box[];
  /** How edges are drawn, where not straight. */
  readonly trace?: (picture: NodePicture) => Trace;
  /** Draws below the search, and above it. */
  readonly below?: (context: Context, picture: NodePicture) => void;
  readonly above?: (context: Context, picture: NodePicture, sheet: DotSheet) => void;
  /** Called with the picture when it has changed, and without one at the end. */
  readonly shown?: (picture: NodePicture | null) => void;
  /** Takes a press on what lies above the search; returns whether it did. Without gestures it only says so. */
  readonly press?: (x: number, y: number, picture: NodePicture, gestures: Gestures | null) => boolean;
  /** Called with the room there is, at first and whenever it changes. */
  readonly onSize?: (size: Size | null) => void;
  readonly children?: ComponentChildren;
}

/** A search drawn as nodes and edges, to look at, point at and walk through. */
export function NodeStage(props: Props) {
  const { kind, scene, aspect, ground, box, trace } = props;
  const { exploration, pictures, palette, card } = useGraphApp();
  const { settings, hoveredRow } = exploration;
  const walk = exploration.walk.value;
  const isCompared = exploration.truth.value !== null;
  const hovered = hoveredRow.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const sheet = useDotSheet();
  const anchor = useRef<HTMLSpanElement>(null);
  const { element: frame, width, height } = useSize<HTMLDivElement>();
  const [pointer, setPointer] = useState<readonly [number, number] | null>(null);
  const [loaded, setLoaded] = useState(0);
  const images = useMemo(
    () => new NodePictures(pictures, SIDE, () => setLoaded((now) => now + 1)),
    [pictures],
  );
  const size = useMemo<Size | null>(
    () => (width < 80 || height < 80 ? null : { width, height, ratio: devicePixelRatio }),
    [width, height],
  );
  useEffect(() => props.onSize?.(size), [size]);
  const { gestures, zoom, latest } = useGestures(canvas, size, props.closest, pick);
  const fitted = props.fitted ?? (() => {});
  const fitSearch = useFit({
    ...{ walk, ground, scene, aspect, size, gestures, latest, isWhole: isCompared, box, fitted },
  });
  const shown = useMemo(
    () =>
      ground === null || size === null
        ? null
        : nodePicture(scene, aspect, size, zoom, props.kept?.(size, zoom) ?? []),
    [ground, scene, aspect, size, zoom, props.kept],
  );
  useEffect(() => images.want(shown?.ring.map(({ node }) => scene?.nodes[node].id as bigint) ?? []), [shown]);
  useEffect(() => props.shown?.(shown), [shown, props.shown]);
  useEffect(() => () => props.shown?.(null), []);
  useEffect(() => () => images.close(), [images]);
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
      if (shown === null) return;
      const { places, ring } = shown;
      props.below?.(context, shown);
      if (scene !== null) {
        const line = trace?.(shown);
        const dots = dotsFor(places, now);
        paintThreads(context, scene, ring, colours);
        paintSearch(context, scene, places, shown.camera, now, dots, sheet, colours, line);
        paintGateNames(context, shown.names, colours);
        if (hoveredNode >= 0) paintHovered(context, scene, places, hoveredNode, dots, colours, line);
        paintPictures(context, scene, ring, images, hovered, isCompared, colours);
      }
      props.above?.(context, shown, sheet);
      performance.mark(`feder:${kind}`);
    },
    [props.below, props.above, trace, scene, shown, palette.value, hovered, loaded, isCompared],
  );

  function under(x: number, y: number): number {
    if (scene === null || shown === null || props.press?.(x, y, shown, null)) return -1;
    return nodeAt(scene, shown.places, shown.ring, x, y);
  }

  function pick(x: number, y: number, event: PointerEvent) {
    if (scene === null || gestures === null || shown === null) return;
    if (props.press?.(x, y, shown, gestures)) return;
    const node = under(x, y);
    if (node < 0) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) exploration.toggleSelected(scene.nodes[node].id);
    else if (shown.ring.some((place) => place.node === node && isIn(place.box, x, y))) open(node);
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
    if (gestures === null || shown === null || size === null || !isHere) return;
    const { places } = shown;
    const flat = Float32Array.from(places.flat());
    const next = stepByKey(event.key, hoveredNode, flat, places.length, scene?.pictured ?? []);
    if (next !== null && scene !== null) {
      const { id, x, y } = scene.nodes[next];
      gestures.reveal(...places[next]);
      hoveredRow.value = id;
      setPointer(toScreen(camera(size, aspect, latest.current), x, y));
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
      class={`feder-map feder-graph-map feder-graph-${kind}`}
      role="application"
      tabIndex={0}
      aria-label={`${props.text} ${KEYS_TEXT}`}
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
      {props.children}
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

export function isIn(box: Box | null, x: number, y: number): boolean {
  return box !== null && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
