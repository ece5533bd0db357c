import type { Signal } from "@preact/signals";

/** A box to tick where a row that is the query is to count among its own results and neighbours. */
export function IncludeSelf({ value }: { value: Signal<boolean> }) {
  return (
    <label class="feder-check">
      <input
        type="checkbox"
        aria-label="Count the query itself"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />
      count the query itself
    </label>
  );
}
