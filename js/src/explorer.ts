import "./look/styles.css";
import "./look/preactNodes";
import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { computed, type ReadonlySignal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { PALETTES } from "./look/palette";
import { watchMode } from "./look/theme";
import { readSummary, type Summary } from "./model/summary";
import { Root } from "./panels/Root";
import { Asker } from "./protocol/asker";
import type { Transport } from "./protocol/transport";
import { AppContext, makeApp } from "./state/app";
import { type Exploration, explore } from "./state/exploration";
import { Pictures } from "./state/pictures";
import { rowId, rowIds } from "./state/rowTraits";
import type { Settings } from "./state/settings";
import { keepSnapshot, readSnapshot } from "./state/snapshot";
import { followTrait, Saves, traitSignal } from "./state/traits";

/**
 * The widget of one model: every display of the model draws from the same exploration.
 *
 * @param savePage  what is saved as a page, where no kernel makes it
 */
export function explorer(connect: (model: AnyModel) => Transport, savePage?: () => Promise<Blob>) {
  let exploration: Exploration;
  let pictures: Pictures;
  const stages = new Set<HTMLElement>();

  const initialize: Initialize = ({ model, signal }) => {
    const same = <T>(value: T): T => value;
    const integer = (value: unknown) => (Number.isInteger(value) ? (value as number) : undefined);
    const flag = (value: unknown) => (typeof value === "boolean" ? value : undefined);
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    const saves = new Saves(model, signal);
    const settings: Settings = {
      nprobe: traitSignal(model, saves, "nprobe", integer, same, 1, signal),
      k: traitSignal(model, saves, "k", integer, same, 1, signal),
      includeSelf: traitSignal(model, saves, "include_self", flag, same, false, signal),
      queryId: traitSignal(model, saves, "query_id", rowId, (id) => id?.toString() ?? null, null, signal),
      cluster: traitSignal(
        model,
        saves,
        "cluster",
        (v) => (v === null ? null : integer(v)),
        same,
        null,
        signal,
      ),
      selection: traitSignal(model, saves, "selection", rowIds, (ids) => ids.map(String), [], signal),
      view: traitSignal(model, saves, "view", text, same, "clusters", signal),
      theme: traitSignal(model, saves, "theme", text, same, "auto", signal),
    };
    const summary: ReadonlySignal<Summary> = followTrait(model, "_summary", readSummary, signal);
    const asker = new Asker(connect(model), signal);
    exploration = explore(summary, settings, asker, signal);
    pictures = new Pictures(asker, summary, signal);
    keepSnapshot(saves, exploration, stages, signal);
  };

  const render: Render = ({ model, el, signal }) => {
    const mode = watchMode(exploration.settings.theme, signal);
    const palette = computed(() => PALETTES[mode.value]);
    const app = makeApp(exploration, pictures, palette, savePage);
    // The hosts of Jupyter mark a widget whose kernel is gone, and only they save its state.
    const isLost = el.closest(".jupyter-widgets-disconnected") !== null;
    const { snapshotLimit } = exploration.summary.peek().constants;
    const saved = isLost ? readSnapshot(model, snapshotLimit) : null;
    if (el.closest(".lm-Widget") !== null) stages.add(el);
    renderInto(h(AppContext.Provider, { value: app }, h(Root, { mode, saved })), el);
    return () => {
      stages.delete(el);
      renderInto(null, el);
    };
  };

  return { initialize, render };
}
