import { signal } from "@preact/signals";
import { h, render } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { type GraphApp, GraphAppContext } from "../src/graph/state/graphApp";
import { layers } from "../src/graph/views/layers";
import { layersScene } from "../src/graph/views/layers/layersScene";
import { PALETTES } from "../src/look/palette";
import { type Pictures, PicturesContext } from "../src/state/pictures";
import { layersStateOf } from "./walks";

const WIDTH = 900;
const HEIGHT = 560;

let host: HTMLElement | null = null;

afterEach(() => {
  if (host !== null) render(null, host);
  host?.remove();
  host = null;
});

/** Shows a part of the view for the search of `walks.ts`. */
function open(part: "View" | "Table" | "Legend") {
  const state = layersStateOf();
  const step = signal<number | null>(null);
  const hoveredRow = signal<bigint | null>(null);
  const ask = vi.fn();
  const facts = {
    distance: "squared L2 distance",
    trueDistance: "squared L2 distance",
    similarity: false,
    levelSizes: state.levelSizes,
    images: false,
    labels: false,
  };
  const exploration = {
    walk: signal(state.walk),
    truth: signal(state.truth),
    results: signal(state.results),
    missed: signal(state.missed),
    facts: signal(facts),
    efUsed: signal(state.ef),
    settings: { efSearch: signal(state.ef), k: signal(state.k) },
    player: { step },
    hoveredRow,
    ask,
  };
  const app = { exploration, palette: signal(PALETTES.light) } as unknown as GraphApp;
  const pictures = {
    acquire: () => ({ picture: signal({ state: "loading" }), release: () => {} }),
  } as unknown as Pictures;
  host = document.createElement("div");
  host.style.cssText = `display: flex; width: ${WIDTH}px; height: ${HEIGHT}px`;
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
  document.body.append(host);
  const shown = h(PicturesContext.Provider, { value: pictures }, h(layers[part], {}));
  render(h(GraphAppContext.Provider, { value: app }, shown), host);
  return { see: page.elementLocator(host), element: host, state, step, hoveredRow, ask };
}

/** The part of the style sheet by which the picture has its size. */
const STYLE = `
  .feder-layers { position: relative; flex: 1; overflow: hidden; }
  .feder-layers > canvas, .feder-card { position: absolute; top: 0; left: 0; }
  .feder-card { pointer-events: none; }
`;

describe("the table of Layers", () => {
  it("has a row for every hop, with its place among the nodes of the level", async () => {
    const { see, element, step } = open("Table");
    await expect.element(see.getByRole("columnheader", { name: "place on the level" })).toBeVisible();
    const cells = () =>
      [...element.querySelectorAll("tbody tr")].map((row) =>
        [...row.querySelectorAll("td")].map((cell) => cell.textContent),
      );
    expect(cells()).toEqual([
      ["3", "90", "2", "80", "8.000", "", "", ""],
      ["3", "80", "1", "80, none is nearer", "8.000", "1 of 3", "80", "8.000"],
      ["2", "80", "2", "80, none is nearer", "8.000", "1 of 12", "80", "8.000"],
      ["1", "80", "3", "40", "4.000", "", "", ""],
      ["1", "40", "2", "40, none is nearer", "4.000", "2 of 120", "20", "2.000"],
    ]);
    step.value = 1;
    await vi.waitFor(() => expect(cells()).toHaveLength(1));
    step.value = 0;
    await expect.element(see.getByText("The search is at the entry point, row 90.")).toBeVisible();
  });
});

describe("the picture of Layers", () => {
  it("tells the search in words, points at nodes, and takes one as the next query", async () => {
    await page.viewport(WIDTH + 100, HEIGHT + 100);
    const { see, element, state, hoveredRow, ask } = open("View");
    const image = see.getByRole("img", { name: /Level 1: 120 nodes, 5 distances.*Missed: row 26/ });
    await vi.waitFor(() => expect(element.querySelector("canvas")?.style.width).toBe(`${WIDTH}px`));
    const scene = layersScene(state, WIDTH, HEIGHT);
    const dot = scene.floor.plot.dots.find(({ id }) => id === 24n);
    const position = { x: dot?.x ?? 0, y: dot?.y ?? 0 };
    await userEvent.hover(image, { position });
    await vi.waitFor(() => expect(hoveredRow.value).toBe(24n));
    await expect.element(see.getByText("Row 24")).toBeVisible();
    await userEvent.dblClick(image, { position });
    expect(ask).toHaveBeenCalledWith({ id: "24", cluster: null });
  });

  it("explains its marks", async () => {
    const { see } = open("Legend");
    await expect.element(see.getByText(/level’s nearest/)).toBeVisible();
    await expect.element(see.getByText(/not reached/)).toBeVisible();
  });
});
