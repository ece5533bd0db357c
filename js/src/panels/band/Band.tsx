import { Stepper } from "../../controls/Stepper";
import { toldShares } from "../../model/decision";
import { count } from "../../model/format";
import { bandNames } from "../../model/workloadText";
import { useApp } from "../../state/app";
import { Cost } from "./Cost";
import { KSlider } from "./KSlider";
import { QueryCurve } from "./QueryCurve";
import { WorkloadCurves } from "./WorkloadCurves";

function BandLegend({ shares }: { shares: readonly number[] }) {
  return (
    <div class="feder-legend feder-bands">
      {["mean", ...bandNames(shares)].map((name) => (
        <span key={name}>
          <i /> {name}
        </span>
      ))}
      <span class="feder-band-target">
        <i /> wanted
      </span>
    </div>
  );
}

/** nprobe and k, the cost, and recall at every nprobe; dragging along it sets nprobe. */
export function Band() {
  const { exploration, about } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const workload = exploration.workloads.latest.value;
  const isOfWorkload = about.value === "workload" || exploration.search.value === null;
  return (
    <div class="feder-parameters">
      <div class="feder-parameter-row">
        <span class="feder-parameter">
          <b>nprobe</b>
          <Stepper
            name="nprobe"
            help="Clusters probed by the fine search"
            value={settings.nprobe}
            max={summary.nlist}
          />
          <span class="feder-muted">of {count(summary.nlist)}</span>
        </span>
        <span class="feder-parameter">
          <b>k</b>
          <Stepper name="k" help="Results returned" value={settings.k} max={summary.kMax} />
          <KSlider />
        </span>
        <Cost />
        {isOfWorkload && workload !== null && workload.computed > 0 && (
          <BandLegend shares={toldShares(workload).map(({ share }) => share)} />
        )}
      </div>
      {isOfWorkload && workload !== null && workload.computed > 0 ? (
        <WorkloadCurves workload={workload} />
      ) : (
        <QueryCurve />
      )}
    </div>
  );
}
