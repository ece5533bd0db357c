import "../look/styles.css";
import "./graph.css";
import "./views/layers/layers.css";
import "../look/preactNodes";
import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { computed } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { PALETTES } from "../look/palette";
import { watchMode } from "../look/theme";
import { Asker } from "../protocol/asker";
import type { Transport } from "../protocol/transport";
import { Pictures } from "../state/pictures";
import { rowId, rowIds } from "../state/rowTraits";
import { followTrait, Saves, traitSignal } from "../state/traits";
import { readGraphFacts } from "./model/summary";
import { GraphRoot } from "./panels/GraphRoot";
import { GraphAppContext, makeGraphApp } from "./state/graphApp";
import { GraphExploration } from "./state/graphExploration";

/**
 * The widget of one model of a graph: every display of the model draws from the same exploration.
 *
 * @param savePage  what is saved as a page, where no kernel makes it
 */
export function graphExplorer(connect: (model: AnyModel) => Transport, savePage?: () => Promise<Blob>) {
  let exploration: GraphExploration;
  let pictures: Pictures;

  const initialize: Initialize = ({ model, signal }) => {
    const same = <T>(value: T): T => value;
    const integer = (value: unknown) => (Number.isInteger(value) ? (value as number) : undefined);
    const flag = (value: unknown) => (typeof value === "boolean" ? value : undefined);
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    const saves = new Saves(model, signal);
    const settings = {
      efSearch: traitSignal(model, saves, "ef_search", integer, same, 1, signal),
      k: traitSignal(model, saves, "k", integer, same, 1, signal),
      includeSelf: traitSignal(model, saves, "include_self", flag, same, false, signal),
      queryId: traitSignal(model, saves, "query_id", rowId, (id) => id?.toString() ?? null, null, signal),
      selection: traitSignal(model, saves, "selection", rowIds, (ids) => ids.map(String), [], signal),
      view: traitSignal(model, saves, "view", text, same, "walk", signal),
      theme: traitSignal(model, saves, "theme", text, same, "auto", signal),
    };
    const facts = followTrait(model, "_graph", readGraphFacts, signal);
    const asker = new Asker(connect(model), signal);
    exploration = new GraphExploration(facts, settings, asker, signal);
    pictures = new Pictures(asker, facts, signal);
  };

  const render: Render = ({ el, signal }) => {
    const mode = watchMode(exploration.settings.theme, signal);
    const palette = computed(() => PALETTES[mode.value]);
    const app = makeGraphApp(exploration, pictures, palette, savePage);
    renderInto(h(GraphAppContext.Provider, { value: app }, h(GraphRoot, { mode })), el);
    return () => renderInto(null, el);
  };

  return { initialize, render };
}
