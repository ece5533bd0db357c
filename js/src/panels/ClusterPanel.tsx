import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Button } from "../controls/Button";
import { ClusterValues } from "../controls/ClusterValues";
import { Composition } from "../controls/Composition";
import { isShortcut } from "../controls/sliderKeys";
import { css, rankColour } from "../look/palette";
import { useSize } from "../look/size";
import { clusterRecallText } from "../model/clusterRecall";
import { count, distance, plural, recallNumber, wholePercent } from "../model/format";
import { mainLabels } from "../model/labels";
import { useApp } from "../state/app";
import { MemberList } from "../state/members";
import { Tile } from "./Tile";

/** The least width of a picture, and of a label without one; they share the rest of a row. */
const LEAST = 56;
const LEAST_TEXT = 150;
/** Heights of a label under a picture, and of one in its place. */
const LABEL = 17;
const TEXT = 66;
const GAP = 6;
const MARGIN = 14;

/** The images of the pinned cluster, nearest to the query first; only the rows in sight are in the page. */
export function ClusterPanel() {
  const { exploration, palette } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const cluster = exploration.comparedCluster.value ?? settings.cluster.value ?? search?.order[0] ?? null;
  if (cluster === null) {
    return (
      <section class="feder-cluster">
        <h3>
          Cluster <small>click a cell of the map to see what is inside</small>
        </h3>
      </section>
    );
  }
  // The kernel tells the rank of a pinned cluster.
  exploration.revision.value;
  const rank = search?.rankIn(cluster) ?? null;
  const probed = rank !== null && exploration.probe.value.has(rank);
  const wanted = exploration.wanted.value.has(rank ?? 0);
  const isOff = exploration.switched.value.get(cluster) === false;
  const recall = exploration.clusterRecall.value;
  const tellsRank = recall === null && exploration.labels.coloursBy.value === "rank";
  const [main] = mainLabels(exploration.compositions.of(cluster, exploration.labels.column.value).value, 1);
  const facts = [
    rank === null
      ? search === null
        ? null
        : `rank beyond ${count(search.ranked)}, not probed`
      : `rank ${count(rank)}${wanted ? "" : isOff ? ", switched off" : ", not probed"}`,
    plural(summary.sizes[cluster], "vector"),
    main?.name == null ? null : `${wholePercent(main.share)} ${main.name}`,
  ];
  const known = facts.filter((fact) => fact !== null);
  const mean = recall?.means[cluster] ?? Number.NaN;
  const text = [...known, ...(Number.isNaN(mean) ? [] : [`recall ${recallNumber(mean)}`])].join(" · ");
  const title = [...known, ...(recall === null ? [] : [clusterRecallText(recall, cluster)])];
  if (rank !== null && search !== null) {
    title.push(`distance to its centroid ${distance(search.distances[rank - 1])}`);
  }
  return (
    <section class="feder-cluster">
      <div class="feder-cluster-head">
        <h3>
          {probed && rank !== null && tellsRank && (
            <span class="feder-swatch" style={{ background: css(rankColour(palette.value, rank)) }} />
          )}
          <span class="feder-name">Cluster {cluster}</span> <small title={title.join(" · ")}>{text}</small>
        </h3>
        {search !== null && (
          <Button
            kind="small"
            title="Probe this cluster or leave it out, whatever nprobe says (S on the map)"
            onClick={() => exploration.toggleProbed(cluster)}
          >
            {wanted ? "Don't probe" : "Probe it too"}
          </Button>
        )}
        {settings.cluster.value !== null && (
          <Button
            kind="small"
            onClick={() => {
              settings.cluster.value = null;
            }}
          >
            Unpin
          </Button>
        )}
      </div>
      {exploration.labels.coloursBy.value === "label" && <Composition cluster={cluster} most={5} hasBar />}
      <ClusterValues cluster={cluster} />
      <Grid key={cluster} cluster={cluster} rank={probed ? rank : null} />
    </section>
  );
}

