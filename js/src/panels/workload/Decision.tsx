import { useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { canTell, fewestQueries, mostReached, nprobeFor, recallAt } from "../../model/decision";
import { count, percent, plural, recallNumber } from "../../model/format";
import { shareText } from "../../model/workloadText";
import type { Workload } from "../../protocol/messages";
import { useWorkload } from "../../state/workloadContext";

/** A target, the nprobe that reaches it, and the way to take it over. */
export function Decision({ workload }: { workload: Workload }) {
  const { target } = useWorkload();
  const { recall, share } = target.value;
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
      {share !== null && !canTell(workload.computed, share) ? (
        <TooFew workload={workload} share={share} />
      ) : (
        <Needed workload={workload} />
      )}
    </div>
  );
}

/** The nprobe that the target needs, with its cost; where none reaches it, the most that one does. */
function Needed({ workload }: { workload: Workload }) {
  const { parameter, target, evaluatedAt } = useWorkload();
  const { name, value, stored, remedy } = parameter;
  const needed = nprobeFor(workload, target.value);
  const most = mostReached(workload, target.value);
  const at = needed ?? most.nprobe;
  return (
    <>
      <p class="feder-needs" role="status">
        <b>
          {needed === null
            ? `no ${name} ${evaluatedAt.length > 0 ? "searched " : ""}reaches it`
            : `needs ${name} ${count(needed)}`}
        </b>
        <Button
          {...(needed === null ? {} : { kind: "primary" as const })}
          disabled={value.value === at}
          onClick={() => {
            value.value = at;
          }}
        >
          Use {name} {count(at)}
        </Button>
      </p>
      {needed === null && (
        <p>
          {name} {count(at)} comes nearest, with {recallNumber(most.recall)}. {remedy}
        </p>
      )}
      <p class="feder-muted">{costText(workload, at, value.value, name)}</p>
      {at !== stored && <Line code={parameter.code(at)} />}
    </>
  );
}

/** Queries evaluated at least where a larger sample is offered. */
const SAMPLE = 1000;

/** That so few queries do not tell what this share of all reach, and a button that evaluates more. */
function TooFew({ workload, share }: { workload: Workload; share: number }) {
  const { workloads, recorded, rows, sampleLimit, k, includeSelf, isDisconnected } = useWorkload();
  const { computed, source } = workload;
  const fewest = fewestQueries(share);
  const sample = Math.min(rows, sampleLimit, Math.max(SAMPLE, fewest));
  const isOffered = recorded === null && source === "sample" && sample >= fewest;
  return (
    <>
      <p class="feder-needs" role="status">
        <b>too few queries for {shareText(share)}</b>
        {isOffered && workloads.progress.value === null && (
          <Button
            kind="primary"
            disabled={isDisconnected.value}
            onClick={() =>
              workloads.evaluate(sample, Math.floor(Math.random() * 2 ** 31), k.peek(), includeSelf.peek())
            }
          >
            Evaluate {count(sample)}
          </Button>
        )}
      </p>
      <p>
        {shareText(share)} of {plural(computed, "query", "queries")} are all of them: the worst one alone
        would decide. {count(fewest)} queries or more tell it.
      </p>
    </>
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

/** A recall that was asked for, with all of its digits and at least two decimals. */
function targetText(recall: number): string {
  const text = String(recall);
  return text.length < 4 ? recall.toFixed(2) : text;
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
      value={typed ?? targetText(target.value.recall)}
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
