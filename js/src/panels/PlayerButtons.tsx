import { Button } from "../controls/Button";
import { useApp } from "../state/app";

/** Steps through the search: overview, coarse search, then cluster by cluster. */
export function PlayerButtons() {
  const { exploration } = useApp();
  const { player, search } = exploration;
  const playing = player.playing.value;
  const ready = search.value !== null;
  return (
    <div class="feder-player" role="group" aria-label="Player">
      <Button
        kind="square"
        aria-label="Step back"
        title="Step back (,)"
        disabled={!ready || player.now === 0}
        onClick={() => player.back()}
      >
        <Icon path="M11 3 5 8l6 5z M4 3v10" />
      </Button>
      <Button
        kind="square"
        aria-label={playing ? "Pause" : "Play"}
        title={playing ? "Pause (p)" : "Play the search (p)"}
        disabled={!ready}
        onClick={() => player.toggle()}
      >
        <Icon path={playing ? "M5 3v10 M11 3v10" : "M5 3l8 5-8 5z"} />
      </Button>
      <Button
        kind="square"
        aria-label="Step forward"
        title="Step forward (.)"
        disabled={!ready || exploration.step.value === null}
        onClick={() => player.forward()}
      >
        <Icon path="M5 3l6 5-6 5z M12 3v10" />
      </Button>
    </div>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
