import { Picture } from "../../controls/Picture";
import { count } from "../../model/format";
import type { Workload } from "../../protocol/messages";
import { useApp } from "../../state/app";

const SIDE = 40;

/** The queries that need the largest nprobe; each opens in the explorer. */
export function Hardest({ workload }: { workload: Workload }) {
  const { exploration, about } = useApp();
  const { hardest, ids, labels, found_at, k } = workload;
  const nprobe = exploration.settings.nprobe.value;
  const { nlist } = exploration.summary.value;
  return (
    <>
      <h4>Hardest queries</h4>
      <ol class="feder-hardest" aria-label="Hardest queries">
        {Array.from(hardest, (row, i) => {
          const at = found_at.subarray(i * k, (i + 1) * k).filter(Boolean);
          const needed = at.at(-1) ?? 1;
          const hits = at.filter((one) => one <= nprobe).length;
          const id = ids[i] ?? null;
          const name = id === null ? `query ${row}` : `row ${id}`;
          const needs = needed > nlist ? "some lost at any nprobe" : `all from nprobe ${count(needed)}`;
          return (
            <li key={row} data-id={id?.toString()}>
              <button
                type="button"
                class="feder-hard"
                aria-label={`Search for ${name}${labels[i] === null ? "" : `, ${labels[i]}`}: ${hits} of ${at.length} now, ${needs}`}
                onClick={() => {
                  about.value = "query";
                  exploration.ask({ workload: row });
                }}
              >
                {id !== null && <Picture id={id} cluster={null} side={SIDE} alt="" />}
                <span>
                  <b>{name}</b> {labels[i]}
                  <br />
                  <small>
                    {hits} of {at.length} now; {needs}
                  </small>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
}
