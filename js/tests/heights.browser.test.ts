import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { Hardest, HardestRequest, Workload } from "../src/protocol/messages";
import { encoded } from "./encode";
import { outside, Stage, summaryTrait } from "./stage";
import { findingOf } from "./support";

const VIEWPORT = [innerWidth, innerHeight] as const;
const SIZES = [30, 40, 0, 50, 20, 35, 12, 9];
const LONG = "a label that is much too long for any place that there is for labels on the screen";

let stage: Stage;

/** The states of the screen in turn; each acts on the state before it. */
const STATES: readonly (readonly [name: string, act: () => unknown])[] = [
  ["idle, without a map", () => {}],
  ["the map", () => stage.sayMap()],
  ["the sample is searched", () => vi.waitFor(() => stage.lastAsked("evaluate"))],
  ["a workload", () => sayWorkload(stage.lastAsked("evaluate").request as string)],
  ["queries are offered", sayHardest],
  ["a cluster is pinned before a search", () => stage.model.receive("cluster", 3)],
  ["and no more", () => stage.model.receive("cluster", null)],
  ["a search is asked for", () => press("Random query")],
  ["its ranking is here", () => stage.sayCoarse({ label: LONG, nprobe: 1, k: 12 })],
  ["its probed clusters are here", () => stage.sayCandidates(1, 1)],
  ["all of it is here", sayRest],
  ["neighbours are missed", () => stage.model.receive("k", 20)],
  ["none is", () => stage.model.receive("nprobe", 8)],
  ["a cluster is switched off", () => click("Don't probe")],
  ["and on again", () => click("Probe by nprobe alone")],
  ["k = 1", () => stage.model.receive("k", 1)],
  ["nprobe = 1", () => stage.model.receive("nprobe", 1)],
  ["another cluster", () => stage.model.receive("cluster", 4)],
  ["an empty cluster", () => stage.model.receive("cluster", 2)],
  ["no cluster", () => stage.model.receive("cluster", null)],
  ["many results", () => stage.model.receive("k", 20)],
  ["geometry, and a finding", sayBounds],
  ["a picture is opened", openTile],
  ["and closed", () => userEvent.keyboard("{Escape}")],
  ["rows are selected", () => stage.model.receive("selection", ["1", "2", "3"])],
  ["and no more", () => stage.model.receive("selection", [])],
  ["an error", () => stage.fail(null, `${LONG}. ${LONG}. ${LONG}`)],
  ["dismissed", () => click("Dismiss")],
  ["the Workload tab", () => click("Workload")],
  ["a workload is evaluated", () => click("Evaluate queries")],
  ["a part of it is here", () => sayProgress()],
  ["the workload is here", () => sayWorkload(stage.lastAsked("evaluate").request as string)],
  ["its hardest queries", sayHardest],
  ["its nprobe is used", () => click(/^Use nprobe/)],
  ["back to the query", () => click("This query")],
  ["two clusters are probed", () => stage.model.receive("nprobe", 2)],
  ["Distances", () => click("Distances")],
  ["the player begins", () => back(3)],
  ["the coarse step", () => press("Step forward")],
  ["the first cluster", () => press("Step forward")],
  ["to its end", () => press("Step forward")],
  ["the table", () => press("View as table")],
  ["the picture again", () => press("View as table")],
  ["Projection", () => click("Projection")],
  ["the projection is here", sayProjection],
  ["the player in Projection", () => back(1)],
  ["the map again", () => click("Clusters")],
  ["the player on the map", () => back(2)],
  ["to its end again", () => forward(3)],
  ["the index has changed", () => stage.model.receive("_summary", changed())],
  ["the kernel is gone", () => stage.model.lose()],
];

function sayRest(): void {
  stage.sayCandidates(2, 8);
  stage.sayDone();
}

function sayBounds(): void {
  const findings = [findingOf(`${LONG}, ${LONG}.`), findingOf("Something else.")];
  const bounds = Float32Array.from(SIZES, (_, cluster) => 10 * cluster - 9);
  stage.model.say(
    ...encoded({
      kind: "bounds",
      request: "kernel:1",
      serial: 1,
      findings,
      bounds,
      beyond: new Float32Array(0),
    }),
  );
}

function sayProgress(): void {
  const { request } = stage.lastAsked("evaluate");
  stage.model.say({ kind: "progress", request, done: 250, asked: 1000, cancellable: true, dashboard: null });
}

function sayWorkload(request: string): void {
  const n = SIZES.length;
  const rising = (count: number) => Float32Array.from({ length: count }, (_, i) => ((i % n) + 1) / n);
  const workload: Workload = {
    kind: "workload",
    request,
    k: 12,
    seed: 7,
    source: "sample",
    computed: 196,
    asked: 196,
    final: true,
    include_self: true,
    reason: null,
    apart: false,
    shares: [0.5, 0.95, 0.99, 1],
    nprobes: Int32Array.from({ length: n }, (_, i) => i + 1),
    recall: rising(n),
    reached: rising(4 * n),
    compared: rising(n),
    without_any: new Float32Array(n),
  };
  stage.model.say(...encoded(workload));
}

