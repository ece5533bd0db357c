import { effect } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { candidatesAt, withOthers } from "../../model/candidates";
import { count, plural } from "../../model/format";
import { nearestFirst } from "../../model/order";
import type { Search } from "../../model/search";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { useRested } from "../cardPlace";
import type { Size } from "../clusters/camera";
import { PointPicture } from "../points/PointPicture";
import { NO_POINTS } from "../points/points";
import { backgroundOf, foregroundOf } from "./fineChart";
import { around } from "./labels";
import { circleIn, layoutDistances, roomIn } from "./layout";
import { placePictures } from "./pictures";
import { radialScale } from "./radialScale";
import { firstClusters, foundAmong, rank, sampleOf } from "./rankedCandidates";
import { angleOf, sectorAt, sectorsOf } from "./sectors";

/** While a slider moves, few of many candidates are drawn and no others asked for, until it rests: in milliseconds. */
const REST = 150;
/** Milliseconds between two layouts while candidates arrive. */
const PACE = 120;
const NOWHERE = new Float64Array(0);

/** The candidates of the fine search around the query. */
export function FinePicture({ search }: { search: Search }) {
  const { exploration } = useApp();
  const { summary, settings } = exploration;
  const [size, setSize] = useState<Size>({ width: 0, height: 0, ratio: 1 });
  const revision = useRevision(exploration);
  const wanted = exploration.wanted.value;
  const probed = exploration.probed.value;
  const results = exploration.results.value;
  const outcome = exploration.outcome.value;
  const missed = exploration.missed.value;
  const pinned = settings.cluster.value;

  const isAll = probed === wanted.count;
  const ranked = useMemo(() => {
    // While the player steps, everything already lies where it will lie at the end.
    const shown = isAll ? exploration.withMissed.peek() : null;
    const set = shown?.set ?? withOthers(candidatesAt(search, wanted), missed);
    const order = shown?.order ?? nearestFirst(set.distances, summary.similarity);
    return rank(set, order, search, summary.similarity);
  }, [exploration, search, wanted, isAll, missed, revision, summary]);
  const clusters = useMemo(
    () => Array.from(wanted.ranks, (rank) => search.order[rank - 1]),
    [search, wanted],
  );
  const sizes = useMemo(() => clusters.map((cluster) => summary.sizes[cluster]), [clusters, summary]);
  const hasMissed = missed.length > 0;
  const sectors = useMemo(() => sectorsOf(sizes, hasMissed), [sizes, hasMissed]);
  const rests = useRested(ranked, REST, ranked);
  const { set, found } = useMemo(() => {
    const found = foundAmong(results, missed, ranked);
    return rests ? { set: ranked.set, found } : sampleOf(ranked.set, found);
  }, [ranked, results, missed, rests]);
  const drawn = useMemo(() => {
    if (ranked.domain === null || size.width < 1 || size.height < 1) return null;
    const circle = circleIn(size);
    const scale = radialScale(ranked.domain, roomIn(circle));
    return { circle, scale, layout: layoutDistances(set, ranked.order, scale, sectors, circle, size) };
  }, [ranked, set, sectors, size]);
  const [points, all] = useMemo(
    () => [set, ranked.set].map((one) => firstClusters(one, probed + Number(hasMissed))),
    [set, ranked, probed, hasMissed],
  );
  const placed = useMemo(
    () => drawn && placePictures(found, points, drawn.layout, sectors, drawn.circle),
    [drawn, found, points, sectors],
  );
  const paints = useMemo(() => {
    if (drawn === null || placed === null) return { background: undefined, foreground: undefined };
    const last = results[results.length - 1];
    const name = results.length === settings.k.value ? "k" : "results";
    // Re-ranked results have distances of another kind: the circle is that of the first pass.
    const handed = outcome?.first_k ? outcome.first_pass : null;
    const worst =
      last === undefined
        ? null
        : handed === null
          ? { distance: last.distance, name: `${name} = ${results.length}` }
          : { distance: handed[handed.length - 1], name: `re-ranked = ${handed.length}` };
    const chart = {
      circle: drawn.circle,
      scale: drawn.scale,
      sectors,
      ranks: wanted.ranks,
      clusters,
      sizes,
      probed,
      pinned,
      worst,
      pictures: placed.marks.map(({ point, side }) =>
        around(placed.positions[2 * point], placed.positions[2 * point + 1], side, side),
      ),
    };
    return { background: backgroundOf(chart), foreground: foregroundOf(chart) };
  }, [drawn, placed, sectors, results, outcome, settings.k.value, wanted, clusters, sizes, probed, pinned]);

  const isWhole = ranked.set.whole;
  const status = exploration.status.value;
  useEffect(() => {
    if (isWhole || status !== "done") return;
    const timer = setTimeout(() => exploration.needCandidates(), REST);
    return () => clearTimeout(timer);
  }, [exploration, search, wanted, isWhole, status]);

  const circle = drawn?.circle ?? null;
  const clusterAt = (x: number, y: number): number | null => {
    if (circle === null || Math.hypot(x - circle.x, y - circle.y) > circle.radius + 10) return null;
    const found = sectorAt(sectors, angleOf(x - circle.x, y - circle.y));
    return found === null || found > probed ? null : clusters[found - 1];
  };
  return (
    <PointPicture
      name={
        `${plural(all.count - missed.length, "candidate")} of ${plural(probed, "probed cluster")} around the ` +
        `query, as far from it as their ${summary.distance}` +
        (hasMissed ? `, and ${plural(missed.length, "missed neighbour")}` : "")
      }
      points={placed === null ? NO_POINTS : points}
      positions={placed?.positions ?? NOWHERE}
      marks={placed?.marks ?? []}
      query={circle}
      zoomable={false}
      clusterAt={clusterAt}
      background={paints.background}
      foreground={paints.foreground}
      onSize={setSize}
    >
      {all.count === missed.length && search.received >= probed && (
        <p class={hasMissed ? "feder-points-note" : "feder-waiting"}>
          No candidates: the {plural(probed, "probed cluster")} {probed === 1 ? "is" : "are"} empty.
        </p>
      )}
      {(!isWhole || points.count < all.count) && (
        <p class="feder-points-note">
          {isWhole
            ? `${count(points.count)} of ${plural(all.count, "candidate")} until this rests`
            : partialText(search, wanted.count, status)}
        </p>
      )}
    </PointPicture>
  );
}

/** How far the search has come, looked at no more often than the picture can be laid out. */
function useRevision(exploration: Exploration): number {
  const [shown, setShown] = useState(exploration.revision.peek());
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      last = performance.now();
      setShown(exploration.revision.peek());
    };
    const stop = effect(() => {
      exploration.revision.value;
      timer ??= setTimeout(show, Math.max(0, last + PACE - performance.now()));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [exploration]);
  return shown;
}

function partialText(search: Search, nprobe: number, status: string): string {
  if (search.received < nprobe) return `${count(search.received)} of ${plural(nprobe, "cluster")} so far`;
  const some = `Only the nearest ${count(search.kMax)} of each further cluster`;
  return status === "disconnected" ? `${some}: the kernel is disconnected` : `${some} so far`;
}
