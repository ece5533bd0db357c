import { useEffect, useState } from "preact/hooks";
import { Button } from "../controls/Button";

/** Shows the widget on the whole screen, and ends that. */
export function FullScreen({ root }: { root: () => HTMLElement | null }) {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const look = () => setFull(root()?.matches(":fullscreen") === true);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, [root]);
  return (
    <Button
      kind="square"
      aria-label="Full screen"
      aria-pressed={isFull}
      disabled={!document.fullscreenEnabled}
      title={
        !document.fullscreenEnabled
          ? "This page does not allow full screen"
          : isFull
            ? "Leave full screen (w)"
            : "Full screen (w)"
      }
      onClick={() => toggleFullScreen(root())}
    >
      <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
        <path
          d={isFull ? "M6 2v4H2M10 2v4h4M6 14v-4H2M10 14v-4h4" : "M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4"}
        />
      </svg>
    </Button>
  );
}

/** A page may forbid it; then nothing happens. */
export function toggleFullScreen(root: HTMLElement | null): void {
  if (root === null || !document.fullscreenEnabled) return;
  const done = root.matches(":fullscreen") ? document.exitFullscreen() : root.requestFullscreen();
  done.catch(() => undefined);
}
