import { useMemo } from "preact/hooks";
import { toldShares } from "../../model/decision";
import { count, plural, recallNumber } from "../../model/format";
import { listed, placeOf, shareText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useApp } from "../../state/app";
import { RecallChart } from "./RecallChart";

/** Mean recall of the workload at every nprobe, and its spread. */
export function WorkloadCurves({ workload }: { workload: Workload }) {
  const { exploration, target } = useApp();
  const { k, nprobes, recall, reached, compared, computed, apart } = workload;
  const n = nprobes.length;
  const told = useMemo(() => toldShares(workload), [workload]);
  const [mean, share, ...band] = useMemo(() => {
    const bands = told.map(({ place }) => reached.subarray(place * n, (place + 1) * n));
    return [recall, compared, ...bands].map((values) => ({ at: nprobes, values }));
  }, [nprobes, n, recall, reached, compared, told]);
  const nprobe = exploration.settings.nprobe.value;
  const at = placeOf(nprobes, nprobe);
  const height = mean.values[at];
  const where = apart && nprobes[at] !== nprobe ? ` at nprobe ${count(nprobes[at])}` : "";
  return (
    <RecallChart
      name={`Mean recall@${k} of ${plural(computed, "query", "queries")} at ${apart ? `nprobe ${listed(Array.from(nprobes, count))}` : "every nprobe"}, and the recall that ${listed(told.map(({ share }) => shareText(share)))} of them reach`}
      axisName={`recall@${k}`}
      curve={mean}
      band={band}
      share={apart ? null : share}
      isApart={apart}
      label={`${exploration.search.value === null ? `${plural(computed, "row")} sampled: ` : ""}mean recall@${k} = ${recallNumber(height)}${where}`}
      height={height}
      pictures={[]}
      hasRanks={false}
      remark={null}
      target={target.value.recall}
    />
  );
}
