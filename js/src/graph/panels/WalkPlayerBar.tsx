import { Button } from "../../controls/Button";
import { count, distance, plural } from "../../model/format";
import { useGraphApp } from "../state/graphApp";
import type { GraphExploration } from "../state/graphExploration";

/** Steps through the search: the entry point, the descent, then expansion by expansion. */
export function WalkPlayerButtons() {
  const { exploration } = useGraphApp();
  const { player, walk } = exploration;
  const isPlaying = player.playing.value;
  const isReady = walk.value !== null;
  return (
    <div class="feder-player" role="group" aria-label="Player">
      <Button
        kind="square"
        aria-label="Step back"
        title="Step back (,)"
        disabled={!isReady || player.now === 0}
        onClick={() => player.back()}
      >
        <Icon path="M11 3 5 8l6 5z M4 3v10" />
      </Button>
      <Button
        kind="square"
        aria-label={isPlaying ? "Pause" : "Play"}
        title={isPlaying ? "Pause (p)" : "Play the search (p)"}
        disabled={!isReady}
        onClick={() => player.toggle()}
      >
        <Icon path={isPlaying ? "M5 3v10 M11 3v10" : "M5 3l8 5-8 5z"} />
      </Button>
      <Button
        kind="square"
        aria-label="Step forward"
        title="Step forward (.)"
        disabled={!isReady || player.step.value === null}
        onClick={() => player.forward()}
      >
        <Icon path="M5 3l6 5-6 5z M12 3v10" />
      </Button>
    </div>
  );
}

/** A slider over the steps of the search. */
export function WalkScrubber() {
  const { exploration } = useGraphApp();
  const { player } = exploration;
  if (exploration.walk.value === null) return null;
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
      style={{ "--feder-share": `${(100 * player.now) / Math.max(1, player.last)}%` }}
      onInput={(event) => {
        player.playing.value = false;
        player.seek(Number(event.currentTarget.value));
      }}
    />
  );
}

/** The player's step in a sentence. */
export function WalkCaption() {
  const { exploration } = useGraphApp();
  const step = exploration.player.step.value;
  return (
    <p class="feder-step" aria-live="polite" hidden={step === null}>
      {step === null ? "" : stepSentence(exploration, step)}
    </p>
  );
}

function stepSentence(exploration: GraphExploration, step: number): string {
  const walk = exploration.walk.value;
  if (walk === null) return "";
  if (step === 0)
    return `The search begins at the entry point, row ${walk.entry}, at ${distance(walk.entryDistance)}`;
  const hop = walk.hops[step - 1];
  if (hop !== undefined) {
    const compared = plural(hop.end - hop.start, "link");
    const end =
      hop.to === hop.from
        ? `none is nearer, so it goes down to level ${hop.level - 1}`
        : `row ${hop.to} is nearest, at ${distance(hop.distance)}`;
    return `Level ${hop.level}: ${compared} of row ${hop.from} compared, ${end}`;
  }
  const expansion = step - 1 - walk.hops.length;
  const place = walk.expanded[expansion];
  if (place === undefined) return "";
  const news = walk.first[expansion + 1] - walk.first[expansion];
  return (
    `Level 0: row ${walk.ids[place]} at ${distance(walk.distances[place])} expanded, ` +
    `${news === 0 ? "all its links visited before" : `${plural(news, "new node")} visited`}; ` +
    `${count(walk.nearer[expansion])} visited ${walk.nearer[expansion] === 1 ? "one is" : "ones are"} nearer`
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