/** Answer the request for the hardest queries of the workload. */
async function sayHardest(): Promise<void> {
  await vi.waitFor(() => stage.lastAsked("hardest"));
  const { request, order, nprobe } = stage.lastAsked("hardest") as unknown as HardestRequest;
  const count = 24;
  const all = (value: number) => new Int32Array(count).fill(value);
  const hardest: Hardest = {
    kind: "hardest",
    request,
    order,
    nprobe,
    missing: 3,
    labels: Array.from({ length: count }, () => LONG),
    places: Int32Array.from({ length: count }, (_, i) => i),
    ids: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    found: all(3),
    counts: all(12),
    needed: all(7),
  };
  stage.model.say(...encoded(hardest));
}

async function sayProjection(): Promise<void> {
  await vi.waitFor(() => stage.lastAsked("projection"));
  stage.sayProjection();
}

function changed(): Record<string, unknown> {
  return summaryTrait({ ...stage.summary, indexVersion: 1 });
}

/** Press the button that has this name. */
async function press(name: string): Promise<void> {
  const button = () => stage.element.querySelector<HTMLElement>(`button[aria-label="${name}"]:enabled`);
  await vi.waitFor(() => expect(button(), name).not.toBeNull());
  button()?.click();
}

/** Press the button or tab with this text. */
async function click(text: string | RegExp): Promise<void> {
  const isIt = ({ textContent }: Element) =>
    typeof text === "string" ? textContent?.trim() === text : text.test(textContent ?? "");
  const button = () => [...stage.element.querySelectorAll<HTMLElement>("button:enabled")].find(isIt);
  await vi.waitFor(() => expect(button(), String(text)).toBeDefined());
  button()?.click();
}

async function back(steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await press("Step back");
}

async function forward(steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await press("Step forward");
}

async function openTile(): Promise<void> {
  stage.items("True neighbours")[0].querySelector("button")?.click();
  await vi.waitFor(() => expect(stage.element.querySelector("[role=dialog]")).not.toBeNull());
}

async function painted(): Promise<void> {
  for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
}

beforeEach(() => page.viewport(1500, 900));
afterEach(async () => {
  stage.close();
  await page.viewport(...VIEWPORT);
});

describe.each([480, 700, 1008, 1400])("at a width of %i", (width) => {
  it("no state of the screen changes its height, and nothing reaches out of its width", async () => {
    stage = new Stage(SIZES, { k: 12 });
    stage.element.style.width = `${width}px`;
    await vi.waitFor(() => expect(stage.root.offsetWidth).toBe(width));
    await painted();
    const { height } = stage.root.getBoundingClientRect();
    const parts = [".feder-toolbar", ".feder-stage", ".feder-side", ".feder-parameters"];
    const boxes = () =>
      parts.map((part) => {
        const box = (stage.root.querySelector(part) as HTMLElement).getBoundingClientRect();
        const top = box.top - stage.root.getBoundingClientRect().top;
        return `${part} ${[box.left, top, box.width, box.height].map(Math.round)}`;
      });
    const before = boxes();
    expect(height).toBeGreaterThan(500);
    const wrong: string[] = [];
    for (const [name, act] of STATES) {
      await act();
      await painted();
      const now = stage.root.getBoundingClientRect().height;
      if (now !== height) wrong.push(`${name}: ${height} px became ${now}`);
      boxes().forEach((box, i) => {
        if (box !== before[i]) wrong.push(`${name}: ${box} instead of ${before[i]}`);
      });
      const { scrollWidth, clientWidth } = stage.root;
      if (scrollWidth > clientWidth) wrong.push(`${name}: ${scrollWidth} px in ${clientWidth}`);
      wrong.push(...outside(stage.root).map((one) => `${name}: ${one}`));
    }
    expect(wrong).toEqual([]);
  });
});

describe("two widgets in one page", () => {
  it("have no id of an element twice, in any of their displays", async () => {
    stage = new Stage(SIZES, { k: 12 });
    const other = new Stage(SIZES, { k: 12 });
    try {
      stage.displayAgain();
      for (const one of [stage, other]) {
        one.sayMap();
        one.answer();
        await vi.waitFor(() => expect(one.root.dataset.state).toBe("done"));
      }
      for (const name of ["Workload", "Distances", "Projection"]) {
        for (const one of document.querySelectorAll<HTMLElement>("[role=tab]")) {
          if (one.textContent === name) one.click();
        }
        await painted();
        const ids = Array.from(document.querySelectorAll(".feder-widget [id]"), ({ id }) => id);
        expect(ids.length).toBeGreaterThanOrEqual(6);
        expect(new Set(ids).size).toBe(ids.length);
        // Each tab controls the panel of its own display.
        for (const tab of document.querySelectorAll("[aria-controls]")) {
          const panel = document.getElementById(tab.getAttribute("aria-controls") as string);
          expect(panel?.closest(".feder-widget")).toBe(tab.closest(".feder-widget"));
        }
      }
    } finally {
      other.close();
    }
  });
});
