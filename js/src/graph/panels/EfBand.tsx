import { Stepper } from "../../controls/Stepper";
import { count, percent, plural } from "../../model/format";
import { useGraphApp } from "../state/graphApp";
import { QueryChart, WorkloadChart } from "./EfCurves";

/** efSearch and k, the cost, and recall at every efSearch; dragging along it sets efSearch. */
export function EfBand() {
  const { exploration, about } = useGraphApp();
  const { settings } = exploration;
  const facts = exploration.facts.value;
  const workload = exploration.workloads.latest.value;
  const isOfWorkload = about.value === "workload" && workload !== null && workload.computed > 0;
  return (
    <div class="feder-parameters">
      <div class="feder-parameter-row">
        <span class="feder-parameter">
          <b>efSearch</b>
          <Stepper
            name="efSearch"
            help="Nodes kept while the walk goes on: it stops where so many visited ones are nearer than the next"
            value={settings.efSearch}
            max={facts.efLimit}
          />
        </span>
        <span class="feder-parameter">
          <b>k</b>
          <Stepper name="k" help="Results returned" value={settings.k} max={facts.kMax} />
          <input
            class="feder-scrubber feder-k"
            type="range"
            aria-label="k"
            title="Results returned"
            min={1}
            max={facts.kMax}
            step={1}
            value={settings.k.value}
            style={{
              "--feder-share": `${(100 * (settings.k.value - 1)) / Math.max(1, facts.kMax - 1)}%`,
            }}
            onInput={(event) => {
              settings.k.value = Number(event.currentTarget.value);
            }}
          />
        </span>
        <Cost />
      </div>
      {isOfWorkload ? <WorkloadChart workload={workload} /> : <QueryChart />}
    </div>
  );
}

function Cost() {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const { ntotal, dim, family, metric, levelSizes, width } = exploration.facts.value;
  if (walk === null) {
    return (
      <div class="feder-cost">
        <span class="feder-muted">
          {plural(ntotal, "vector")} × {count(dim)}, {plural(levelSizes.length, "level")}, at most{" "}
          {count(width)} links at level 0, {family}, {metric}
        </span>
      </div>
    );
  }
  const ef = exploration.efUsed.value;
  if (!walk.tells(ef)) return <div class="feder-cost" />;
  const total = walk.distancesAt(ef);
  const expanded = walk.expandedBy(ef);
  return (
    <div class="feder-cost">
      <span title={`${family}, ${metric}`}>
        <b>{plural(total, "distance")}</b>
        <span class="feder-detail">
          {" "}
          = {count(walk.descentDistances)} descent + {count(total - walk.descentDistances)} walk
        </span>
      </span>
      <span title={`Brute force computes ${count(ntotal)}`}>
        <b>{percent(total / ntotal)}</b> of brute force
      </span>
      <span class="feder-detail">{plural(expanded, "node")} expanded</span>
    </div>
  );
}
