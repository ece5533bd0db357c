/** The widget in a notebook, as anywidget loads it. */

import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { explorer } from "./explorer";
import { graphExplorer } from "./graph/graphExplorer";
import { CommTransport } from "./protocol/transport";

export default () => {
  const connect = (model: AnyModel) => new CommTransport(model);
  let shown: ReturnType<typeof explorer>;
  const initialize: Initialize = (context) => {
    // Only the model of a graph has this trait.
    shown = context.model.get("_graph") === undefined ? explorer(connect) : graphExplorer(connect);
    return shown.initialize(context);
  };
  const render: Render = (context) => shown.render(context);
  return { initialize, render };
};
