import { useApp } from "../state/app";
import { stepSentence } from "./StepCaption";

/** A slider over the steps of the search, from the overview to the last probed cluster. */
export function Scrubber() {
  const { exploration } = useApp();
  const { player } = exploration;
  if (exploration.search.value === null) return null;
  return (
    <input
      class="feder-scrubber"
      type="range"
      aria-label="Step"
      aria-valuetext={stepSentence(exploration, player.now)}
      title="Scrub through the search"
      min={0}
      max={player.last}
      step={1}
      value={player.now}
      style={{ "--feder-share": `${(100 * player.now) / player.last}%` }}
      onInput={(event) => {
        player.playing.value = false;
        player.seek(Number(event.currentTarget.value));
      }}
    />
  );
}