function Grid({ cluster, rank }: { cluster: number; rank: number | null }) {
  const { exploration, asker } = useApp();
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const whole = exploration.revision.value >= 0 && (search?.isWhole(search.rankOf[cluster]) ?? false);
  const members = useMemo(
    () => new MemberList(cluster, summary, search, asker),
    [cluster, summary, search, whole, asker],
  );
  const revision = members.revision.value;
  const { element: scroller, ...box } = useSize<HTMLDivElement>();
  const [top, setTop] = useState(0);
  const [current, setCurrent] = useState(0);
  const isText = summary.labels && !summary.images;
  const least = isText ? LEAST_TEXT : LEAST;
  const columns = Math.max(1, Math.floor((box.width - MARGIN + GAP) / (least + GAP)));
  const column = Math.max(least, (box.width - MARGIN + GAP) / columns);
  const row = isText ? TEXT + GAP : column + (summary.labels ? LABEL : 0);
  const rows = Math.ceil(members.total / columns);
  const firstRow = Math.max(0, Math.floor(top / row) - 1);
  const lastRow = Math.min(rows, Math.ceil((top + box.height) / row) + 1);
  const first = firstRow * columns;
  const last = box.width === 0 ? first : Math.min(members.total, lastRow * columns);
  useEffect(() => members.need(first, last), [members, first, last, revision]);
  // Rows of other clusters can share an id with a result.
  const results = exploration.results.value;
  const ids = useMemo(
    () => new Set(results.filter((result) => result.cluster === cluster).map(({ id }) => id)),
    [results, cluster],
  );
  const reach = (place: number) =>
    scroller.current
      ?.querySelector<HTMLElement>(`[aria-posinset="${place + 1}"] button`)
      ?.focus({ preventScroll: true });
  // The scroller holds the focus until the image is in the page.
  useLayoutEffect(() => {
    if (scroller.current?.matches(":focus")) reach(current);
  });
  /** The tab key reaches one image of thousands; arrow keys move from there. */
  const walk = (event: KeyboardEvent) => {
    const by = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -rows * columns,
      End: rows * columns,
    }[event.key];
    if (by === undefined || isShortcut(event)) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(members.total - 1, current + by));
    setCurrent(to);
    const y = Math.floor(to / columns) * row;
    const box = scroller.current as HTMLElement;
    box.focus({ preventScroll: true });
    box.scrollTop = Math.min(y, Math.max(box.scrollTop, y + row - box.clientHeight));
    reach(to);
  };
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
  // The focused image stays in the page when it is scrolled out of sight.
  if (last > 0 && current < members.total && !shown.includes(current)) shown.push(current);
  return (
    <div
      ref={scroller}
      class="feder-scroller"
      role="group"
      aria-label="Cluster images, scrollable"
      tabIndex={members.at(current) === null ? 0 : -1}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={walk}
    >
      {members.total === 0 && <p class="feder-muted">This cluster is empty.</p>}
      <ul class="feder-grid" aria-label="Cluster images" style={{ height: `${rows * row}px` }}>
        {shown.map((i) => {
          const member = members.at(i);
          const place = {
            left: `${(i % columns) * column}px`,
            top: `${Math.floor(i / columns) * row}px`,
            width: `${column - GAP}px`,
            height: `${row - GAP}px`,
          };
          if (member === null) return <li key={i} class="feder-loading" style={place} />;
          const isResult = ids.has(member.id);
          // Of several rows with one id, it is not known which is the query.
          const isQuery = search?.copies === 1 && member.id === search.id;
          return (
            <li
              key={i}
              style={place}
              data-id={member.id.toString()}
              aria-setsize={members.total}
              aria-posinset={i + 1}
              onFocusIn={() => setCurrent(i)}
            >
              <Tile
                id={member.id}
                cluster={cluster}
                distance={member.distance}
                distanceName={summary.distance}
                clusterRank={isResult ? rank : null}
                side={least}
                tabIndex={i === current ? 0 : -1}
                isResult={isResult}
                {...(isQuery ? { tag: "query" } : {})}
                name={
                  `Row ${member.id}` +
                  (Number.isNaN(member.distance) ? "" : `, distance ${distance(member.distance)}`) +
                  `, ${count(i + 1)} of ${count(members.total)}` +
                  (isResult ? ", a result" : "") +
                  (isQuery ? ", the query itself" : "")
                }
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
