import { useApp } from "../state/app";

/** A box to tick where a row that is the query is to count among its own results and neighbours. */
export function IncludeSelf() {
  const { includeSelf } = useApp().exploration.settings;
  return (
    <label class="feder-check">
      <input
        type="checkbox"
        aria-label="Count the query itself"
        checked={includeSelf.value}
        onChange={(event) => {
          includeSelf.value = event.currentTarget.checked;
        }}
      />
      count the query itself
    </label>
  );
}
