import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { type Mode, PALETTES, properties } from "../palette";
import type { Player } from "../player";
import { viewNamed } from "../views";
import { Flight } from "../views/flight/Flight";
import { ClusterPanel } from "./ClusterPanel";
import { Cost } from "./Cost";
import { ImageCard } from "./ImageCard";
import { Missed } from "./Missed";
import { Notice } from "./Notice";
import { Results } from "./Results";
import { RecallPanel } from "./recall/RecallPanel";
import { Scrubber } from "./Scrubber";
import { StepCaption } from "./StepCaption";
import { Toolbar } from "./Toolbar";

export function Root({ mode }: { mode: ReadonlySignal<Mode> }) {
  const { exploration, table } = useApp();
  const root = useRef<HTMLDivElement>(null);
  const { settings, search, status, map } = exploration;
  const view = viewNamed(settings.view.value);
  const Stage = table.value ? view.Table : view.Picture;
  useEffect(() => {
    if (search.value !== null) performance.mark("feder:first");
  }, [search.value]);
  return (
    <div
      ref={root}
      class="feder-widget"
      onFocusIn={markFocused}
      onKeyDown={(event) => {
        keepKeys(event);
        if (search.value !== null) playKeys(event, exploration.player);
      }}
      data-mode={mode.value}
      data-state={status.value}
      data-query={search.value?.id?.toString() ?? ""}
      data-nprobe={settings.nprobe.value}
      data-k={settings.k.value}
      data-missed={exploration.truth.value === null ? "" : exploration.missed.value.length}
      data-map={map.value === null ? "" : map.value.final ? "final" : "pca"}
      style={properties(PALETTES[mode.value])}
      role="region"
      aria-label="Search of a Faiss index"
    >
      <Toolbar />
      <Notice />
      <div class="feder-body">
        <div class="feder-stage" id="feder-stage" role="tabpanel" aria-label={view.name}>
          <Stage />
          <Flight />
          {!table.value && (
            <div class="feder-foot">
              <Scrubber />
              <StepCaption />
              {exploration.step.value === null && <view.Legend />}
            </div>
          )}
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
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  PLAYER_KEYS[event.key]?.(player);
}

function markFocused(event: FocusEvent): void {
  (event.target as Element).setAttribute("data-lm-suppress-shortcuts", "true");
}
