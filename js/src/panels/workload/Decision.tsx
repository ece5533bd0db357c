import { useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { nprobeFor, recallAt } from "../../model/decision";
import { count, percent } from "../../model/format";
import { shareText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useWorkload } from "../../state/workloadContext";

/** A target, the nprobe that reaches it, and the way to take it over. */
export function Decision({ workload }: { workload: Workload }) {
  const { parameter, target } = useWorkload();
  const { name, value, stored } = parameter;
  const { recall, share } = target.value;
  const needed = nprobeFor(workload, target.value);
  return (
    <div class="feder-decision">
      <p class="feder-target">
        recall ≥ <RecallField /> for{" "}
        <select
          aria-label="Share of the queries"
          value={share === null ? "mean" : String(share)}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            target.value = { recall, share: chosen === "mean" ? null : Number(chosen) };
          }}
        >
          <option value="mean">the mean</option>
          {workload.shares.map((one) => (
            <option key={one} value={String(one)}>
              {shareText(one)}
            </option>
          ))}
        </select>{" "}
        of the queries
      </p>
      {needed === null ? (
        <p class="feder-needs" role="status">
          <b>no {name} reaches it</b>
        </p>
      ) : (
        <>
          <p class="feder-needs" role="status">
            <b>
              needs {name} {count(needed)}
            </b>
            <Button
              kind="primary"
              disabled={value.value === needed}
              onClick={() => {
                value.value = needed;
              }}
            >
              Use {name} {count(needed)}
            </Button>
          </p>
          <p class="feder-muted">{costText(workload, needed, value.value, name)}</p>
          {needed !== stored && <Line code={parameter.code(needed)} />}
        </>
      )}
    </div>
  );
}

function costText(workload: Workload, needed: number, now: number, name: string): string {
  const [then, today] = [recallAt(workload, needed), recallAt(workload, now)];
  const times = then.compared / Math.max(today.compared, Number.MIN_VALUE);
  const others =
    today.nprobe === now ? `, ${times.toPrecision(2)} times as many as at ${name}\u00a0${count(now)}` : "";
  const beside = needed === now ? ", as now" : others;
  return `It compares ${percent(then.compared)} of the vectors${beside}.`;
}

function RecallField() {
  const { target, complain } = useWorkload();
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    if (typed === null) return;
    const value = Number(typed.replace(",", "."));
    setTyped(null);
    if (value > 0 && value <= 1) target.value = { ...target.value, recall: value };
    else complain(`recall must be above 0 and at most 1, got “${typed.slice(0, 20)}”`);
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      aria-label="Recall wanted"
      value={typed ?? target.value.recall.toFixed(2)}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
        const by = { ArrowUp: 0.01, ArrowDown: -0.01 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        setTyped(null);
        const to = Math.round(100 * (target.value.recall + by)) / 100;
        target.value = { ...target.value, recall: Math.max(0.01, Math.min(1, to)) };
      }}
    />
  );
}

/** A line of Python, and a button that copies it. */
function Line({ code }: { code: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <p class="feder-code">
      <code>{code}</code>
      <Button
        kind="small"
        onClick={() => {
          navigator.clipboard.writeText(code).then(
            () => setCopied(true),
            () => undefined,
          );
        }}
      >
        {isCopied ? "Copied" : "Copy"}
      </Button>
    </p>
  );
}
