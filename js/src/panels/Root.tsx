import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Mode, PALETTES, properties } from "../look/palette";
import { useApp } from "../state/app";
import type { Player } from "../state/player";
import type { Snapshot } from "../state/snapshot";
import { viewNamed } from "../views";
import { ViewTransition } from "../views/transition/ViewTransition";
import { ClusterPanel } from "./ClusterPanel";
import { Cost } from "./Cost";
import { ImageCard } from "./ImageCard";
import { Missed } from "./Missed";
import { Notice } from "./Notice";
import { Results } from "./Results";
import { RecallPanel } from "./recall/RecallPanel";
import { Saved } from "./Saved";
import { Scrubber } from "./Scrubber";
import { StepCaption } from "./StepCaption";
import { isShortcut } from "./sliderKeys";
import { Toolbar } from "./Toolbar";

/** Milliseconds after which the browser has taken the focus from what can no longer be pressed. */
const FRAMES = 50;

interface Props {
  readonly mode: ReadonlySignal<Mode>;
  /** What there is to show if nothing comes, where there is no kernel. */
  readonly saved: Snapshot | null;
}

export function Root({ mode, saved }: Props) {
  const { exploration, table } = useApp();
  const root = useRef<HTMLDivElement>(null);
  const { settings, search, status, map } = exploration;
  const view = viewNamed(settings.view.value);
  const Stage = table.value ? view.Table : view.Picture;
  const isLost = saved !== null && map.value === null;
  useEffect(() => {
    if (search.value !== null) performance.mark("feder:first");
  }, [search.value]);
  // Where what was focused has gone or can no longer be pressed, keys should still come here.
  const keepFocus = () =>
    setTimeout(() => {
      if (document.activeElement === document.body) root.current?.focus({ preventScroll: true });
    }, FRAMES);
  return (
    <div
      ref={root}
      class="feder-widget"
      tabIndex={-1}
      onClick={keepFocus}
      onKeyUp={keepFocus}
      onFocusIn={markFocused}
      onKeyDown={(event) => {
        keepKeys(event);
        if (search.value !== null) playKeys(event, exploration.player);
      }}
      data-mode={mode.value}
      data-state={isLost ? "disconnected" : status.value}
      data-query={search.value?.id?.toString() ?? ""}
      data-nprobe={settings.nprobe.value}
      data-k={settings.k.value}
      data-missed={exploration.truth.value === null ? "" : exploration.missed.value.length}
      data-map={map.value === null ? "" : map.value.final ? "final" : "pca"}
      style={properties(PALETTES[mode.value])}
      role="region"
      aria-label="Search of a Faiss index"
    >
      {isLost ? (
        <Saved snapshot={saved} />
      ) : (
        <>
          <Toolbar />
          <Notice />
          <div class="feder-body">
            <div class="feder-stage" id="feder-stage" role="tabpanel" aria-label={view.name}>
              <Stage />
              <ViewTransition />
              <div class="feder-foot">
                <Scrubber />
                <StepCaption />
                {!table.value && exploration.step.value === null && <view.Legend />}
              </div>
            </div>
            <div class="feder-side">
              <div class="feder-answer">
                <Results />
                <Missed />
              </div>
              <ClusterPanel />
            </div>
          </div>
          <RecallPanel />
          <Cost />
          <ImageCard />
        </>
      )}
    </div>
  );
}

/**
 * The host has shortcuts for whatever is focused: JupyterLab deletes a cell at `x`, swallows arrows and even Enter in
 * a form. Keys without Ctrl or Meta stay here. Hosts that listen before the widget does look for a mark, which must be
 * on the focused element itself.
 */
function keepKeys(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}

const PLAYER_KEYS: Readonly<Record<string, (player: Player) => void>> = {
  p: (player) => player.toggle(),
  ",": (player) => player.back(),
  ".": (player) => player.forward(),
};

/** The player's keys work wherever the focus is, except where text is typed. */
function playKeys(event: KeyboardEvent, player: Player): void {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "range";
  if (typing || isShortcut(event)) return;
  PLAYER_KEYS[event.key]?.(player);
}

function markFocused(event: FocusEvent): void {
  (event.target as Element).setAttribute("data-lm-suppress-shortcuts", "true");
}
