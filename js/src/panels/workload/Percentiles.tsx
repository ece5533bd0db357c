import { canTell, nprobeFor, type RecallAt, recallAt, toldShares } from "../../model/decision";
import { count, percent, recallNumber } from "../../model/format";
import type { Workload } from "../../protocol/messages";
import { useWorkload } from "../../state/workloadContext";

/** Recall and cost at the stored nprobe, at the present one, and at the one that the target needs. */
export function Percentiles({ workload }: { workload: Workload }) {
  const { parameter, target } = useWorkload();
  const now = parameter.value.value;
  const { share } = target.value;
  const isTold = share === null || canTell(workload.computed, share);
  const needed = isTold ? nprobeFor(workload, target.value) : null;
  const shares = toldShares(workload).map((told) => told.share);
  const notes = new Map<number, string[]>();
  const note = (nprobe: number, text: string) => notes.set(nprobe, [...(notes.get(nprobe) ?? []), text]);
  if (parameter.stored <= parameter.most) note(parameter.stored, "stored");
  note(now, "now");
  if (needed !== null) note(needed, "needed");
  const rows = [...notes.keys()].sort((a, b) => a - b);
  return (
    <>
      <table class="feder-percentiles" aria-label={`Recall at a few values of ${parameter.name}`}>
        <thead>
          <tr>
            {[parameter.name, "mean", ...shares.map(columnName), "compared"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((nprobe) => (
            <tr key={nprobe} data-needed={nprobe === needed}>
              <th scope="row">
                {count(nprobe)} <small>{notes.get(nprobe)?.join(", ")}</small>
              </th>
              <Cells nprobe={nprobe} at={recallAt(workload, nprobe)} />
            </tr>
          ))}
        </tbody>
      </table>
      <ZeroRecall at={recallAt(workload, now)} now={now} name={parameter.name} />
      <p class="feder-muted feder-definition">
        recall@{count(workload.k)}: the share of a query's {count(workload.k)} true neighbours, by id, that
        come back{shares.includes(0.95) && "; p95: 95\u00a0% of the queries have at least this"}.
      </p>
    </>
  );
}

/** The share of the queries that find nothing at the present nprobe, where that was evaluated. */
function ZeroRecall({ at, now, name }: { at: RecallAt; now: number; name: string }) {
  if (at.nprobe !== now) return null;
  return (
    <p class="feder-zero-recall">
      {at.withoutAny === 0 ? (
        <>
          At {name} {count(now)}, every query finds at least one true neighbour.
        </>
      ) : (
        <>
          At {name} {count(now)}, <b>{percent(at.withoutAny)} of the queries find none</b> of their true
          neighbours.
        </>
      )}
    </p>
  );
}

function Cells({ nprobe, at }: { nprobe: number; at: RecallAt }) {
  const { mean, reached, compared } = at;
  if (at.nprobe !== nprobe) return <td colSpan={reached.length + 2}>not evaluated</td>;
  return (
    <>
      {[mean, ...reached].map((value, i) => (
        <td key={i}>{recallNumber(value)}</td>
      ))}
      <td>{percent(compared)}</td>
    </>
  );
}

function columnName(share: number): string {
  return share === 1 ? "worst" : `p${Number((100 * share).toPrecision(6))}`;
}
