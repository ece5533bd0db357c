import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { page } from "vitest/browser";
import { Stage } from "./stage";

const DOT =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVQIHWNgAAAAAgABz8g15QAAAABJRU5ErkJggg==";
const SENTENCE = "The kernel is not running; run the cell to explore.";

/** A widget as a Jupyter host displays it; `lost` where the host has no kernel for it. */
function display(traits: Record<string, unknown> = {}, lost = false): Stage {
  const host = document.createElement("div");
  host.className = lost ? "lm-Widget jupyter-widgets-disconnected" : "lm-Widget";
  document.body.append(host);
  const stage = new Stage([3, 4, 0, 5], traits, {}, host);
  onTestFinished(() => {
    stage.close();
    host.remove();
  });
  return stage;
}

function snapshots(stage: Stage): [string, string][] {
  return stage.model.saved.flatMap(({ _snapshot }) => (_snapshot ? [_snapshot as [string, string]] : []));
}

describe("a snapshot", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Let frames be drawn, which no fake clock holds. */
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

  async function answered(): Promise<Stage> {
    const stage = display();
    stage.answer({ id: 7n });
    stage.sayMap();
    await drawn();
    return stage;
  }

  it("is taken when nothing has changed for a while, small, and says what it shows", async () => {
    const stage = await answered();
    vi.advanceTimersByTime(1900);
    expect(snapshots(stage)).toEqual([]);
    vi.advanceTimersByTime(500);
    const [[picture, caption]] = snapshots(stage);
    expect(picture).toMatch(/^data:image\/webp;base64,/);
    expect(picture.length).toBeLessThan(40_000);
    expect(caption).toBe("query 7, nprobe 1, k 5");
    const image = new Image();
    image.src = picture;
    await image.decode();
    expect(image.width).toBe(560);
  });

  it("is smaller where a picture full of images would be too large to be saved", async () => {
    const stage = await answered();
    const canvas = stage.element.querySelector(".feder-stage canvas") as HTMLCanvasElement;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    const noise = context.createImageData(canvas.width, canvas.height);
    // A generator of numbers as good as any, the same every time.
    for (let i = 0, seed = 1; i < noise.data.length; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      noise.data[i] = i % 4 === 3 ? 255 : seed % 256;
    }
    context.putImageData(noise, 0, 0);
    vi.advanceTimersByTime(2500);
    const [[picture]] = snapshots(stage);
    const image = new Image();
    image.src = picture;
    await image.decode();
    expect(picture.length).toBeLessThanOrEqual(40_000);
    expect(image.width).toBeGreaterThan(200);
    expect(image.width).toBeLessThan(560);
  });

  it("is not taken again while all stays as it is, nor soon after the last", async () => {
    const stage = await answered();
    vi.advanceTimersByTime(2_500);
    expect(snapshots(stage)).toHaveLength(1);
    stage.model.receive("nprobe", 2);
    vi.advanceTimersByTime(7_000);
    expect(snapshots(stage)).toHaveLength(1);
    vi.advanceTimersByTime(3_000);
    expect(snapshots(stage).map(([, caption]) => caption)).toEqual([
      "query 7, nprobe 1, k 5",
      "query 7, nprobe 2, k 5",
    ]);
    vi.advanceTimersByTime(60_000);
    expect(snapshots(stage)).toHaveLength(2);
  });

  it("waits for the end of a drag, of a walk and of a search", async () => {
    const stage = await answered();
    for (let step = 0; step < 8; step++) {
      stage.model.receive("nprobe", 1 + (step % 4));
      vi.advanceTimersByTime(1_000);
    }
    expect(snapshots(stage)).toEqual([]);
    await stage.see.getByRole("button", { name: "Random query" }).click();
    vi.advanceTimersByTime(8_000);
    expect(snapshots(stage)).toEqual([]);
    stage.answer({ serial: 2, id: 8n });
    await drawn();
    vi.advanceTimersByTime(2_500);
    expect(snapshots(stage)[0][1]).toBe("query 8, nprobe 4, k 5");
  });

  it("is not taken before the final map is there", async () => {
    const stage = display();
    stage.answer();
    stage.sayMap(false);
    await drawn();
    vi.advanceTimersByTime(30_000);
    expect(snapshots(stage)).toEqual([]);
  });

  it("is taken once of a widget that is displayed twice", async () => {
    const stage = await answered();
    stage.displayAgain();
    await drawn();
    vi.advanceTimersByTime(30_000);
    expect(snapshots(stage)).toHaveLength(1);
  });

  it("is left to hosts that save the state of widgets", async () => {
    const stage = new Stage();
    onTestFinished(() => stage.close());
    stage.answer();
    stage.sayMap();
    await drawn();
    vi.advanceTimersByTime(30_000);
    expect(snapshots(stage)).toEqual([]);
  });

  it("is not taken of a widget that has ended", async () => {
    const stage = await answered();
    stage.close();
    vi.advanceTimersByTime(30_000);
    expect(snapshots(stage)).toEqual([]);
  });
});

describe("a widget whose notebook was opened without its kernel", () => {
  it("shows its picture and says how to go on", async () => {
    const stage = display({ _snapshot: [DOT, "query 7, nprobe 2, k 5"] }, true);
    await expect
      .element(stage.see.getByRole("alert"))
      .toHaveTextContent(`Saved picture: query 7, nprobe 2, k 5. ${SENTENCE}`);
    await expect.element(stage.see.getByRole("img", { name: "query 7, nprobe 2, k 5" })).toBeVisible();
    expect(stage.root.dataset.state).toBe("disconnected");
    expect(stage.element.querySelector("button, canvas")).toBeNull();
  });

  it.each([
    ["nothing", []],
    ["no list", 3],
    ["null", null],
    ["a script", ["javascript:alert(1)", ""]],
    ["a page", ["data:text/html;base64,AAAA", ""]],
    ["a drawing", ["data:image/svg+xml;base64,AAAA", ""]],
    ["an address", ["https://example.org/a.png", ""]],
    ["what goes on after the picture", [`${DOT}" onerror="document.title='hacked'`, ""]],
    ["too large a picture", [`data:image/png;base64,${"A".repeat(40_000)}`, ""]],
    ["no text", [{}, {}]],
  ])("says so where %s was saved", async (_, _snapshot) => {
    const stage = display({ _snapshot }, true);
    await expect.element(stage.see.getByRole("alert")).toHaveTextContent(/^No picture was saved\./);
    await expect.element(stage.see.getByRole("alert")).toHaveTextContent(SENTENCE);
    expect(stage.element.querySelector("img")).toBeNull();
  });

  it("takes a caption for text", async () => {
    const caption = "<img src=x onerror=\"document.title='hacked'\">";
    const stage = display({ _snapshot: [DOT, caption] }, true);
    await expect.element(stage.see.getByText(caption)).toBeVisible();
    expect(stage.element.querySelectorAll("img")).toHaveLength(1);
  });

  it("comes alive when a kernel answers after all", async () => {
    const stage = display({ _snapshot: [DOT, "query 7, nprobe 2, k 5"] }, true);
    stage.sayMap();
    await expect.element(stage.see.getByRole("button", { name: "Random query" })).toBeVisible();
    expect(stage.element.querySelector(".feder-saved")).toBeNull();
  });
});

it("a kernel that is busy is not taken for one that is gone", async () => {
  const stage = display({ _snapshot: [DOT, "query 7, nprobe 2, k 5"] });
  expect(stage.element.querySelector(".feder-saved")).toBeNull();
  await expect.element(page.getByText("Drawing the map…")).toBeVisible();
});
