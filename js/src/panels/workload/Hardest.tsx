import { Picture } from "../../controls/Picture";
import { count } from "../../model/format";
import type { Hardest, HardestRequest } from "../../protocol/messages";
import { useWorkload } from "../../state/workloadContext";

const SIDE = 40;
const NOTHING = new Float32Array(0);

const ORDERS: Readonly<Record<HardestRequest["order"], (name: string, at: number) => string>> = {
  recall: (name, at) => `lowest recall at ${name} ${count(at)}`,
  nprobe: (name) => `largest ${name} needed`,
};

/** The hardest queries of the workload, by a choice of two orders; each opens in the explorer. */
export function HardestQueries() {
  const { workloads, parameter } = useWorkload();
  const list = workloads.hardest.value;
  const order = workloads.order.value;
  if (list === null) return null;
  const hard = Array.from(list.places, (_, i) => i).filter((i) => isHard(list, i));
  return (
    <>
      <label class="feder-check feder-order">
        <b>Hardest queries</b>
        <select
          aria-label="Order of the hardest queries"
          value={order}
          onChange={(event) => {
            workloads.order.value = event.currentTarget.value as HardestRequest["order"];
          }}
        >
          {Object.entries(ORDERS).map(([id, name]) => (
            <option key={id} value={id}>
              {name(parameter.name, list.nprobe)}
            </option>
          ))}
        </select>
      </label>
      <ol class="feder-hardest" aria-label="Hardest queries">
        {hard.map((i) => (
          <Query key={list.places[i]} list={list} i={i} isNow={list.nprobe === parameter.value.value} />
        ))}
      </ol>
      {hard.length === 0 && (
        <p class="feder-muted">
          None: every query finds all of its true neighbours at {parameter.name}{" "}
          {count(list.order === "nprobe" ? 1 : list.nprobe)}.
        </p>
      )}
    </>
  );
}

/** Whether a query is hard by the order of the list: that of a short workload holds easy ones too. */
function isHard({ order, found, counts, needed }: Hardest, i: number): boolean {
  return order === "nprobe" ? needed[i] > 1 : found[i] < counts[i];
}

function Query({ list, i, isNow }: { list: Hardest; i: number; isNow: boolean }) {
  const { ask, recorded, parameter, evaluatedAt, given } = useWorkload();
  const place = list.places[i];
  const label = list.labels[i];
  const id = list.ids[i] ?? null;
  const name = id === null ? `query ${place}` : `row ${id}`;
  const found = `${list.found[i]} of ${list.counts[i]} ${isNow ? "now" : `at ${parameter.name} ${count(list.nprobe)}`}`;
  const isMissing = recorded !== null && id !== null && !recorded.some((query) => query.isOf(id, NOTHING));
  const needs = needsText(list.needed[i], { most: parameter.most, evaluatedAt, given }, parameter.name);
  return (
    <li data-id={id?.toString()}>
      <button
        type="button"
        class="feder-hard"
        disabled={isMissing}
        title={isMissing ? "This query is not in the saved page" : ""}
        aria-label={`Search for ${name}${label === null ? "" : `, ${label}`}: ${found}, ${needs}`}
        onClick={() => ask(place)}
      >
        {id !== null && <Picture id={id} cluster={null} side={SIDE} alt="" />}
        <span>
          <b>{name}</b> {label}
          <br />
          <small>
            <span>{found};</span> <span>{needs}</span>
          </small>
        </span>
      </button>
    </li>
  );
}

/** The value of the search parameter that finds all true neighbours of a query. */
export function needsText(
  needed: number,
  { most, evaluatedAt, given }: { most: number; evaluatedAt: readonly number[]; given: boolean },
  name = "nprobe",
): string {
  const isApart = evaluatedAt.length > 0;
  if (needed > most) {
    if (isApart) return `not all at any ${name} searched at`;
    return name === "nprobe" ? "some lost at any nprobe" : `some lost at ${name} ${count(most)}`;
  }
  // By the original vectors a larger value can lose one again, and between two searches nothing is known.
  return `all ${isApart || given ? "at" : "from"} ${name} ${count(needed)}`;
}
