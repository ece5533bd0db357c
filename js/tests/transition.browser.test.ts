import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Frames } from "./frames";
import { Stage } from "./stage";

const SIZES = [40, 30, 0, 50, 20];

let stage: Stage;
let frames: Frames;

beforeEach(() => {
  stage = new Stage(SIZES, { nprobe: 2 });
});

afterEach(() => {
  vi.restoreAllMocks();
  frames?.end();
  stage.close();
});

const layer = () => stage.element.querySelector(".feder-transition") as HTMLElement;
const flies = () => layer().childElementCount > 0;
const picture = () =>
  stage.element.querySelector(".feder-map canvas, .feder-points canvas") as HTMLCanvasElement;
/** Longer than a coarse message waits for what follows it. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

/** Let frames pass until this is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 60 && !isSo(); i++) {
    await settled();
    frames.next(2);
  }
  expect(isSo()).toBe(true);
}

function click(name: string): void {
  const tabs = [...stage.element.querySelectorAll<HTMLElement>('[role="tab"]')];
  tabs.find((tab) => tab.textContent === name)?.click();
}

/** A search and its map, shown in a view; from then on frames come when they are told to. */
async function shown(view = "clusters"): Promise<void> {
  stage.sayMap();
  stage.answer();
  stage.model.receive("view", view);
  if (view === "projection") {
    await vi.waitFor(() => stage.lastAsked("projection"));
    stage.sayProjection();
  }
  await vi.waitFor(() => expect(inkOf(picture())).toBeGreaterThan(100));
  await settled();
  frames = new Frames();
}

/** How many pixels are not transparent. */
function inkOf(canvas: HTMLCanvasElement): number {
  if (canvas.width === 0 || canvas.height === 0) return 0;
  const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(
    0,
    0,
    canvas.width,
    canvas.height,
  );
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) ink++;
  return ink;
}

const flown = () => layer().querySelector<HTMLCanvasElement>(":scope > canvas");
const isUnderWay = () => flown() !== null && inkOf(flown() as HTMLCanvasElement) > 100;

describe("another view", () => {
  it.each([
    ["clusters", "Distances"],
    ["distances", "Clusters"],
    ["clusters", "Projection"],
    ["projection", "Distances"],
    ["distances", "Projection"],
  ])("is flown to from %s to %s, and nothing is left behind", async (from, to) => {
    await shown(from);
    const before = picture();
    click(to);
    if (to === "Projection") {
      await vi.waitFor(() => stage.lastAsked("projection"));
      stage.sayProjection();
    }
    await until(isUnderWay);
    expect(layer().contains(before)).toBe(true);
    expect(picture()).not.toBe(before);
    frames.next(200);
    await settled();
    expect(isUnderWay()).toBe(true);
    frames.next(300);
    await settled();
    expect(flies()).toBe(false);
    expect(before.isConnected).toBe(false);
    for (let i = 0; i < 10; i++) {
      frames.next();
      await settled();
    }
    expect(frames.waiting).toBe(0);
  });

  it("is at the end as it would be without", async () => {
    await shown("distances");
    const still = picture().toDataURL();
    click("Clusters");
    await until(isUnderWay);
    frames.next(500);
    click("Distances");
    await until(isUnderWay);
    frames.next(500);
    await settled();
    frames.next();
    expect(picture().toDataURL()).toBe(still);
  });

  it("that is chosen on the way is flown to instead", async () => {
    await shown();
    click("Distances");
    await until(isUnderWay);
    const second = picture();
    click("Clusters");
    await until(isUnderWay);
    expect(layer().contains(second)).toBe(true);
    expect(layer().querySelectorAll("canvas")).toHaveLength(2);
  });

  it("that takes long to come is not flown to", async () => {
    await shown();
    click("Projection");
    await until(flies);
    frames.next(500);
    expect(flies()).toBe(false);
    await vi.waitFor(() => stage.lastAsked("projection"));
    stage.sayProjection();
    await settled();
    for (let i = 0; i < 5; i++) frames.next();
    expect(flies()).toBe(false);
  });
});

describe("a flight ends at once", () => {
  const document = globalThis.document;
  const moved = (movementX: number) => new PointerEvent("pointermove", { bubbles: true, movementX });

  it.each<[string, () => void]>([
    [
      "a press anywhere",
      () => document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true })),
    ],
    ["the wheel", () => picture().dispatchEvent(new WheelEvent("wheel", { bubbles: true }))],
    ["a key", () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }))],
    ["a pointer that moves over the picture", () => picture().dispatchEvent(moved(3))],
    ["another search", () => stage.sayCoarse({ serial: 2 })],
    ["more of the search", () => stage.model.receive("nprobe", 3)],
    ["another k", () => stage.model.receive("k", 2)],
    ["another theme", () => stage.model.receive("theme", "dark")],
    [
      "a step of the player",
      () => stage.element.querySelector<HTMLElement>('[aria-label="Step back"]')?.click(),
    ],
    ["the table", () => stage.element.querySelector<HTMLElement>('[aria-label="View as table"]')?.click()],
  ])("with %s", async (_, act) => {
    await shown();
    click("Distances");
    await until(isUnderWay);
    act();
    await settled();
    frames.next();
    expect(flies()).toBe(false);
  });

  it("with the widget, and asks for no more frames", async () => {
    await shown();
    click("Distances");
    await until(isUnderWay);
    stage.close();
    await settled();
    frames.next();
    frames.next();
    expect(frames.waiting).toBe(0);
  });

  it("but not with a pointer under which the page has scrolled", async () => {
    await shown();
    click("Distances");
    await until(isUnderWay);
    picture().dispatchEvent(moved(0));
    frames.next();
    expect(flies()).toBe(true);
  });
});

describe("nothing flies", () => {
  async function still(view: string): Promise<void> {
    click(view);
    for (let i = 0; i < 8; i++) {
      await settled();
      frames.next();
      expect(flies()).toBe(false);
    }
  }

  it("for those who asked for less motion", async () => {
    await shown();
    vi.spyOn(globalThis, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
    await still("Distances");
  });

  it("before a search", async () => {
    stage.sayMap();
    frames = new Frames();
    await still("Distances");
  });

  it("while only centroids have been compared", async () => {
    await shown();
    for (const _ of [0, 1]) stage.element.querySelector<HTMLElement>('[aria-label="Step back"]')?.click();
    await settled();
    await still("Distances");
  });

  it("where the view is another only by name", async () => {
    await shown();
    stage.model.receive("view", "no such view");
    for (let i = 0; i < 4; i++) {
      await settled();
      frames.next();
      expect(flies()).toBe(false);
    }
  });
});
