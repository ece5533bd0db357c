import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Mode } from "./palette";

/** Light or dark: as asked for, else the host's mode, else the system's. */
export function watchMode(wanted: ReadonlySignal<string>, abort: AbortSignal): ReadonlySignal<Mode> {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const host = signal<Mode>(hostMode(system));
  const look = () => {
    host.value = hostMode(system);
  };
  const observer = new MutationObserver(look);
  for (const element of hostDocuments().flatMap(({ documentElement, body }) => [documentElement, body])) {
    observer.observe(element, {
      attributes: true,
      attributeFilter: ["class", "data-jp-theme-light", "data-theme", "data-vscode-theme-kind", "theme"],
    });
  }
  system.addEventListener("change", look);
  abort.addEventListener("abort", () => {
    observer.disconnect();
    system.removeEventListener("change", look);
  });
  return computed(() => (wanted.value === "light" || wanted.value === "dark" ? wanted.value : host.value));
}

/** This document, and the ones around it that may be read: VS Code shows outputs in a frame within the themed page. */
function hostDocuments(): Document[] {
  const documents = [document];
  try {
    for (let frame: Window = window; frame.parent !== frame; frame = frame.parent) {
      documents.push(frame.parent.document);
    }
  } catch {
    // A page of another origin is around this one.
  }
  return documents;
}

/** The mode of the host, as the nearest document says that has one. */
function hostMode(system: MediaQueryList): Mode {
  for (const one of hostDocuments()) {
    const mode = modeOf(one);
    if (mode !== null) return mode;
  }
  return system.matches ? "dark" : "light";
}

/** JupyterLab, VS Code, Colab and marimo mark their mode on different attributes. */
function modeOf({ body, documentElement: root }: Document): Mode | null {
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false" ? "dark" : "light";
  const kind = body.getAttribute("data-vscode-theme-kind");
  if (kind !== null) return kind.includes("dark") || kind === "vscode-high-contrast" ? "dark" : "light";
  for (const element of [root, body]) {
    const named = element.getAttribute("theme") ?? element.getAttribute("data-theme");
    if (named === "dark" || element.classList.contains("dark")) return "dark";
    if (named === "light" || element.classList.contains("light")) return "light";
  }
  return null;
}
