import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../../app";
import { plural } from "../../format";
import type { Search } from "../../search";
import type { Size } from "../clusters/camera";
import { PointStage } from "../points/PointStage";
import { type Mark, NO_POINTS, type Points } from "../points/points";
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
  const { exploration } = useApp();
  const search = exploration.search.value;
  if (search === null) return <Nothing>No query yet: pick one to see who lies beside it.</Nothing>;
  if (exploration.step.value === 0) {
    return (
      <Nothing>
        Nothing has been compared with the query yet.
        <br />
        The candidates of {plural(exploration.settings.nprobe.value, "probed cluster")} will be drawn here.
      </Nothing>
    );
  }
  return <Picture search={search} />;
}

function Picture({ search }: { search: Search }) {
  const { exploration } = useApp();
  const { projections, settings } = exploration;
  const [size, setSize] = useState<Size>({ width: 0, height: 0, ratio: 1 });
  const [zoom, setZoom] = useState(1);
  const nprobe = settings.nprobe.value;
  const probed = Math.min(exploration.probed.value, nprobe);
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
  }, [projections, search, nprobe, status === "disconnected"]);

  const target = useMemo<Scene | null>(
    () => (drawn === null || size.width < 1 ? null : { picture: drawn, share: 1, ...fitted(drawn, size) }),
    [drawn, size],
  );
  const scene = useMotion(target);
  const picture = scene?.picture ?? null;
  const points = useMemo<Points>(() => {
    if (picture === null) return NO_POINTS;
    const count = picture.starts[Math.min(probed, picture.ranks)];
    return {
      count,
      ids: picture.ids.subarray(0, count),
      distances: picture.distances.subarray(0, count),
      ranks: picture.rankOf.subarray(0, count),
    };
  }, [picture, probed]);
  const found = useMemo(() => (picture === null ? [] : pointsOf(results, picture)), [results, picture]);
  const marks = useMarks(found, scene, scene?.picture === target?.picture ? target : scene, size, zoom);
  const state = { drawn, awaited: projections.awaited.value, nprobe, probed, status };
  const reason = projections.reason.value;
  const waiting = explanation(state, reason);
  const missing = picture === null || picture.ranks < probed ? 0 : results.length - found.length;
  return (
    <PointStage
      name={`${plural(points.count, "candidate")} and the query in two dimensions, by ${drawn?.method ?? "no method yet"}`}
      points={points}
      positions={scene?.positions ?? NOWHERE}
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
          {missing > 0 && <p>{plural(missing, "result")} outside of the sample</p>}
        </div>
      )}
    </PointStage>
  );
}

/** The results beside their points in `scene`, which is on its way to `target`. */
function useMarks(
  found: ReturnType<typeof pointsOf>,
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

function Nothing({ children }: { children: ComponentChildren }) {
  return (
    <div class="feder-points">
      <p class="feder-waiting">{children}</p>
    </div>
  );
}
