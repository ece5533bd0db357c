import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { plural } from "../../model/format";
import { rowNames } from "../../model/rowNames";
import type { Search } from "../../model/search";
import { useApp } from "../../state/app";
import type { Projected } from "../../state/projections";
import type { Found, Mark } from "../points/marks";
import { PointPicture } from "../points/PointPicture";
import { paintPoints } from "../points/painter";
import type { PointContent } from "../points/scene";
import { SearchRequired } from "../SearchRequired";
import { NO_SIZE, type Size } from "../viewport";
import { fitted } from "./fit";
import { type PlacedPicture, useMotion } from "./motion";
import { explanation, statement } from "./notes";
import { marksBetween, marksOf } from "./pictures";
import { foundIn, shownPoints, shownPositions } from "./scene";

/** Milliseconds that a slider rests before another projection is asked for. */
const REST = 250;
const NOWHERE = new Float32Array(0);
/** Pictures are arranged anew when the picture has been zoomed by this factor. */
const ZOOM_STEP = 1.25;

/** The candidates and the query in two dimensions. */
export function ProjectionView() {
  const { nprobe } = useApp().exploration.settings;
  return (
    <SearchRequired
      purpose="its candidates in two dimensions"
      next={() => `The candidates of ${plural(nprobe.value, "probed cluster")} will be drawn here.`}
      picture={(search) => <Picture search={search} />}
    />
  );
}

function Picture({ search }: { search: Search }) {
  const { exploration } = useApp();
  const { projections, settings } = exploration;
  const [size, setSize] = useState<Size>(NO_SIZE);
  const [zoom, setZoom] = useState(1);
  const nprobe = settings.nprobe.value;
  const probe = exploration.probe.value;
  const missed = exploration.missed.value;
  const status = exploration.status.value;
  const results = exploration.placed.value;
  const latest = projections.drawn.value;
  const drawn = latest?.serial === search.serial ? latest : null;

  useEffect(() => {
    if (status === "disconnected") return;
    if (projections.drawn.peek()?.serial !== search.serial) {
      projections.need();
      return;
    }
    const timer = setTimeout(() => projections.need(), REST);
    return () => clearTimeout(timer);
  }, [projections, search, exploration.wanted.value, exploration.truth.value, status === "disconnected"]);

  const target = useMemo<PlacedPicture | null>(
    () => (drawn === null || size.width < 1 ? null : { picture: drawn, share: 1, ...fitted(drawn, size) }),
    [drawn, size],
  );
  const placed = useMotion(target);
  const picture = placed?.picture ?? null;
  const shown = useMemo(
    () => shownPoints(picture, (rank) => probe.has(rank), missed),
    [picture, probe, missed],
  );
  const positions = useMemo(
    () => (placed === null ? NOWHERE : shownPositions(placed.positions, shown)),
    [placed, shown],
  );
  const found = useMemo(
    () => (picture === null ? [] : foundIn(results, missed, picture)),
    [results, missed, picture],
  );
  const marks = useMarks(found, placed, placed?.picture === target?.picture ? target : placed, size, zoom);
  const query = placed?.query ?? null;
  const content = useMemo<PointContent>(
    () => ({ points: shown.points, positions, marks, query }),
    [shown, positions, marks, query],
  );
  const state = { drawn, awaited: projections.awaited.value, nprobe, probed: probe.count, status };
  const reason = projections.reason.value;
  const waiting = explanation(state, reason);
  const missing =
    picture === null || projections.awaited.value === "first"
      ? 0
      : results.length + missed.length - found.length;
  return (
    <PointPicture
      name={`${plural(shown.candidates, "candidate")} and the query in two dimensions, by ${drawn?.method ?? "no method yet"}`}
      content={content}
      paint={paintPoints}
      zoomable={true}
      onSize={setSize}
      onZoom={(k) => setZoom(ZOOM_STEP ** Math.round(Math.log(k) / Math.log(ZOOM_STEP)))}
    >
      {waiting !== null && (
        <p class={drawn === null ? "feder-waiting" : "feder-projection-note"}>{waiting}</p>
      )}
      {drawn !== null && (
        <div class="feder-projection-method" aria-live="polite" data-final={drawn.final}>
          <p>{statement(state)}</p>
          {reason !== null && (
            <p class="feder-projection-reason">
              {reason}
              {!drawn.final && ". The linear picture stays."}
            </p>
          )}
          {missing > 0 && (
            <p>
              {plural(missing, "result or missed neighbour is", "results or missed neighbours are")} not drawn
            </p>
          )}
        </div>
      )}
    </PointPicture>
  );
}

/** The results beside their points in `placed`, which is on its way to `target`. */
function useMarks(
  found: readonly Found[],
  placed: PlacedPicture | null,
  target: PlacedPicture | null,
  size: Size,
  zoom: number,
): readonly Mark[] {
  const settled = useRef<ReadonlyMap<string, Mark>>(new Map());
  const marks = useMemo(
    () => (target === null ? [] : marksOf(found, target, size, zoom)),
    [found, target, size, zoom],
  );
  const isSettled = placed === null || placed.share === 1;
  useEffect(() => {
    if (!isSettled || placed === null) return;
    const names = namesOf(marks, placed.picture);
    settled.current = new Map(marks.map((mark, i) => [names[i], mark]));
  }, [isSettled, marks, placed]);
  return useMemo(
    () =>
      isSettled ? marks : marksBetween(settled.current, marks, namesOf(marks, placed.picture), placed.share),
    [isSettled, marks, placed],
  );
}

function namesOf(marks: readonly Mark[], { ids, rankOf }: Projected): string[] {
  return rowNames(
    marks.map(({ point }) => ids[point]),
    marks.map(({ point }) => rankOf[point]),
  );
}
