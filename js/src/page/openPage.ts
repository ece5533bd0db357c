import "./page.css";
import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { asModel, LocalModel } from "./localModel";
import { readSaved, type SavedExploration, unpacked } from "./savedExploration";

/** Element ids of the page; see `html_document.py`. */
const RECORDING = "feder-recording";
const STAGE = "feder-explorer";
const STATIC = "feder-static";
const END = "feder-end";

interface Widget {
  readonly initialize: Initialize;
  readonly render: Render;
}

/**
 * Open the page that this script is in, as a widget that answers from the page's recording.
 *
 * @param widgetOf  makes the widget of what was saved, and of the way to save the page once more
 */
export function openPage(widgetOf: (saved: SavedExploration, savePage: () => Promise<Blob>) => Widget): void {
  // As it was opened, before the widget has changed it.
  const original = `<!doctype html>\n${document.documentElement.outerHTML}`;
  const savePage = () => Promise.resolve(new Blob([original], { type: "text/html" }));
  open((saved) => widgetOf(saved, savePage)).catch((error: Error) => {
    const notice = document.createElement("p");
    notice.setAttribute("role", "alert");
    notice.textContent = `This page cannot show the search: ${error.message}.`;
    document.body.prepend(notice);
  });
}

async function open(widgetOf: (saved: SavedExploration) => Widget): Promise<void> {
  const recording = document.getElementById(RECORDING);
  const stage = document.getElementById(STAGE);
  const text = recording?.textContent ?? "";
  const isWhole = document.getElementById(END) !== null && text.length === Number(recording?.dataset.length);
  if (stage === null || !isWhole) throw new Error("it is cut off: fetch or copy the file again");
  const saved = readSaved(await unpacked(text));
  const model: AnyModel = asModel(new LocalModel(saved.traits));
  const { signal } = new AbortController();
  const widget = widgetOf(saved);
  const props = { model, signal, el: stage };
  await widget.initialize(props as unknown as Parameters<Initialize>[0]);
  await widget.render(props as unknown as Parameters<Render>[0]);
  document.getElementById(STATIC)?.remove();
}
