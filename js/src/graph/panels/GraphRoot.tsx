import { type ReadonlySignal, useComputed, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { mark } from "../../look/mark";
import { type Mode, PALETTES, properties } from "../../look/palette";
import { useSize } from "../../look/size";
import { toggleFullScreen } from "../../panels/FullScreen";
import { DISPLAY_KEYS } from "../../panels/shortcuts";
import { PicturesContext } from "../../state/pictures";
import { useGraphApp } from "../state/graphApp";
import { acceptedGraphViews } from "../views";
import { EfBand } from "./EfBand";
import { GraphCard } from "./GraphCard";
import { GraphNotice } from "./GraphNotice";
import { GraphSide } from "./GraphSide";
import { GraphToolbar } from "./GraphToolbar";
import { pressGraphShortcut } from "./graphShortcuts";
import { WalkCaption, WalkPlayerButtons, WalkScrubber } from "./WalkPlayerBar";

/** Milliseconds after which the browser has taken the focus from a disabled button. */
const FRAMES = 50;

/** The whole widget of a graph. */
export function GraphRoot({ mode }: { mode: ReadonlySignal<Mode> }) {
  const { exploration, pictures, table, about, sharing, elementId } = useGraphApp();
  const { element: root } = useSize<HTMLDivElement>();
  const { settings, walk, status, truth, missed, results, areKnown, player } = exploration;
  const facts = exploration.facts.value;
  const views = acceptedGraphViews(facts);
  const view = views.find(({ name }) => name === settings.view.value) ?? views[0];
  const Shown = table.value ? view.Table : view.View;
  const begun = useComputed(() => walk.value?.id ?? walk.value?.vector);
  // A search that is begun anywhere leads to its answer.
  useSignalEffect(() => {
    if (begun.value !== undefined) about.value = "query";
  });
  useEffect(() => {
    if (walk.value === null) return;
    mark("feder:first");
    const frame = requestAnimationFrame(() => mark("feder:results"));
    return () => cancelAnimationFrame(frame);
  }, [walk.value]);
  const keepFocus = () =>
    setTimeout(() => {
      if (document.activeElement === document.body) root.current?.focus({ preventScroll: true });
    }, FRAMES);
  return (
    <PicturesContext.Provider value={pictures}>
      <div
        ref={root}
        class="feder-widget feder-graph"
        tabIndex={-1}
        onClick={keepFocus}
        onKeyUp={keepFocus}
        onFocusIn={(event) => {
          (event.target as Element).setAttribute("data-lm-suppress-shortcuts", "true");
        }}
        onKeyDown={(event) => {
          // Keys of the host must not act on the notebook.
          if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
          if (sharing.peek()) return;
          pressGraphShortcut(event, exploration, {
            [DISPLAY_KEYS.fullScreen]: () => toggleFullScreen(root.current),
            [DISPLAY_KEYS.share]: () => {
              sharing.value = walk.peek() !== null;
            },
          });
        }}
        data-mode={mode.value}
        data-tiles={facts.labels && !facts.images ? "text" : "picture"}
        data-state={status.value}
        data-query={walk.value?.id?.toString() ?? ""}
        data-ef={settings.efSearch.value}
        data-k={settings.k.value}
        data-missed={truth.value === null ? "" : missed.value.length}
        data-results={areKnown.value ? idsOf(results.value) : ""}
        data-missed-ids={truth.value === null || !areKnown.value ? "" : idsOf(missed.value)}
        style={properties(PALETTES[mode.value])}
        role="region"
        aria-label="Search of an HNSW graph"
      >
        <div class="feder-frame" data-wide="false">
          <GraphToolbar root={() => root.current} />
          <GraphNotice />
          <div class="feder-stage" id={`${elementId}-stage`} role="tabpanel" aria-label={view.label}>
            {walk.value === null ? (
              <p class="feder-waiting">Pick a query to see its walk through the graph.</p>
            ) : (
              <Shown />
            )}
            <div class="feder-foot">
              <WalkPlayerButtons />
              <WalkScrubber />
              <WalkCaption />
              {!table.value && player.step.value === null && walk.value !== null && <view.Legend />}
            </div>
          </div>
          <EfBand />
          <GraphSide />
        </div>
        <GraphCard />
      </div>
    </PicturesContext.Provider>
  );
}

/** Row ids in order, separated by commas. */
function idsOf(rows: readonly { readonly id: bigint }[]): string {
  return rows.map(({ id }) => id).join();
}
