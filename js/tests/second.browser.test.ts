import { afterEach, describe, expect, it, vi } from "vitest";
import { Stage } from "./stage";

const SIZES = [30, 40, 0, 50, 20, 25];
const NPROBE = 4;
const VIEWS = ["clusters", "distances", "projection"];
const SECOND = { serial: 2, request: "kernel:2", id: 77n };

let stages: Stage[] = [];

afterEach(() => {
  for (const stage of stages) stage.close();
  stages = [];
});

function open(view: string): Stage {
  const stage = new Stage(SIZES, { nprobe: NPROBE, view });
  stages.push(stage);
  stage.sayMap();
  return stage;
}

/** What is seen of the canvas: it lies on the background of the widget. */
function picture(stage: Stage): Uint8ClampedArray {
  const canvas = stage.element.querySelector<HTMLCanvasElement>(".feder-map canvas, .feder-points canvas");
  if (canvas === null || canvas.width === 0) return new Uint8ClampedArray();
  const seen = document.createElement("canvas");
  [seen.width, seen.height] = [canvas.width, canvas.height];
  const context = seen.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = getComputedStyle(stage.root).backgroundColor;
  context.fillRect(0, 0, seen.width, seen.height);
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, seen.width, seen.height).data;
}

/** The largest difference of any pixel: cells that are painted over others differ by rounding. */
function difference(one: Uint8ClampedArray, other: Uint8ClampedArray): number {
  if (one.length !== other.length) return Infinity;
  let most = 0;
  for (let i = 0; i < one.length; i++) most = Math.max(most, Math.abs(one[i] - other[i]));
  return most;
}

const ROUNDING = 4;

/** How many different colours a picture has. */
function colours(data: Uint8ClampedArray): number {
  return new Set(new Uint32Array(data.buffer)).size;
}

/** All that is said, but of how long it took. */
function words(stage: Stage): string {
  const labels = [...stage.element.querySelectorAll("[aria-label]")].map((one) =>
    one.getAttribute("aria-label"),
  );
  return `${stage.root.textContent} ${labels}`;
}

function second(stage: Stage): void {
  const { serial, request, id } = SECOND;
  const distances = (count: number) =>
    Float32Array.from({ length: count }, (_, i) => 5 + ((i * 37) % 101) / 3);
  stage.sayCoarse({ serial, request, id, distances: Float32Array.of(2, 3, 4, 9, 12, 20) });
  stage.sayCandidates(1, SIZES.length, { request, distances: distances(165) });
  stage.sayDone(request);
}

async function projected(stage: Stage, serial: number): Promise<void> {
  await vi.waitFor(() => expect(stage.lastAsked("projection").serial).toBe(serial));
  stage.sayProjection(serial === 1 ? {} : { query: Float32Array.of(0.2, 0.9) });
}

/** What a view shows of the second search when there was no other. */
async function alone(view: string): Promise<Stage> {
  const stage = open(view);
  second(stage);
  if (view === "projection") await projected(stage, 2);
  return stage;
}

/** Press a button once it is there and can be pressed. */
async function press(stage: Stage, name: string): Promise<void> {
  const button = () => stage.element.querySelector<HTMLElement>(`button[aria-label="${name}"]:enabled`);
  await vi.waitFor(() => expect(button()).not.toBeNull());
  button()?.click();
}

const PHASES: Record<string, (stage: Stage, view: string) => Promise<void>> = {
  "only the ranking is here": async (stage) => {
    stage.sayCoarse();
  },
  "some clusters are here": async (stage) => {
    stage.sayCoarse();
    stage.sayCandidates(1, 2);
  },
  "all is here but what the view asks for": async (stage, view) => {
    stage.answer();
    if (view === "projection") await vi.waitFor(() => stage.lastAsked("projection"));
  },
  "it is shown whole": async (stage, view) => {
    stage.answer();
    if (view === "projection") await projected(stage, 1);
  },
  "it is played": async (stage, view) => {
    stage.answer();
    if (view === "projection") await projected(stage, 1);
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    for (let i = 0; i < 3; i++) await press(stage, "Step back");
    await press(stage, "Play");
  },
  "it is stepped through": async (stage, view) => {
    stage.answer();
    if (view === "projection") await projected(stage, 1);
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    for (let i = 0; i < NPROBE; i++) await press(stage, "Step back");
  },
};

describe.each(VIEWS)("in %s, a second search", (view) => {
  it.each(Object.keys(PHASES))("that comes when of the first %s leaves its own picture", async (phase) => {
    const stage = open(view);
    await PHASES[phase](stage, view);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const first = picture(stage);
    second(stage);
    // What is still on its way belongs to nobody.
    stage.sayCandidates(3, 4);
    stage.sayDone();
    if (view === "projection") {
      await vi.waitFor(() => expect(stage.lastAsked("projection").serial).toBe(2));
      stage.sayProjection({ serial: 1 });
      await projected(stage, 2);
    }
    const wanted = await alone(view);
    await vi.waitFor(() => {
      expect(colours(picture(wanted))).toBeGreaterThan(20);
      expect(difference(picture(stage), picture(wanted))).toBeLessThanOrEqual(ROUNDING);
      expect(words(stage)).toBe(words(wanted));
      // Before their candidates are laid out, both are the bare background, as the first may have been.
      expect(difference(picture(stage), first)).toBeGreaterThan(ROUNDING);
    });
    expect(stage.root.dataset).toMatchObject({ query: "77", state: "done" });
  });
});
