import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { mark } from "../look/mark";
import { type Mode, PALETTES, properties } from "../look/palette";
import { useSize } from "../look/size";
import { useApp } from "../state/app";
import { PicturesContext } from "../state/pictures";
import type { Snapshot } from "../state/snapshot";
import { acceptedViews, VIEWS } from "../views";
import { DrawingContext, type DrawingSlot } from "../views/transition/drawingContext";
import { ViewTransition } from "../views/transition/ViewTransition";
import { useDropTarget } from "./ask/dropTarget";
import { LACKS_EMBEDDER } from "./ask/pictureAsker";
import { Band } from "./band/Band";
import { toggleFullScreen } from "./FullScreen";
import { ImageCard } from "./ImageCard";
import { Notice } from "./Notice";
import { PlayerButtons } from "./PlayerButtons";
import { Saved } from "./Saved";
import { Scrubber } from "./Scrubber";
import { AnswerColumn, SidePanel, WorkloadColumn } from "./SidePanel";
import { StepCaption } from "./StepCaption";
import { DISPLAY_KEYS, pressShortcut } from "./shortcuts";
import { Toolbar } from "./Toolbar";

/** Milliseconds after which the browser has taken the focus from a disabled button. */
const FRAMES = 50;

/** CSS pixels from which on a workload has a column of its own. */
const WIDE = 1800;

interface Props {
  readonly mode: ReadonlySignal<Mode>;
  /** The saved picture, for a notebook without its kernel. */
  readonly saved: Snapshot | null;
}

export function Root(props: Props) {
  return (
    <PicturesContext.Provider value={useApp().pictures}>
      <Display {...props} />
    </PicturesContext.Provider>
  );
}

function Display({ mode, saved }: Props) {
  const { exploration, table, elementId, sharing } = useApp();
  const { element: root, width } = useSize<HTMLDivElement>();
  useAnswerOfNewSearch();
  const drop = useDropTarget();
  const isWide = width >= WIDE;
  const drawing = useRef<DrawingSlot>({ source: null }).current;
  const { settings, search, status, map } = exploration;
  const views = acceptedViews(exploration.summary.value.constants);
  const view = views.find(({ name }) => name === settings.view.value) ?? views[0] ?? VIEWS[0];
  const Shown = table.value ? view.Table : view.View;
  const isLost = saved !== null && map.value === null;
  useEffect(() => {
    if (search.value !== null) mark("feder:first");
  }, [search.value]);
  // Keys should still come here when the focused element is gone or disabled.
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
      {...drop.handlers}
      onKeyDown={(event) => {
        keepKeys(event);
        if (sharing.peek()) return;
        pressShortcut(event, exploration, {
          [DISPLAY_KEYS.fullScreen]: () => toggleFullScreen(root.current),
          [DISPLAY_KEYS.share]: () => {
            sharing.value = exploration.search.peek() !== null;
          },
        });
      }}
      data-mode={mode.value}
      data-tiles={exploration.summary.value.labels && !exploration.summary.value.images ? "text" : "picture"}
      data-state={isLost ? "disconnected" : status.value}
      data-query={search.value?.id?.toString() ?? ""}
      data-nprobe={settings.nprobe.value}
      data-k={settings.k.value}
      data-missed={exploration.truth.value === null ? "" : exploration.missed.value.length}
      data-results={exploration.areKnown.value ? idsOf(exploration.results.value) : ""}
      data-missed-ids={exploration.foundAmong.value === null ? "" : idsOf(exploration.missed.value)}
      data-map={map.value === null ? "" : map.value.final ? "final" : "pca"}
      style={properties(PALETTES[mode.value])}
      role="region"
      aria-label="Search of a Faiss index"
    >
      {isLost ? (
        <Saved snapshot={saved} />
      ) : (
        <>
          <div class="feder-frame" data-wide={isWide}>
            <Toolbar root={() => root.current} />
            <Notice />
            <div class="feder-stage" id={`${elementId}-stage`} role="tabpanel" aria-label={view.label}>
              <DrawingContext.Provider value={drawing}>
                <Shown />
                <ViewTransition />
              </DrawingContext.Provider>
              <div class="feder-foot">
                <PlayerButtons />
                <Scrubber />
                <StepCaption />
                {!table.value && exploration.step.value === null && <view.Legend />}
              </div>
            </div>
            {/* On a narrow screen the band stands between the view and the panel: the order of the tab key. */}
            <Band />
            {isWide ? (
              <>
                <AnswerColumn />
                <WorkloadColumn />
              </>
            ) : (
              <SidePanel />
            )}
          </div>
          <ImageCard />
          {drop.isOver && (
            <div class="feder-drop" aria-hidden="true">
              <b>
                {exploration.summary.value.asksPictures ? "Drop a picture to search with it" : LACKS_EMBEDDER}
              </b>
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** Shows the answer to a query once the page has begun a search for it. */
function useAnswerOfNewSearch(): void {
  const { exploration, about } = useApp();
  const begun = exploration.begun.value;
  const seen = useRef(begun);
  useEffect(() => {
    if (begun !== seen.current) about.value = "query";
    seen.current = begun;
  }, [about, begun]);
}

/** Row ids in order, separated by commas. */
function idsOf(rows: readonly { readonly id: bigint }[]): string {
  return rows.map(({ id }) => id).join();
}

/**
 * The host has shortcuts whatever is focused: JupyterLab deletes a cell at `x`, and takes arrows and even Enter in
 * a form. Keys without Ctrl or Meta stay here. Hosts that listen before the widget does look for a mark, which must be
 * on the focused element itself.
 */
function keepKeys(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}

function markFocused(event: FocusEvent): void {
  (event.target as Element).setAttribute("data-lm-suppress-shortcuts", "true");
}
