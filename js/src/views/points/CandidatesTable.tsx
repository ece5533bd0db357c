import { useEffect, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { usePicture } from "../../controls/Picture";
import { useRowValues, Value } from "../../controls/RowMetadata";
import { count, distance, plural } from "../../model/format";
import { useApp } from "../../state/app";
import { foundPoints } from "./marks";
import { noCandidates } from "./noCandidates";
import { candidateFinder } from "./points";

const PAGE = 50;
/** The smallest picture: a label comes with it. */
const SIDE = 32;

/** The candidates as a table, the nearest first, a page at a time. */
export function CandidatesTable() {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const set = exploration.candidates.value;
  const results = exploration.placed.value;
  const [first, setFirst] = useState(0);
  const order = exploration.candidateOrder.value;
  const canComplete = exploration.canComplete.value;
  useEffect(() => setFirst(0), [search]);
  useEffect(() => {
    if (set?.whole === false && canComplete) exploration.needCandidates();
  }, [exploration, set, canComplete]);
  if (search === null || set === null || order === null) {
    return (
      <div class="feder-table">
        <p class="feder-muted">No query yet: a search has candidates to list.</p>
      </div>
    );
  }
  if (set.count === 0) {
    return (
      <div class="feder-table">
        <p class="feder-muted">{noCandidates(search, exploration.probe.value)}</p>
      </div>
    );
  }
  const missed = exploration.missed.value;
  const found = new Map(
    foundPoints(results, missed, candidateFinder(set, exploration.probe.value)).map((one) => [
      one.point,
      one,
    ]),
  );
  const start = Math.min(first, Math.floor((set.count - 1) / PAGE) * PAGE);
  const end = Math.min(set.count, start + PAGE);
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Candidates as a table, scrollable">
      <table>
        <caption class="feder-sr">
          {plural(set.count, "candidate")} of {plural(exploration.probed.value, "probed cluster")}, nearest to
          the query first
        </caption>
        <thead>
          <tr>
            <th scope="col">answer</th>
            <th scope="col">place of all</th>
            <th scope="col">row</th>
            <th scope="col">label</th>
            <th scope="col">{summary.distance}</th>
            <th scope="col">cluster</th>
            <th scope="col">rank of cluster</th>
            {summary.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {start === 0 &&
            missed.map(({ id, codeDistance, clusterRank, cluster, place }) => (
              <Row
                key={`${id}/missed/${place}`}
                id={id}
                distance={codeDistance ?? Number.NaN}
                rank={clusterRank}
                cluster={cluster}
                answer="missed"
                place={place}
              />
            ))}
          {Array.from(order.subarray(start, end), (i) => {
            const id = set.ids[i];
            const one = found.get(i);
            const isQuery = id === exploration.leftOut.value;
            return (
              <Row
                key={`${id}/${i}`}
                id={id}
                distance={set.distances[i]}
                rank={set.ranks[i]}
                cluster={search.order[set.ranks[i] - 1]}
                answer={isQuery ? "query" : one === undefined ? "" : one.isMissed ? "missed" : "result"}
                place={one?.isOfAll === true ? one.place : null}
              />
            );
          })}
        </tbody>
      </table>
      <div class="feder-pager">
        <Button kind="small" disabled={start === 0} onClick={() => setFirst(start - PAGE)}>
          Nearer
        </Button>
        <Button kind="small" disabled={end === set.count} onClick={() => setFirst(end)}>
          Farther
        </Button>
        <span class="feder-muted" aria-live="polite">
          {count(start + 1)}–{count(end)} of {plural(set.count, "candidate")}
          {!set.whole && "; some clusters are incomplete"}
        </span>
      </div>
    </div>
  );
}

interface RowProps {
  readonly id: bigint;
  readonly distance: number;
  readonly rank: number;
  readonly cluster: number;
  readonly answer: string;
  /** Among all vectors; null where that is not known. */
  readonly place: number | null;
}

function Row({ id, distance: value, rank, cluster, answer, place }: RowProps) {
  const { exploration, card } = useApp();
  const { hoveredRow, hovered, settings } = exploration;
  const picture = usePicture(id, cluster, SIDE);
  const values = useRowValues(id);
  const label = picture.state === "loading" ? null : picture.label;
  return (
    <tr
      aria-selected={exploration.selected.value.has(id)}
      onPointerMove={() => {
        hoveredRow.value = id;
        hovered.value = cluster;
      }}
      onPointerLeave={() => {
        hoveredRow.value = null;
        hovered.value = null;
      }}
    >
      <td>{answer}</td>
      <td>{place !== null && Number.isFinite(place) ? count(place) : ""}</td>
      <td>
        <button
          type="button"
          class="feder-link"
          onClick={(event) => {
            settings.selection.value = [id];
            card.value = {
              id,
              cluster,
              distance: value,
              distanceName: exploration.summary.peek().distance,
              opener: event.currentTarget,
            };
          }}
        >
          {id.toString()}
        </button>
      </td>
      <td>{label ?? ""}</td>
      <td>{Number.isNaN(value) ? "" : distance(value)}</td>
      <td>{cluster}</td>
      <td>{rank}</td>
      {exploration.summary.value.columns.map((name, i) => (
        <td key={name} class="feder-value" dir="auto" title={values?.[i] ?? ""}>
          {values !== null && values.length > 0 && <Value value={values[i]} />}
        </td>
      ))}
    </tr>
  );
}
