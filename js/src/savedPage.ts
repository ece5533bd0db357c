/** The widget of an index with lists in a page of its own, which answers from a recording. */

import { explorer } from "./explorer";
import { openPage } from "./page/openPage";
import { RecordingTransport } from "./protocol/recordingTransport";

openPage((saved, savePage) => explorer(() => new RecordingTransport(saved.recording), savePage));
