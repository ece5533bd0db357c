/** The widget in a page of its own, which answers from a recording. */

import "./page/page.css";
import { explorer } from "./explorer";
import { asModel, LocalModel } from "./page/localModel";
import { readSaved, unpacked } from "./page/savedExploration";
import { RecordingTransport } from "./protocol/recordingTransport";

/** Element ids of the page; see `one_page.py`. */
const RECORDING = "feder-recording";
const STAGE = "feder-explorer";
const STATIC = "feder-static";
const END = "feder-end";

/** The page as it was opened, before the widget has changed it. */
const original = `<!doctype html>\n${document.documentElement.outerHTML}`;

async function open(): Promise<void> {
  const recording = document.getElementById(RECORDING);
  const stage = document.getElementById(STAGE);
  const text = recording?.textContent ?? "";
  const isWhole = document.getElementById(END) !== null && text.length === Number(recording?.dataset.length);
  if (stage === null || !isWhole) throw new Error("it is cut off: fetch or copy the file again");
  const saved = readSaved(await unpacked(text));
  const model = asModel(new LocalModel(saved.traits));
  const { signal } = new AbortController();
  const widget = explorer(
    () => new RecordingTransport(saved.recording),
    () => Promise.resolve(new Blob([original], { type: "text/html" })),
  );
  const props = { model, signal, el: stage };
  await widget.initialize(props as unknown as Parameters<typeof widget.initialize>[0]);
  await widget.render(props as unknown as Parameters<typeof widget.render>[0]);
  document.getElementById(STATIC)?.remove();
}

open().catch((error: Error) => {
  const notice = document.createElement("p");
  notice.setAttribute("role", "alert");
  notice.textContent = `This page cannot show the search: ${error.message}.`;
  document.body.prepend(notice);
});
