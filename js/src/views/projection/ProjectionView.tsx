import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { plural } from "../../model/format";
import type { Search } from "../../model/search";
import { useApp } from "../../state/app";
import type { Projected } from "../../state/projections";
import type { Size } from "../clusters/camera";
import { PointPicture } from "../points/PointPicture";
import { type Found, type Mark, NO_POINTS } from "../points/points";
import { SearchRequired } from "../SearchRequired";
import { fitted } from "./fit";
import { type Scene, useMotion } from "./motion";
import { explanation, statement } from "./notes";
import { marksBetween, marksOf, pointsOf } from "./pictures";

/** A slider that moves asks for nothing before it rests, in milliseconds. */
const REST = 250;
const NOWHERE = new Float32Array(0);
/** Pictures are arranged anew when the picture has been zoomed by this factor. */
const ZOOM_STEP = 1.25;

/** Who lies beside whom: the candidates and the query in two dimensions. */
export function ProjectionView() {
  const { nprobe } = useApp().exploration.settings;
  return (
    <SearchRequired
      purpose="who lies beside it"
      next={() => `The candidates of ${plural(nprobe.value, "probed cluster")} will be drawn here.`}
      picture={(search) => <Picture search={search} />}
    />
  );
}

function Picture({ search }: { search: Search }) {
  const { exploration } = useApp();
  const { projections, settings } = exploration;
  const [size, setSize] = useState<Size>({ width: 0, height: 0, ratio: 1 });
  const [zoom, setZoom] = useState(1);
  const nprobe = settings.nprobe.value;
  const probe = exploration.probe.value;
  const missed = exploration.missed.value;
  const status = exploration.status.value;
  const results = exploration.results.value;
  const latest = projections.drawn.value;
  const drawn = latest?.serial === search.serial ? latest : null;

  useEffect(() => {
    if (status === "disconnected") {
      projections.lose();
      return;
    }
    if (projections.drawn.peek()?.serial !== search.serial) {
      projections.need();
      return;
    }
    const timer = setTimeout(() => projections.need(), REST);
    return () => clearTimeout(timer);
  }, [projections, search, exploration.wanted.value, exploration.truth.value, status === "disconnected"]);

  const target = useMemo<Scene | null>(
    () => (drawn === null || size.width < 1 ? null : { picture: drawn, share: 1, ...fitted(drawn, size) }),
    [drawn, size],
  );
  const scene = useMotion(target);
  const picture = scene?.picture ?? null;
  const ids = picture?.ids ?? null;
  const { points, isShown, candidates } = useMemo(
    () => shownOf(picture, (rank) => probe.has(rank), new Set(missed.map(({ id }) => id))),
    [picture, probe, missed],
  );
  const positions = useMemo(() => {
    if (scene === null || candidates + missed.length >= points.count) return scene?.positions ?? NOWHERE;
    return scene.positions.map((value, i) => (isShown[i >> 1] === 1 ? value : Number.NaN));
  }, [scene, points, isShown]);
  const found = useMemo(
    () => (picture === null ? [] : pointsOf(results, missed, picture)),
    [results, missed, picture],
  );
  const marks = useMarks(found, scene, scene?.picture === target?.picture ? target : scene, size, zoom);
  const state = { drawn, awaited: projections.awaited.value, nprobe, probed: probe.count, status };
  const reason = projections.reason.value;
  const waiting = explanation(state, reason);
  const missing =
    ids === null || projections.awaited.value === "first" ? 0 : results.length + missed.length - found.length;
  return (
    <PointPicture
      name={`${plural(candidates, "candidate")} and the query in two dimensions, by ${drawn?.method ?? "no method yet"}`}
      points={points}
      positions={positions}
      marks={marks}
      query={scene?.query ?? null}
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
          {missing > 0 && <p>{plural(missing, "result")} not in this picture</p>}
        </div>
      )}
    </PointPicture>
  );
}

/** Which points are shown: the candidates of the probed clusters, and what was missed. */
function shownOf(
  picture: Projected | null,
  isProbed: (rank: number) => boolean,
  missed: ReadonlySet<bigint>,
) {
  if (picture === null) return { points: NO_POINTS, isShown: new Uint8Array(0), candidates: 0 };
  const { ids, distances, rankOf, starts } = picture;
  const isShown = new Uint8Array(ids.length);
  let candidates = 0;
  for (let rank = 1; rank < starts.length; rank++) {
    const [from, to] = [starts[rank - 1], starts[rank]];
    if (isProbed(rank)) {
      isShown.fill(1, from, to);
      candidates += to - from;
    } else for (let i = from; i < to; i++) if (missed.has(ids[i])) isShown[i] = 1;
  }
  return { points: { count: ids.length, ids, distances, ranks: rankOf }, isShown, candidates };
}

/** The results beside their points in `scene`, which is on its way to `target`. */
function useMarks(
  found: readonly Found[],
  scene: Scene | null,
  target: Scene | null,
  size: Size,
  zoom: number,
): readonly Mark[] {
  const settled = useRef<ReadonlyMap<bigint, Mark>>(new Map());
  const marks = useMemo(
    () => (target === null ? [] : marksOf(found, target, size, zoom)),
    [found, target, size, zoom],
  );
  const isSettled = scene === null || scene.share === 1;
  useEffect(() => {
    if (!isSettled || scene === null) return;
    settled.current = new Map(marks.map((mark) => [scene.picture.ids[mark.point], mark]));
  }, [isSettled, marks, scene]);
  return isSettled ? marks : marksBetween(settled.current, marks, scene.picture.ids, scene.share);
}
