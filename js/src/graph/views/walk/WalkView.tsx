import { useMemo, useRef } from "preact/hooks";
import { drag } from "../../../controls/drag";
import { Picture } from "../../../controls/Picture";
import { slideByKey } from "../../../controls/sliderKeys";
import { useSize } from "../../../look/size";
import { count, plural, shortDistance } from "../../../model/format";
import { useCanvas } from "../../../views/canvas";
import type { Size } from "../../../views/viewport";
import { useGraphApp } from "../../state/graphApp";
import { NodeCard } from "../NodeCard";
import { useDotSheet } from "../nodes/useDotSheet";
import { trayPlaces } from "./pictureTray";
import { paintWalk } from "./walkPainter";
import { MARGINS, type WalkPoint, walkScene } from "./walkScene";

/** CSS pixels of a picture below the plot, and of the room that it takes. */
const SIDE = 40;
const PLACE = 48;
/** CSS pixels from the right edge of the plot to the middle of the last value on the ruler. */
const RULER_END = 4;
/** CSS pixels from the pointer within which a point counts as hovered. */
const NEAR = 14;

/** When the walk comes to each node, how near it is, and why the walk stops. */
export function WalkView() {
  const { exploration, palette, card } = useGraphApp();
  const { settings, player, hoveredRow } = exploration;
  const walk = exploration.walk.value;
  const facts = exploration.facts.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const step = player.step.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const sheet = useDotSheet();
  const { element: box, width, height } = useSize<HTMLDivElement>();
  const ef = exploration.efUsed.value;
  const k = settings.k.value;
  const similarity = facts.similarity;
  const size = useMemo<Size | null>(
    () => (width < 120 || height < 160 ? null : { width, height, ratio: devicePixelRatio }),
    [width, height],
  );
  const tells = walk?.tells(ef) === true;
  const scene = useMemo(
    () =>
      walk === null || size === null
        ? null
        : walkScene({ walk, truth, results, missed, ef, k, similarity, step }, size.width, size.height),
    [walk, truth, results, missed, ef, k, similarity, step, size],
  );
  const places = useMemo(
    () => (scene === null ? [] : trayPlaces(scene.tray, scene.frame.left, scene.frame.right, PLACE)),
    [scene],
  );
  const hovered = hoveredRow.value;
  useCanvas(
    canvas,
    size,
    (context, drawn) => {
      if (scene === null) return;
      const texts = { ef, k, sign: similarity ? -1 : 1, isPartial: step !== null };
      paintWalk(context, drawn, scene, palette.value, texts, places, hovered, sheet);
    },
    [scene, places, palette.value, hovered],
  );
  if (walk === null) return null;
  const efAt = (event: PointerEvent) => {
    if (scene === null || box.current === null) return ef;
    const { left } = box.current.getBoundingClientRect();
    const { frame, shownTotal } = scene;
    const share = (event.clientX - left - frame.left) / (frame.right - frame.left);
    return Math.max(1, Math.min(scene.shownEf, walk.efWithin(share * shownTotal)));
  };
  const pointAt = (event: PointerEvent | MouseEvent): WalkPoint | null => {
    if (scene === null || box.current === null) return null;
    const { left, top } = box.current.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let best: WalkPoint | null = null;
    let least = NEAR ** 2;
    for (const point of scene.points) {
      const far = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  };
  const isKnown = tells && scene !== null;
  const hoveredPoint = scene?.points.find(({ id }) => id === hovered) ?? null;
  return (
    <div
      ref={box}
      class="feder-walk"
      role="img"
      aria-label={
        `The walk: ${plural(exploration.visits.value, "node")} visited on level 0, ` +
        `${plural(walk.expandedBy(ef), "node")} expanded, ${plural(walk.distancesAt(ef), "distance")} ` +
        `computed; height is ${facts.distance}, width the distances computed`
      }
      onPointerMove={(event) => {
        const point = pointAt(event);
        hoveredRow.value = point?.id ?? null;
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
      {isKnown && (
        <>
          <div
            class="feder-ruler"
            style={{ left: `${scene.frame.left}px`, right: `${MARGINS.right}px` }}
            {...drag(
              (event) => {
                settings.efSearch.value = efAt(event);
              },
              (event) => {
                settings.efSearch.value = efAt(event);
              },
            )}
          >
            <i style={{ width: `${scene.stopX - scene.frame.left}px` }} />
            {scene.ruler.map((mark) => (
              <span
                key={mark.ef}
                data-needed={mark.isNeeded}
                style={{ left: `${Math.min(mark.x, scene.frame.right - RULER_END) - scene.frame.left}px` }}
              >
                {count(mark.ef)}
              </span>
            ))}
            <div
              class="feder-ruler-handle"
              role="slider"
              tabIndex={0}
              aria-label="efSearch on the walk"
              aria-valuemin={1}
              aria-valuemax={facts.efLimit}
              aria-valuenow={ef}
              aria-valuetext={`${ef}: ${plural(walk.distancesAt(ef), "distance")}`}
              style={{ left: `${scene.stopX - scene.frame.left}px` }}
              onKeyDown={(event) => {
                const to = slideByKey(event, settings.efSearch.peek(), facts.efLimit);
                if (to === null) return;
                settings.efSearch.value = to;
                event.preventDefault();
                event.stopPropagation();
              }}
            >
              <b>{count(ef)}</b>
            </div>
          </div>
          <span class="feder-ruler-name" aria-hidden="true">
            efSearch
          </span>
        </>
      )}
      {scene !== null &&
        places.map(({ id, at, rank, isMissed, needs, isTold }, i) => (
          <button
            key={`${id}/${i}`}
            type="button"
            class="feder-tray"
            tabIndex={-1}
            data-missed={isMissed}
            data-intruder={!isMissed && rank === null && truth !== null}
            data-hovered={hovered === id}
            aria-hidden="true"
            style={{ left: `${at - SIDE / 2}px`, top: `${scene.frame.bottom + 16}px` }}
            onPointerMove={(event) => {
              event.stopPropagation();
              hoveredRow.value = id;
            }}
            onClick={(event) => {
              if (isMissed && needs !== null && needs <= facts.efLimit) settings.efSearch.value = needs;
              else {
                const distance = results.find((row) => row.id === id)?.distance ?? Number.NaN;
                card.value = { id, distance, opener: event.currentTarget };
              }
            }}
          >
            <Picture id={id} cluster={null} side={SIDE} alt="" />
            {rank !== null && <b>{rank}</b>}
            <small>{isMissed ? missedWord(needs, isTold) : distanceOf(id)}</small>
          </button>
        ))}
      {hoveredPoint !== null && (
        <NodeCard id={hoveredPoint.id} x={hoveredPoint.x} y={hoveredPoint.y} within={box} />
      )}
      {!tells && (
        <p class="feder-points-note">Distances tie: this walk is one of efSearch {count(walk.efMax)}.</p>
      )}
    </div>
  );

  function distanceOf(id: bigint): string {
    const found = results.find((row) => row.id === id);
    return found === undefined ? "" : shortDistance(found.distance);
  }
}

function missedWord(needs: number | null, isTold: boolean): string {
  if (needs !== null) return `ef ${count(needs)}`;
  return isTold ? "never" : "missed";
}
