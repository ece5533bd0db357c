import { useMemo } from "preact/hooks";
import { plural } from "../../model/format";
import { listed, placeOf, shareText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useApp } from "../../state/app";
import { RecallChart } from "./RecallChart";

/** Mean recall of the workload at every nprobe, and its spread. */
export function WorkloadCurves({ workload }: { workload: Workload }) {
  const { exploration } = useApp();
  const { k, nprobes, recall, reached, compared, shares, computed } = workload;
  const n = nprobes.length;
  const [mean, share, ...band] = useMemo(() => {
    const bands = shares.map((_, i) => reached.subarray(i * n, (i + 1) * n));
    return [recall, compared, ...bands].map((values) => ({ at: nprobes, values }));
  }, [nprobes, n, recall, reached, compared, shares]);
  const height = mean.values[placeOf(nprobes, exploration.settings.nprobe.value)];
  return (
    <RecallChart
      name={`Mean recall@${k} of ${plural(computed, "query", "queries")} at every nprobe, and the recall that ${listed(shares.map(shareText))} of them reach`}
      axisName={`recall@${k}`}
      curve={mean}
      band={band}
      share={share}
      label={`${exploration.search.value === null ? `${plural(computed, "row")} sampled: ` : ""}mean recall@${k} = ${height.toFixed(2)}`}
      height={height}
      pictures={[]}
      hasRanks={false}
      remark={null}
    />
  );
}
