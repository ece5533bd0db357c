import { afterEach, describe, expect, it, vi } from "vitest";
import type { Rgb } from "../src/look/palette";
import { contrast } from "./colourSpaces";
import { Stage } from "./stage";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

/** A computed colour; null for one that is not opaque. */
function opaque(colour: string): Rgb | null {
  const parts = colour.match(/^rgb\((\d+), (\d+), (\d+)\)$/);
  return parts && ([Number(parts[1]), Number(parts[2]), Number(parts[3])] as const);
}

/** The colour behind an element's border. */
function groundOf(element: Element): Rgb {
  for (let behind = element.parentElement; behind !== null; behind = behind.parentElement) {
    const colour = opaque(getComputedStyle(behind).backgroundColor);
    if (colour !== null) return colour;
  }
  return [255, 255, 255];
}

function named(element: Element): string {
  return element.getAttribute("aria-label") ?? element.textContent ?? "";
}

describe.each(["light", "dark"])("in %s", (theme) => {
  it("every border of a control is seen, and every text of one can be read", async () => {
    stage = new Stage(undefined, { theme, k: 3 }, { labels: true });
    stage.sayMap();
    stage.answer();
    await vi.waitFor(() =>
      expect(stage?.root.querySelectorAll("[aria-label='True neighbours'] li")).toHaveLength(3),
    );
    await stage.see.getByRole("tab", { name: "Workload" }).click();
    const controls = stage.root.querySelectorAll("button:not(:disabled), input:not([type=range])");
    expect(controls.length).toBeGreaterThan(15);
    for (const control of controls) {
      const style = getComputedStyle(control);
      const ground = groundOf(control);
      const inside = opaque(style.backgroundColor) ?? ground;
      const border = opaque(style.borderTopColor);
      if (border !== null && Number.parseFloat(style.borderTopWidth) > 0) {
        expect(contrast(border, ground), `border of ${named(control)}`).toBeGreaterThanOrEqual(3);
      }
      const text = opaque(style.color);
      if (text !== null && control.textContent !== "") {
        expect(contrast(text, inside), `text of ${named(control)}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("texts stand out from what is behind them", async () => {
    stage = new Stage(undefined, { theme, k: 3 }, { labels: true });
    stage.sayMap();
    stage.answer();
    await vi.waitFor(() =>
      expect(stage?.root.querySelectorAll("[aria-label='True neighbours'] li")).toHaveLength(3),
    );
    const texts = [
      ...stage.root.querySelectorAll("span, b, small, p, h3, dt, dd, th, td, output, text"),
    ].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
    );
    expect(texts.length).toBeGreaterThan(20);
    for (const text of texts) {
      const style = getComputedStyle(text);
      const colour = opaque(text instanceof SVGElement ? style.fill : style.color);
      if (colour === null || text.closest("button:disabled")) continue;
      const ground = opaque(style.backgroundColor) ?? groundOf(text);
      expect(contrast(colour, ground), named(text)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
