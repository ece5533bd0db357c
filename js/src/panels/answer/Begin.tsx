import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../controls/Button";
import { Picture } from "../../controls/Picture";
import { rowKeys } from "../../controls/rowKeys";
import { whenSeen } from "../../look/seen";
import { count, plural } from "../../model/format";
import type { Hardest } from "../../protocol/messages";
import { useApp } from "../../state/app";
import { FindingList, isGrave } from "./FindingList";

/** Queries that are offered. */
const OFFERED = 5;
const SIDE = 64;

/** Before the first search: three ways to begin. */
export function Begin() {
  const { exploration } = useApp();
  const { misses, workloads, settings, status, map } = exploration;
  const summary = exploration.summary.value;
  const offers = useRef<HTMLDivElement>(null);
  // In the background, once the map stands and somebody sees the offers. A kernel that has searched shows that search.
  const isWanted =
    misses.isPossible.value &&
    workloads.latest.value === null &&
    settings.queryId.value === null &&
    status.value === "idle" &&
    map.value !== null;
  useEffect(() => {
    if (isWanted && offers.current !== null) return whenSeen(offers.current, () => misses.lookUnasked());
  }, [misses, isWanted]);
  useEffect(() => workloads.want(), [workloads]);
  return (
    <section class="feder-begin" aria-label="Pick a query">
      <h3 class="feder-headline">
        <b>Pick a query</b>
      </h3>
      <p class="feder-muted">
        {plural(summary.ntotal, "vector")} in {plural(summary.nlist, "cluster")}. Three ways to begin:
      </p>
      <FindingList findings={summary.findings.filter(isGrave)} />
      <div ref={offers} class="feder-way feder-tinted">
        <h4>One that misses neighbours</h4>
        <MissingQueries />
      </div>
      <div class="feder-way feder-aside">
        <h4>A random row</h4>
        <p class="feder-muted">Press R for another one, again and again.</p>
        <Button onClick={() => exploration.ask({ random: true })}>Random row</Button>
      </div>
      <div class="feder-way">
        <h4>Any {summary.images ? "picture" : "row"}</h4>
        <p class="feder-muted">
          Click a cell of the map, then one of its members below; or type a row id above.
        </p>
      </div>
    </section>
  );
}

/** How many rows of a sample miss true neighbours, and which of them are offered. */
function sampleText({ missing, order }: Hardest, sampled: number, offered: number, at: string): string {
  const some = `${count(missing)} of ${plural(sampled, "row")} sampled ${missing === 1 ? "misses" : "miss"} true neighbours ${at}`;
  if (offered >= missing) return `${some}:`;
  return order === "recall" ? `${some}, these the most:` : `${some}, these among them:`;
}

/** Rows of a sample that miss true neighbours at the present nprobe. */
function MissingQueries() {
  const { exploration } = useApp();
  const { misses, workloads, summary } = exploration;
  const workload = workloads.latest.value;
  const queries = misses.queries.value.slice(0, OFFERED);
  const { unexplained, noCurve } = summary.value;
  const why = unexplained ?? noCurve;
  if (why !== null && workload === null)
    return <p class="feder-muted">No sample is searched unasked: {why}. The Workload tab searches one.</p>;
  if (misses.isLooking.value && queries.length === 0)
    return <p class="feder-muted">Searching a sample of the rows…</p>;
  if (workload === null) {
    return (
      <Button disabled={!misses.isPossible.value} onClick={() => misses.look()}>
        Search a sample of the rows
      </Button>
    );
  }
  const list = workloads.hardest.value;
  if (list === null) return <p class="feder-muted">Reading the queries of the sample…</p>;
  const at = `at nprobe ${count(list.nprobe)}`;
  if (queries.length === 0) {
    return (
      <p class="feder-muted">
        {list.missing === 0 ? (
          <>
            No row of {count(workload.computed)} sampled misses one {at}.
            {list.nprobe > 1 && " A smaller nprobe may."}
          </>
        ) : (
          sampleText(list, workload.computed, list.missing, at).replace(/:$/, ".")
        )}
      </p>
    );
  }
  const keys = rowKeys(queries.map(({ id, place }) => id ?? BigInt(-1 - place)));
  return (
    <>
      <p class="feder-muted">{sampleText(list, workload.computed, queries.length, at)}</p>
      <ul class="feder-offers" aria-label="Queries that miss neighbours">
        {queries.map(({ id, place, label, found, total }, i) => (
          <li key={keys[i]}>
            <button
              type="button"
              class="feder-offer"
              aria-label={`Search for ${id === null ? `query ${place}` : `row ${id}`}${label === null ? "" : `, ${label}`}: ${found} of ${total} true neighbours come back`}
              onClick={() => exploration.ask({ workload: place })}
            >
              {id !== null && <Picture id={id} cluster={null} side={SIDE} alt="" />}
              <span>
                {found} of {total}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
