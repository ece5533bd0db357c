import { useApp } from "../../state/app";

/** k on a line of its own length. */
export function KSlider() {
  const { exploration } = useApp();
  const { k } = exploration.settings;
  const { kMax } = exploration.summary.value;
  return (
    <input
      class="feder-scrubber feder-k"
      type="range"
      aria-label="k"
      title="Results returned"
      min={1}
      max={kMax}
      step={1}
      value={k.value}
      style={{ "--feder-share": `${(100 * (k.value - 1)) / Math.max(1, kMax - 1)}%` }}
      onInput={(event) => {
        k.value = Number(event.currentTarget.value);
      }}
    />
  );
}
