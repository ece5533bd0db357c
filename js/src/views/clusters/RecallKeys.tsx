import { css, recallColour } from "../../look/palette";
import { type ClusterRecall, LEAST_QUERIES } from "../../model/clusterRecall";
import { count, plural } from "../../model/format";
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
  const isPart = workload !== null && known < workload.computed;
  const name = `recall@${count(workload?.k ?? 0)} at nprobe ${count(recall.nprobe)}`;
  const among = isPart ? `those of the first ${count(known)} queries` : "the queries";
  const whose = `of ${among} whose nearest cluster it is`;
  const coloured = recall.means.reduce((sum, mean) => sum + Number(!Number.isNaN(mean)), 0);
  const clusters = plural(recall.means.length, "cluster");
  return (
    <>
      <span class="feder-legend-ramp">
        {Number(recall.low.toFixed(2))}
        <i style={{ background: `linear-gradient(90deg, ${ramp})` }} />1
      </span>
      <span
        class="feder-legend-few"
        title={`${count(coloured)} of ${clusters} have ${LEAST_QUERIES} queries or more: a larger workload colours more`}
      >
        <i /> under {LEAST_QUERIES} queries{coloured === 0 && ": all clusters"}
      </span>
      <span title={`mean ${name} ${whose}`}>
        <Optional>mean</Optional> {name} <Optional isLong>{whose}</Optional>
      </span>
    </>
  );
}
