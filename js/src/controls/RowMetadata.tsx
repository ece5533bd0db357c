import { useMemo } from "preact/hooks";
import { css, valueColour } from "../look/palette";
import { shareOf } from "../model/columnScale";
import { useApp } from "../state/app";
import { shownScale } from "../state/columnScales";
import type { Values } from "../state/rowValues";

/** Stands for a missing value. */
const MISSING = "\u2013";

interface Props {
  readonly id: bigint;
  /** Columns shown at most; all of them unless given. */
  readonly most?: number;
}

/** The metadata of a row: a list of the columns and its values. */
export function RowMetadata({ id, most }: Props) {
  const { exploration, palette } = useApp();
  const { columns } = exploration.summary.value;
  const scale = shownScale(exploration.labels);
  const coloured = scale?.column ?? exploration.labels.column.value;
  const values = useRowValues(id);
  const numbers = useRowNumbers(id);
  if (columns.length === 0 || values?.length === 0) return null;
  // The column that colours mean comes first.
  const places = [...columns.keys()].sort(
    (left, right) => Number(right === coloured) - Number(left === coloured),
  );
  const shown = places.slice(0, most);
  const left = columns.length - shown.length;
  return (
    <>
      <dl class="feder-facts">
        {shown.map((i) => (
          <div key={i}>
            <dt title={columns[i]}>{columns[i]}</dt>
            <dd dir="auto">
              {i === scale?.column && numbers !== null && (
                <span
                  class="feder-swatch"
                  style={{ background: css(valueColour(palette.value, shareOf(scale, numbers[i]))) }}
                />
              )}
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

/** The values of a row in columns with a scale, NaN in others; null until they have come, and for no row. */
export function useRowNumbers(id: bigint | null): Float64Array | null {
  const { rowValues } = useApp().exploration;
  const held = useMemo(() => (id === null ? null : rowValues.numbersOf(id)), [rowValues, id]);
  return held?.value ?? null;
}

/** The values of a row; null until they have come, and for no row. */
export function useRowValues(id: bigint | null): Values | null {
  const { rowValues } = useApp().exploration;
  const held = useMemo(() => (id === null ? null : rowValues.of(id)), [rowValues, id]);
  return held?.value ?? null;
}

/** The value of a row in the column that colours mean, with the column's name; null until it has come, and for no row. */
export function useColouredValue(id: bigint | null): string | null {
  const { labels, summary } = useApp().exploration;
  const column = shownScale(labels)?.column ?? labels.column.value;
  const values = useRowValues(column === null ? null : id);
  if (column === null || values === null || values.length === 0) return null;
  return `${summary.value.columns[column]} ${values[column] ?? "missing"}`;
}
