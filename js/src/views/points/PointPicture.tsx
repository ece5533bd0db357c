import { effect, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { useColouredValue } from "../../controls/RowMetadata";
import { count, distance } from "../../model/format";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { rowDistance, rowLoss } from "../../state/rowTexts";
import { useRested } from "../cardPlace";
import { ClusterPointerCard } from "../clusters/clusterPointer";
import { useDrawingSlot } from "../transition/drawingContext";
import type { Size } from "../viewport";
import { ZoomButtons, zoomByKey } from "../zoomButtons";
import { type Mark, markSuffix } from "./marks";
import { PointCard, REST } from "./PointCard";
import type { PointPainter } from "./painter";
import { PointController, type Shown } from "./pointController";
import { step } from "./pointKeys";
import { type Place, pointsWith } from "./points";
import type { PointContent } from "./scene";

interface Props<Content extends PointContent> extends Shown<Content> {
  /** Accessible name of the picture; how its keys work is added. */
  readonly name: string;
  readonly paint: PointPainter<Content>;
  /** Called with the room there is, at first and whenever it changes. */
  readonly onSize: (size: Size) => void;
  /** Called with how much larger than at first the picture is shown, whenever it is zoomed or moved. */
  readonly onZoom?: ((k: number) => void) | undefined;
  /** Shown above the picture. */
  readonly children?: ComponentChildren;
}

interface Pointer {
  /** The point under it, -1 for none. */
  readonly point: number;
  readonly place: Place;
}

/** Candidates as points to look at, point at, walk through and select. */
export function PointPicture<Content extends PointContent>(props: Props<Content>) {
  const app = useApp();
  const drawing = useDrawingSlot();
  const { exploration, pictures, palette, leastRatio, card } = app;
  const { hoveredRow, hovered, settings } = exploration;
  const frame = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const anchor = useRef<HTMLSpanElement>(null);
  const controller = useRef<PointController<Content> | null>(null);
  const [pointer, setPointer] = useState<Pointer | null>(null);
  const lasso = useMemo(() => signal(false), []);
  const latest = useRef(props);
  latest.current = props;

  const open = (point: number) => {
    const { points } = latest.current.content;
    const cluster = exploration.search.peek()?.order[points.ranks[point] - 1];
    if (controller.current === null || cluster === undefined) return;
    const { x, y } = controller.current.canvas.place(point);
    const opener = anchor.current as HTMLSpanElement;
    opener.style.transform = `translate(${x}px, ${y}px)`;
    card.value = {
      id: points.ids[point],
      cluster,
      distance: points.distances[point],
      distanceName: exploration.summary.peek().distance,
      opener,
    };
  };
  const choose = (point: number, adds: boolean) => {
    const id = latest.current.content.points.ids[point];
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
    const shown = new PointController<Content>(
      {
        frame: frame.current as HTMLDivElement,
        base: base.current as HTMLCanvasElement,
        above: above.current as HTMLCanvasElement,
      },
      { exploration, pictures, palette, leastRatio, lasso },
      {
        pointed: (point, place) => setPointer(place && { point, place }),
        left: leave,
        clicked: choose,
        resized: (size) => latest.current.onSize(size),
        zoomed: (k) => latest.current.onZoom?.(k),
      },
      latest.current.paint,
      latest.current,
    );
    controller.current = shown;
    drawing.source = () => shown.canvas.drawing();
    return () => {
      drawing.source = null;
      shown.close();
      controller.current = null;
    };
  }, [app, drawing, lasso]);
  useLayoutEffect(() => controller.current?.show(latest.current));
  useEffect(
    () =>
      effect(() => {
        if (hoveredRow.value === null && hovered.value === null) setPointer(null);
      }),
    [hoveredRow, hovered],
  );

  const { points, positions, marks } = props.content;
  const row = hoveredRow.value;
  const rows = row === null ? [] : pointsWith(points, row);
  // Of rows that share an id, the one that is pointed at.
  const point = pointer !== null && rows.includes(pointer.point) ? pointer.point : (rows[0] ?? -1);
  const id = point < 0 ? null : points.ids[point];
  const rested = useRested(id, REST);
  const value = useColouredValue(rested ? id : null);
  const press = (event: KeyboardEvent) => {
    const shown = controller.current;
    if (shown === null || (event.target !== frame.current && event.target !== anchor.current)) return;
    const to = step(event.key, point, positions, points.count, inOrder(marks));
    if (to !== null) {
      hoveredRow.value = points.ids[to];
      hovered.value = exploration.search.peek()?.order[points.ranks[to] - 1] ?? null;
      setPointer({ point: to, place: shown.reveal(to) });
    } else if (event.key === "Enter" && point >= 0) open(point);
    else if (event.key === " " && point >= 0) exploration.toggleSelected(points.ids[point]);
    else if (event.key === "Escape") {
      if (!shown.cancelOutline()) settings.selection.value = [];
    } else if (!(props.zoomable && zoomByKey(event.key, shown.gestures))) return;
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
          <ZoomButtons press={(key) => controller.current && zoomByKey(key, controller.current.gestures)} />
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
          {...pointer.place}
          within={frame}
        />
      )}
      {point < 0 && <ClusterPointerCard pointer={pointer?.place ?? null} within={frame} />}
      <p class="feder-sr" aria-live="polite">
        {point < 0
          ? ""
          : `Row ${points.ids[point]}, distance ${distance(points.distances[point])}, cluster ` +
            `${exploration.search.value?.order[points.ranks[point] - 1]}, rank ${count(points.ranks[point])}` +
            markSuffix(marks, point) +
            lossSuffix(exploration, marks, point) +
            (value === null ? "" : `; ${value}`)}
      </p>
    </div>
  );
}

/** How far a missed neighbour is and where it was lost, after a semicolon; empty for any other point. */
function lossSuffix(exploration: Exploration, marks: readonly Mark[], point: number): string {
  const mark = marks.find((one) => one.point === point && one.isMissed);
  const missed = mark && exploration.missed.value.find(({ place }) => place === mark.place);
  return missed === undefined ? "" : `; ${rowDistance(exploration, missed)}; ${rowLoss(exploration, missed)}`;
}

/** The points of the results by place, then those of the missed neighbours. */
function inOrder(marks: readonly Mark[]): number[] {
  const rank = ({ isMissed, place }: Mark) => place + (isMissed ? marks.length : 0);
  return [...marks].sort((left, right) => rank(left) - rank(right)).map((mark) => mark.point);
}
