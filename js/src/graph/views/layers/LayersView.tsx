import { useMemo, useRef } from "preact/hooks";
import { Picture } from "../../../controls/Picture";
import { useSize } from "../../../look/size";
import { count } from "../../../model/format";
import { useCanvas } from "../../../views/canvas";
import type { Size } from "../../../views/viewport";
import { useGraphApp } from "../../state/graphApp";
import { rowStanding } from "../../state/rowStanding";
import { NodeCard } from "../NodeCard";
import { paintHovered, pointNear, pointsOf } from "./hovered";
import { paintLayers } from "./layersPainter";
import { layersScene } from "./layersScene";
import type { LayersState } from "./layersState";
import { layersText } from "./layersText";
import { wordsOf } from "./levelWords";
import { type Measure, placeLabels, SIZE } from "./nodeCaptions";

/** CSS pixels from the pointer within which a node counts as hovered. */
const NEAR = 12;

/** What each level compared on one scale of distance: the descent, and the nodes visited on level 0. */
export function LayersView() {
  const { exploration, palette, card } = useGraphApp();
  const { settings, hoveredRow } = exploration;
  const walk = exploration.walk.value;
  const facts = exploration.facts.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const step = exploration.player.step.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointer = useRef<[x: number, y: number]>([0, 0]);
  const { element: box, width, height } = useSize<HTMLDivElement>();
  const size = useMemo<Size | null>(
    () => (width < 160 || height < 160 ? null : { width, height, ratio: devicePixelRatio }),
    [width, height],
  );
  const ef = exploration.efUsed.value;
  const k = settings.k.value;
  const state = useMemo<LayersState | null>(
    () =>
      walk === null
        ? null
        : {
            walk,
            truth,
            results,
            missed,
            ef,
            k,
            similarity: facts.similarity,
            levelSizes: facts.levelSizes,
            isOneMeasure: facts.isTruthOfWalk,
            areResultsOfWalk: facts.areResultsOfWalk || step !== null,
            step,
          },
    [walk, truth, results, missed, ef, k, facts, step],
  );
  const drawn = useMemo(() => {
    if (state === null || size === null) return null;
    const scene = layersScene(state, size.width, size.height);
    const measure = textMeasure();
    const labels = placeLabels(state, scene, measure, facts.images);
    return {
      state,
      scene,
      labels,
      words: wordsOf(state, scene, measure, facts.distance),
      points: pointsOf(scene),
    };
  }, [state, size, facts]);
  const hovered = hoveredRow.value;
  useCanvas(
    canvas,
    size,
    (context, of) => {
      if (drawn === null) return;
      const { scene, labels, words } = drawn;
      paintLayers(context, of, scene, labels, words, palette.value, facts.similarity ? -1 : 1);
      if (hovered !== null) paintHovered(context, scene, drawn.state.walk, hovered, palette.value);
    },
    [drawn, palette.value, hovered],
  );
  if (walk === null || state === null) return null;
  const pointAt = (event: PointerEvent | MouseEvent) => {
    if (drawn === null || box.current === null) return null;
    const { left, top } = box.current.getBoundingClientRect();
    pointer.current = [event.clientX - left, event.clientY - top];
    return pointNear(drawn.points, ...pointer.current, NEAR);
  };
  // A node may stand on several levels: its card is at the one nearest to the pointer.
  const same = drawn?.points.filter(({ id }) => id === hovered) ?? [];
  const shown = pointNear(same, ...pointer.current, Number.POSITIVE_INFINITY);
  return (
    <div
      ref={box}
      class="feder-layers"
      role="img"
      aria-label={layersText(state, facts.distance)}
      onPointerMove={(event) => {
        hoveredRow.value = pointAt(event)?.id ?? null;
      }}
      onPointerLeave={() => {
        hoveredRow.value = null;
      }}
      onDblClick={(event) => {
        const point = pointAt(event);
        if (point !== null) exploration.ask({ id: point.id.toString(), cluster: null });
      }}
    >
      <canvas ref={canvas} />
      {drawn?.labels.portraits.map(({ id, left, top, side, kind, rank }) => (
        <button
          key={`${kind}/${id}`}
          type="button"
          tabIndex={-1}
          class="feder-portrait"
          data-kind={kind}
          data-hovered={hovered === id}
          aria-hidden="true"
          style={{ left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` }}
          onPointerMove={(event) => {
            event.stopPropagation();
            pointer.current = [left + side / 2, top + side];
            hoveredRow.value = id;
          }}
          onClick={(event) => {
            const from = missed.find((row) => row.id === id)?.from ?? null;
            if (kind === "missed" && from !== null && from <= facts.efLimit) settings.efSearch.value = from;
            else {
              const distance = rowStanding(exploration, id).distance ?? Number.NaN;
              card.value = { id, distance, opener: event.currentTarget };
            }
          }}
        >
          <Picture id={id} cluster={null} side={side} alt="" />
          {rank !== null && <b>{count(rank)}</b>}
        </button>
      ))}
      {shown !== null && <NodeCard id={shown.id} x={shown.x} y={shown.y} within={box} />}
      {!walk.tells(ef) && (
        <p class="feder-points-note">Distances tie: these are the visits of efSearch {count(walk.efMax)}.</p>
      )}
    </div>
  );
}

let measuring: CanvasRenderingContext2D | null = null;

function textMeasure(): Measure {
  measuring ??= document.createElement("canvas").getContext("2d");
  const context = measuring;
  if (context === null) return (text) => 7 * text.length;
  return (text, weight) => {
    context.font = `${weight} ${SIZE}px system-ui, sans-serif`;
    return context.measureText(text).width;
  };
}
