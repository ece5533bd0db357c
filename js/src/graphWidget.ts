/** The widget of a graph in a notebook, as anywidget loads it. */

import type { AnyModel } from "@anywidget/types";
import { graphExplorer } from "./graph/graphExplorer";
import { CommTransport } from "./protocol/transport";

export default () => graphExplorer((model: AnyModel) => new CommTransport(model));
