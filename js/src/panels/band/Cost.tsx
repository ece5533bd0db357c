import { Button } from "../../controls/Button";
import { count, percent, plural } from "../../model/format";
import { useApp } from "../../state/app";
import { distancesComputed } from "../../state/searchCost";

/** The cost of the search in distances computed, and as a share of brute force; before any, the index. */
export function Cost() {
  const { exploration, about } = useApp();
  return (
    <div class="feder-cost">
      <Selected />
      <span role="status">{exploration.kernelBusy.value && "Waiting for the kernel's answer…"}</span>
      {exploration.search.value === null
        ? exploration.workloads.latest.value === null && <IndexFacts />
        : about.value === "query" && <SearchCost />}
    </div>
  );
}

function IndexFacts() {
  const summary = useApp().exploration.summary.value;
  return (
    <span class="feder-muted">
      {plural(summary.ntotal, "vector")} × {count(summary.dim)} in {plural(summary.nlist, "cluster")},{" "}
      {summary.family}, {summary.metric}
    </span>
  );
}

function SearchCost() {
  const { exploration } = useApp();
  const { settings, status } = exploration;
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const timings = exploration.timings.value;
  exploration.revision.value;
  const cost = distancesComputed(exploration);
  if (search === null || cost === null) return null;
  const { coarse, fine, again } = cost;
  const total = coarse + fine + again;
  const behind = search.received < settings.nprobe.value && status.value === "searching";
  const traced =
    timings === null
      ? ""
      : `, traced in ${(1000 * (timings.seconds.coarse + timings.seconds.fine)).toFixed(1)} ms`;
  return (
    <>
      {behind && (
        <span class="feder-muted">
          received {count(search.received)} of {plural(settings.nprobe.value, "probed cluster")}
        </span>
      )}
      <span title={`${summary.family}, ${summary.metric}${traced}`}>
        <b>{plural(total, "distance")}</b>
        <span class="feder-detail">
          {summary.coarseExact
            ? ` = ${count(coarse)} coarse + ${count(fine)} fine`
            : ` = ${count(fine)} fine`}
          {again > 0 && ` + ${count(again)} re-ranked`}
        </span>
        {!summary.coarseExact && ", besides an approximate coarse search"}
      </span>
      {cost.bruteForce > 0 && (
        <span title={`Brute force computes ${count(cost.bruteForce)}`}>
          <b>{percent(total / cost.bruteForce)}</b> of brute force
        </span>
      )}
    </>
  );
}

/** The number of selected rows. */
function Selected() {
  const { selected, settings } = useApp().exploration;
  const { size } = selected.value;
  return (
    <span role="status" class="feder-selected" title="w.selected() returns them in Python">
      {size > 0 && (
        <>
          {plural(size, "row")} selected{" "}
          <Button
            kind="small"
            onClick={() => {
              settings.selection.value = [];
            }}
          >
            Clear
          </Button>
        </>
      )}
    </span>
  );
}
