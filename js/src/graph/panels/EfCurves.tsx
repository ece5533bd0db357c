import { useMemo } from "preact/hooks";
import { toldShares } from "../../model/decision";
import { count, plural, recallNumber } from "../../model/format";
import { listed, placeOf, shareText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { foundOf, isReturnedAt, turnsOf } from "../model/truth";
import { useGraphApp } from "../state/graphApp";
import { EfChart } from "./EfChart";

/** Recall of this query at every efSearch, with the missed pictures where they are found. */
export function QueryChart() {
  const { exploration } = useGraphApp();
  const { k } = exploration.settings;
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  const top = exploration.efTop.value;
  const least = exploration.efLeast.value;
  const curve = useMemo(() => {
    if (truth === null || truth.neighbours.length === 0) return null;
    const until = Math.min(top, truth.holdsUntil);
    const at = turnsOf(truth, until);
    const values = at.map((ef) => foundOf(truth, (row) => isReturnedAt(row, ef)) / truth.neighbours.length);
    return { at, values, until };
  }, [truth, top]);
  const cost = useMemo(() => {
    if (walk === null) return null;
    const last = Math.min(top, walk.exhausted ? top : walk.efMax);
    // Where distances tie, a walk does not tell the cost of others.
    if (!walk.isSure(last)) return null;
    const at = steps(last);
    const values = at.map((ef) => walk.distancesAt(Math.max(ef, least)));
    const most = values[values.length - 1] ?? 1;
    return { at, values: values.map((value) => value / most), most };
  }, [walk, top, least]);
  const all = truth?.neighbours.length ?? 0;
  const isTied = truth !== null && truth.holdsUntil < top;
  const isReranked = exploration.handedOver.value > 0;
  return (
    <EfChart
      name={`Recall of this query at every efSearch from 1 to ${count(top)}, over the distances computed`}
      axisName={`recall@${k.value}`}
      top={top}
      curve={curve}
      cost={cost}
      label={truth === null ? "" : `recall@${k.value} = ${exploration.found.value} of ${all}`}
      height={all === 0 ? 0 : exploration.found.value / all}
      pictures={exploration.missed.value.flatMap(({ id, from }) =>
        from === null || from > top ? [] : [{ id, cluster: null, at: from }],
      )}
      remark={
        isTied
          ? {
              text: `${isReranked ? "B" : "Distances tie: b"}eyond efSearch ${count(truth.holdsUntil)}, each value takes a search.`,
              reason: isReranked
                ? "Distances tie, or the re-ranking returns a neighbour, loses it and returns it again"
                : "Nodes at one distance are expanded in an order that depends on efSearch",
            }
          : null
      }
    />
  );
}

/** Mean recall of the workload at every efSearch, its spread, and the mean cost. */
export function WorkloadChart({ workload }: { workload: Workload }) {
  const { exploration, target } = useGraphApp();
  const { ntotal } = exploration.facts.value;
  const { k, nprobes, recall, reached, compared, computed } = workload;
  const n = nprobes.length;
  const told = useMemo(() => toldShares(workload), [workload]);
  const top = nprobes[n - 1];
  const [curve, ...band] = useMemo(() => {
    const bands = told.map(({ place }) => reached.subarray(place * n, (place + 1) * n));
    return [recall, ...bands].map((values) => ({ at: nprobes, values, until: top }));
  }, [nprobes, n, top, recall, reached, told]);
  const cost = useMemo(() => {
    const most = compared[n - 1];
    return { at: nprobes, values: compared.map((value) => value / most), most: most * ntotal };
  }, [nprobes, n, compared, ntotal]);
  const ef = Math.min(exploration.settings.efSearch.value, top);
  const height = recall[placeOf(nprobes, ef)];
  return (
    <EfChart
      name={`Mean recall@${k} of ${plural(computed, "query", "queries")} at every efSearch from 1 to ${count(top)}, and the recall that ${listed(told.map(({ share }) => shareText(share)))} of them reach`}
      axisName={`recall@${k}`}
      top={top}
      curve={curve}
      band={band}
      cost={cost}
      label={`mean recall@${k} = ${recallNumber(height)}`}
      height={height}
      pictures={[]}
      remark={null}
      target={target.value.recall}
    />
  );
}

/** Every value up to 128, then ever sparser ones. */
function steps(last: number): number[] {
  const at: number[] = [];
  for (let ef = 1; ef < last; ef = Math.max(ef + 1, Math.floor(ef * 1.01))) at.push(ef);
  return [...at, last];
}
