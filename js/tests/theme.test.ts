import { signal } from "@preact/signals";
import { afterEach, expect, it, vi } from "vitest";
import { watchMode } from "../src/look/theme";

const element = (attributes: Record<string, string> = {}) => ({
  getAttribute: (name: string) => attributes[name] ?? null,
  classList: { contains: () => false },
});
const pageOf = (body: Record<string, string>) => ({ documentElement: element(), body: element(body) });

/** The widget in a frame of a page that holds these attributes on its body, or that may not be read. */
function inFrame(own: Record<string, string>, outer: Record<string, string> | null) {
  const top: Record<string, unknown> = {};
  top.parent = top;
  Object.defineProperty(top, "document", {
    get: () => {
      if (outer === null) throw new DOMException("cross-origin", "SecurityError");
      return pageOf(outer);
    },
  });
  vi.stubGlobal("document", pageOf(own));
  vi.stubGlobal("window", { parent: top });
  vi.stubGlobal(
    "MutationObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener() {},
    removeEventListener() {},
  }));
  return watchMode(signal("auto"), new AbortController().signal).value;
}

afterEach(() => vi.unstubAllGlobals());

it("follows the mark of the page around the frame that the widget is in", () => {
  expect(inFrame({}, { "data-vscode-theme-kind": "vscode-dark" })).toBe("dark");
  expect(inFrame({ "data-jp-theme-light": "true" }, { "data-vscode-theme-kind": "vscode-dark" })).toBe(
    "light",
  );
});

it("follows the system where the page around is of another origin", () => {
  expect(inFrame({}, null)).toBe("light");
});
