/** The widget of an index with lists in a notebook, as anywidget loads it. */

import type { AnyModel } from "@anywidget/types";
import { explorer } from "./explorer";
import { CommTransport } from "./protocol/transport";

export default () => explorer((model: AnyModel) => new CommTransport(model));
