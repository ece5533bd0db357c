import { css, recallColour } from "../../look/palette";
import { type ClusterRecall, LEAST_QUERIES } from "../../model/clusterRecall";
import { count } from "../../model/format";
import { useApp } from "../../state/app";
import { Optional } from "../Optional";

const STOPS = 9;

/** The colours of recalls, and whose recall it is. */
export function RecallKeys({ recall }: { recall: ClusterRecall }) {
  const { exploration, palette } = useApp();
  const ramp = Array.from({ length: STOPS }, (_, i) =>
    css(recallColour(palette.value, i / (STOPS - 1))),
  ).join();
  const workload = exploration.workloads.latest.value;
  const known = exploration.recallQueries.value;
  const part = workload !== null && known < workload.computed ? ` of the first ${count(known)}` : "";
  const name = `recall@${count(workload?.k ?? 0)} at nprobe ${count(recall.nprobe)}`;
  const whose = `of the queries${part} whose nearest cluster it is`;
  return (
    <>
      <span class="feder-legend-ramp">
        0
        <i style={{ background: `linear-gradient(90deg, ${ramp})` }} />1
      </span>
      <span class="feder-legend-few">
        <i /> under {LEAST_QUERIES} queries
      </span>
      <span title={`mean ${name} ${whose}`}>
        <Optional>mean</Optional> {name} <Optional isLong>{whose}</Optional>
      </span>
    </>
  );
}
