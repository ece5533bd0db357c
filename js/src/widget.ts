/** The widget in a notebook, as anywidget loads it. */

import { explorer } from "./explorer";
import { CommTransport } from "./protocol/transport";

export default () => explorer((model) => new CommTransport(model));
