import { useEffect, useState } from "preact/hooks";
import { Button } from "../../../controls/Button";
import { count, distance, plural } from "../../../model/format";
import { useGraphApp } from "../../state/graphApp";

const PAGE = 50;

/** The visited nodes in order, a page at a time. */
export function WalkTable() {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const facts = exploration.facts.value;
  const [first, setFirst] = useState(0);
  useEffect(() => setFirst(0), [walk]);
  if (walk === null) return null;
  const ef = exploration.efUsed.value;
  const visits = walk.visitedBy(ef);
  const start = Math.min(first, Math.floor(Math.max(0, visits - 1) / PAGE) * PAGE);
  const end = Math.min(visits, start + PAGE);
  const results = new Map(exploration.results.value.map(({ id }, i) => [id, i + 1]));
  const ranks = new Map((exploration.truth.value?.near ?? []).map(({ id, rank }) => [id, rank]));
  const expanded = new Map(
    Array.from(walk.expanded.subarray(0, walk.expandedBy(ef)), (place, i) => [place, i + 1]),
  );
  return (
    <div class="feder-table" tabIndex={0} role="group" aria-label="Visited nodes as a table, scrollable">
      <table>
        <caption class="feder-sr">{plural(visits, "node")} visited on level 0, in order</caption>
        <thead>
          <tr>
            <th scope="col">visit</th>
            <th scope="col">row</th>
            <th scope="col">{facts.distance}</th>
            <th scope="col">top level</th>
            <th scope="col">through row</th>
            <th scope="col">from efSearch</th>
            <th scope="col">expanded</th>
            <th scope="col">result</th>
            <th scope="col">place of all</th>
          </tr>
        </thead>
        <tbody>
          {start === 0 &&
            exploration.missed.value.map((row) => (
              <tr key={`missed ${row.rank}`} data-id={row.id.toString()}>
                <td>missed</td>
                <td>{row.id.toString()}</td>
                <td>{facts.isTruthOfWalk ? distance(row.distance) : ""}</td>
                <td />
                <td>{row.ledBy?.toString() ?? ""}</td>
                <td>{row.from === null ? "never" : count(row.from)}</td>
                <td>no</td>
                <td>missed</td>
                <td>{count(row.rank)}</td>
              </tr>
            ))}
          {Array.from({ length: end - start }, (_, i) => {
            const place = start + i;
            const id = walk.ids[place];
            const led = walk.ledBy[place];
            const at = expanded.get(place);
            return (
              <tr
                key={place}
                data-id={id.toString()}
                onPointerMove={() => {
                  exploration.hoveredRow.value = id;
                }}
              >
                <td>{count(place + 1)}</td>
                <td>{id.toString()}</td>
                <td>{distance(walk.distances[place])}</td>
                <td>{walk.levels[place]}</td>
                <td>{led < 0 ? "the descent" : walk.ids[walk.expanded[led]].toString()}</td>
                <td>{count(walk.need[place])}</td>
                <td>{at === undefined ? "no" : count(at)}</td>
                <td>{results.get(id) ?? (walk.deleted[place] === 1 ? "deleted" : "")}</td>
                <td>{ranks.get(id) ?? ""}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {visits > PAGE && (
        <p>
          <Button kind="small" disabled={start === 0} onClick={() => setFirst(start - PAGE)}>
            Before
          </Button>{" "}
          {count(start + 1)} to {count(end)} of {count(visits)}{" "}
          <Button kind="small" disabled={end === visits} onClick={() => setFirst(start + PAGE)}>
            Next
          </Button>
        </p>
      )}
    </div>
  );
}
