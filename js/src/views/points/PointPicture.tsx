import { effect, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { distance, ordinal } from "../../model/format";
import { Button } from "../../panels/Button";
import { useApp } from "../../state/app";
import { ClusterPointerCard } from "../clusterPointer";
import type { Size } from "../clusters/camera";
import { ZoomButtons, zoomByKey } from "../zoomButtons";
import { PointCard } from "./PointCard";
import { Stage } from "./pointController";
import { step as walk } from "./pointKeys";
import { type Mark, markText, type Paint, type Place, type Points, type Positions, pointOf } from "./points";

export interface PointPictureProps {
  /** What the picture is, for those who cannot see it; how its keys work is added. */
  readonly name: string;
  readonly points: Points;
  readonly positions: Positions;
  /** The results, drawn as pictures. */
  readonly marks: readonly Mark[];
  readonly query: Place | null;
  /** Whether dragging and the wheel move the picture; otherwise dragging draws a box that selects. */
  readonly zoomable: boolean;
  /** The cluster whose region a place is in, where no point is near; x and y as in `positions`. */
  readonly clusterAt?: ((x: number, y: number) => number | null) | undefined;
  readonly background?: Paint | undefined;
  readonly foreground?: Paint | undefined;
  /** Called with the room there is, at first and whenever it changes. */
  readonly onSize: (size: Size) => void;
  /** Called with how much larger than at first the picture is shown, whenever it is zoomed or moved. */
  readonly onZoom?: ((k: number) => void) | undefined;
  /** Shown above the picture. */
  readonly children?: ComponentChildren;
}

/** Candidates as points to look at, point at, walk through and select. */
export function PointPicture(props: PointPictureProps) {
  const app = useApp();
  const { exploration, pictures, palette, card } = app;
  const { hoveredRow, hovered, settings } = exploration;
  const frame = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const stage = useRef<Stage | null>(null);
  const [pointer, setPointer] = useState<Place | null>(null);
  const lasso = useMemo(() => signal(false), []);
  const latest = useRef(props);
  latest.current = props;

  const open = (point: number) => {
    const { points } = latest.current;
    const cluster = exploration.search.peek()?.order[points.ranks[point] - 1];
    if (stage.current === null || cluster === undefined) return;
    const { x, y } = stage.current.painter.place(point);
    const opener = anchor.current as HTMLSpanElement;
    opener.style.transform = `translate(${x}px, ${y}px)`;
    card.value = { id: points.ids[point], cluster, distance: points.distances[point], opener };
  };
  const choose = (point: number, adds: boolean) => {
    const id = latest.current.points.ids[point];
    const { selected } = exploration;
    if (adds) exploration.toggleSelected(id);
    else if (selected.peek().size === 1 && selected.peek().has(id)) open(point);
    else settings.selection.value = [id];
  };
  const leave = () => {
    hoveredRow.value = null;
    hovered.value = null;
    setPointer(null);
  };
  useEffect(() => {
    const shown = new Stage(
      base.current as HTMLCanvasElement,
      above.current as HTMLCanvasElement,
      frame.current as HTMLDivElement,
      { exploration, pictures, palette, lasso },
      {
        pointed: setPointer,
        left: leave,
        clicked: choose,
        resized: (size) => latest.current.onSize(size),
        zoomed: (k) => latest.current.onZoom?.(k),
      },
    );
    stage.current = shown;
    app.drawing = () => shown.painter.drawing();
    shown.show(latest.current);
    return () => {
      app.drawing = null;
      shown.close();
      stage.current = null;
    };
  }, [app, lasso]);
  useLayoutEffect(() => stage.current?.show(latest.current));
  useEffect(
    () =>
      effect(() => {
        if (hoveredRow.value === null && hovered.value === null) setPointer(null);
      }),
    [hoveredRow, hovered],
  );

  const { points, positions, marks } = props;
  const row = hoveredRow.value;
  const point = row === null ? -1 : pointOf(points, row);
  const press = (event: KeyboardEvent) => {
    const shown = stage.current;
    if (shown === null || (event.target !== frame.current && event.target !== anchor.current)) return;
    const rank = ({ isMissed, place }: Mark) => place + (isMissed ? marks.length : 0);
    const results = [...marks].sort((left, right) => rank(left) - rank(right)).map((mark) => mark.point);
    const to = walk(event.key, point, positions, points.count, results);
    if (to !== null) {
      hoveredRow.value = points.ids[to];
      hovered.value = exploration.search.peek()?.order[points.ranks[to] - 1] ?? null;
      setPointer(shown.reveal(to));
    } else if (event.key === "Enter" && point >= 0) open(point);
    else if (event.key === " " && point >= 0) exploration.toggleSelected(points.ids[point]);
    else if (event.key === "Escape") {
      if (!shown.cancel()) settings.selection.value = [];
    } else if (!(props.zoomable && shown.gestures !== null && zoomByKey(event.key, shown.gestures))) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={frame}
      class="feder-points"
      data-lasso={lasso.value}
      data-zoomable={props.zoomable}
      role="application"
      tabIndex={0}
      aria-label={
        `${props.name}. Arrow keys move from candidate to candidate, Page Up and Page Down go through the results, ` +
        "Enter opens, Space selects, Escape clears the selection" +
        (props.zoomable ? ", plus and minus zoom, 0 shows all." : ".")
      }
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas ref={base} />
      <canvas ref={above} class="feder-points-above" />
      <span ref={anchor} class="feder-anchor" tabIndex={-1} />
      {props.children}
      <div class="feder-zoom" role="group" aria-label="Picture">
        {props.zoomable && (
          <ZoomButtons press={(key) => stage.current?.gestures && zoomByKey(key, stage.current.gestures)} />
        )}
        <Button
          kind="square"
          aria-label="Select"
          aria-pressed={lasso.value}
          title="Select by drawing around points (or drag with Shift)"
          onClick={() => {
            lasso.value = !lasso.value;
          }}
        >
          <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2.5c3.3 0 6 1.7 6 4s-2.7 4-6 4-6-1.7-6-4 2.7-4 6-4z M5 10c-1.5.5-1.5 2.3 0 2.5s1.5 1.5.5 2" />
          </svg>
        </Button>
      </div>
      {pointer !== null && point >= 0 && (
        <PointCard
          id={points.ids[point]}
          distance={points.distances[point]}
          rank={points.ranks[point]}
          mark={marks.find((one) => one.point === point)}
          x={pointer.x}
          y={pointer.y}
          within={frame}
        />
      )}
      {point < 0 && <ClusterPointerCard pointer={pointer} within={frame} />}
      <p class="feder-sr" aria-live="polite">
        {point < 0
          ? ""
          : `Row ${points.ids[point]}, distance ${distance(points.distances[point])}, cluster ` +
            `${exploration.search.value?.order[points.ranks[point] - 1]}, ${ordinal(points.ranks[point])} nearest` +
            placeText(marks, point)}
      </p>
    </div>
  );
}

function placeText(marks: readonly Mark[], point: number): string {
  const mark = marks.find((one) => one.point === point);
  return mark === undefined ? "" : `, ${markText(mark)}`;
}
