import { useMemo } from "preact/hooks";
import { useApp } from "../state/app";
import type { Values } from "../state/rowValues";

/** Stands for a missing value. */
const MISSING = "\u2013";

interface Props {
  readonly id: bigint;
  /** Columns shown at most; all of them unless given. */
  readonly most?: number;
}

/** The metadata of a row: a list of the columns and its values. */
export function RowFacts({ id, most }: Props) {
  const { columns } = useApp().exploration.summary.value;
  const values = useRowValues(id);
  if (columns.length === 0 || values?.length === 0) return null;
  const shown = columns.slice(0, most);
  const left = columns.length - shown.length;
  return (
    <>
      <dl class="feder-facts">
        {shown.map((name, i) => (
          <div key={name}>
            <dt title={name}>{name}</dt>
            <dd dir="auto">
              <Value value={values === null ? "\u00a0" : values[i]} />
            </dd>
          </div>
        ))}
      </dl>
      {left > 0 && <p class="feder-muted">and {left === 1 ? "1 more column" : `${left} more columns`}</p>}
    </>
  );
}

/** One value; a dash for a missing one. */
export function Value({ value }: { value: string | null | undefined }) {
  if (value != null) return <>{value}</>;
  return (
    <>
      <span aria-hidden="true">{MISSING}</span>
      <span class="feder-sr">missing</span>
    </>
  );
}

/** The values of a row; null until they have come, and for no row. */
export function useRowValues(id: bigint | null): Values | null {
  const { rowValues } = useApp().exploration;
  const held = useMemo(() => (id === null ? null : rowValues.of(id)), [rowValues, id]);
  return held?.value ?? null;
}
