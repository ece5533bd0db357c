import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { clusterValues } from "../../controls/ClusterValues";
import { useSize } from "../../look/size";
import { count, distance, plural } from "../../model/format";
import type { Search } from "../../model/search";
import { useApp } from "../../state/app";
import { useCanvas } from "../canvas";
import { ClusterPointerCard, useClusterPointer } from "../clusters/clusterPointer";
import { shownTints } from "../labels/cellScale";
import { PointGrid } from "../points/pointGrid";
import { step } from "../points/pointKeys";
import { ratioFor, type Size } from "../viewport";
import { paintCoarse, paintCoarseOverlay } from "./coarseChart";
import { layoutCentroids } from "./coarseScene";
import { circleIn } from "./layout";
import { NprobeCircle } from "./NprobeCircle";
import { scaleText } from "./radialScale";

const REACH = 16;
/** Height of the note below the circle. */
const NOTE = 14;

/** The centroids of the coarse search around the query, and nprobe as a circle between them. */
export function CoarsePicture({ search }: { search: Search }) {
  const { exploration, palette, leastRatio } = useApp();
  const { settings, hovered } = exploration;
  const summary = exploration.summary.value;
  const { element: frame, width, height } = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const ratio = ratioFor(leastRatio.value);
  const size = useMemo<Size | null>(
    () => (width > 0 && height > 0 ? { width, height, ratio } : null),
    [width, height, ratio],
  );
  const nprobe = settings.nprobe.value;
  const probe = exploration.wanted.value;
  const colours = palette.value;
  const tints = useComputed(() => shownTints(exploration.labels, palette.value)).value;
  const tintOf = useMemo(() => tints && ((rank: number) => tints(search.order[rank - 1])), [tints, search]);
  const layout = useMemo(
    () =>
      size === null
        ? null
        : layoutCentroids(
            search,
            summary.coarseSimilarity,
            circleIn({ ...size, height: size.height - NOTE }),
          ),
    [search, summary, size],
  );
  const grid = useMemo(
    () => (layout === null ? null : new PointGrid(layout.positions, search.ranked)),
    [layout, search],
  );
  useCanvas(
    base,
    size,
    (context, size) => {
      if (layout !== null) paintCoarse(context, { layout, nprobe, probe, tintOf }, colours, size);
    },
    [layout, nprobe, probe, colours, tintOf],
  );
  const hoveredRank = drawnRank(search, hovered.value);
  const pinnedRank = drawnRank(search, settings.cluster.value);
  useCanvas(
    above,
    size,
    (context, size) => {
      if (layout !== null) paintCoarseOverlay(context, { layout, pinnedRank, hoveredRank }, colours, size);
    },
    [layout, pinnedRank, hoveredRank, colours],
  );

  const rankAt = (x: number, y: number): number => {
    if (layout === null || grid === null) return 0;
    const { positions, discs } = layout;
    // The nearest clusters are drawn on top, so their large discs are found first.
    for (let i = 0; i < Math.min(search.ranked, 64); i++) {
      if (Math.hypot(positions[2 * i] - x, positions[2 * i + 1] - y) <= discs[i]) return i + 1;
    }
    return grid.nearest(x, y, REACH) + 1;
  };
  const { pointer, leave, lead, listeners } = useClusterPointer(
    (x, y) => search.order[rankAt(x, y) - 1] ?? null,
  );
  const pin = (cluster: number | null) => {
    settings.cluster.value = cluster === settings.cluster.peek() ? null : cluster;
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== frame.current || layout === null) return;
    const all = Array.from({ length: search.ranked }, (_, i) => i);
    const to = step(event.key, hoveredRank - 1, layout.positions, search.ranked, all);
    if (to !== null) {
      lead(search.order[to], layout.positions[2 * to], layout.positions[2 * to + 1]);
    } else if (event.key === "Enter" || event.key === " ") pin(hovered.peek());
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={frame}
      class="feder-points"
      role="application"
      tabIndex={0}
      aria-label={
        `${drawnText(search)} around the query, as far from it as their ${summary.coarseDistance}. ` +
        "Arrow keys move from cluster to cluster, Page Up and Page Down go through the ranks, Enter pins."
      }
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas ref={base} />
      <canvas
        ref={above}
        class="feder-points-above"
        {...listeners}
        onClick={(event) => {
          const rank = rankAt(event.offsetX, event.offsetY);
          if (rank > 0) pin(search.order[rank - 1]);
        }}
      />
      <p class="feder-points-note">
        {search.isPartial && `${drawnText(search)} · `}radius: query to centroid, {summary.coarseDistance}
        {layout !== null && scaleText(layout.scale.domain)} · area: vectors
      </p>
      {layout !== null && <NprobeCircle layout={layout} nprobe={settings.nprobe} nlist={search.nlist} />}
      <ClusterPointerCard pointer={pointer} within={frame} />
      <p class="feder-sr" aria-live="polite">
        {hoveredRank === 0
          ? ""
          : `Cluster ${search.order[hoveredRank - 1]}, rank ${count(hoveredRank)}, ` +
            [
              `distance ${distance(search.distances[hoveredRank - 1])}`,
              plural(search.sizeAt(hoveredRank), "vector"),
              clusterValues(exploration, search.order[hoveredRank - 1]),
            ]
              .filter((part) => part !== null)
              .join(", ")}
      </p>
    </div>
  );
}

/** The rank of a cluster that the picture shows, else 0. */
function drawnRank(search: Search, cluster: number | null): number {
  const rank = cluster === null ? 0 : search.rankOf[cluster];
  return rank > search.ranked ? 0 : rank;
}

function drawnText({ isPartial, ranked, nlist }: Search): string {
  const all = plural(nlist, "centroid");
  return isPartial ? `the nearest ${count(ranked)} of ${all}` : all;
}
