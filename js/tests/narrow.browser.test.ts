import { afterEach, describe, expect, it, vi } from "vitest";
import { outside, Stage } from "./stage";

let stage: Stage;

afterEach(() => stage.close());

/** A widget in a cell of 300 pixels, with all of a search in it. */
async function narrow(view: string, sizes: readonly number[] = [30, 40, 0, 50, 20]): Promise<HTMLElement> {
  stage = new Stage(sizes, { nprobe: 3, k: 12, view });
  stage.element.style.width = "300px";
  stage.sayMap();
  stage.answer({ label: "a label that is too long for any cell" });
  if (view === "projection") {
    await vi.waitFor(() => stage.lastAsked("projection"));
    stage.sayProjection({ method: "a method whose name is as long as that of any other method there is" });
  }
  await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return stage.root;
}

describe.each(["clusters", "distances", "projection"])("at 300 pixels %s", (view) => {
  it("keeps to the widget, and every control can be pressed", async () => {
    const root = await narrow(view);
    expect(root.offsetWidth).toBe(300);
    expect(outside(root)).toEqual([]);
    const controls = [...root.querySelectorAll<HTMLElement>(".feder-toolbar button, .feder-stage button")];
    expect(controls.length).toBeGreaterThan(8);
    for (const control of controls) {
      control.scrollIntoView({ block: "center" });
      const box = control.getBoundingClientRect();
      const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      expect(control.contains(hit), control.textContent ?? "").toBe(true);
    }
  });

  it("has a picture that is worth the name", async () => {
    const root = await narrow(view);
    const canvas = root.querySelector(".feder-map canvas, .feder-points canvas") as HTMLCanvasElement;
    expect(canvas.clientWidth).toBeGreaterThan(280);
    expect(canvas.clientHeight).toBeGreaterThan(220);
  });

  it("can be read as a table", async () => {
    const root = await narrow(view);
    root.querySelector<HTMLElement>('[aria-label="View as table"]')?.click();
    await vi.waitFor(() => expect(root.querySelector(".feder-table")).not.toBeNull());
    expect(outside(root)).toEqual([]);
  });
});

it("a tile shows its place, and its distance where that fits whole; both are in its name and its tooltip", async () => {
  const root = await narrow("clusters");
  const captions = [...root.querySelectorAll<HTMLElement>('[aria-label="True neighbours"] .feder-caption')];
  expect(captions).toHaveLength(12);
  for (const [width, isShown] of [
    [90, true],
    [30, false],
  ] as const) {
    for (const [i, caption] of captions.entries()) {
      caption.style.width = `${width}px`;
      const [place, distance] = [...caption.children].map((part) => part.getBoundingClientRect());
      const box = caption.getBoundingClientRect();
      expect(box.height).toBe(17);
      expect(place.right).toBeLessThanOrEqual(box.right);
      expect(place.bottom).toBeLessThanOrEqual(box.bottom);
      if (isShown) expect(distance.right).toBeLessThanOrEqual(box.right);
      else if (caption.children[1].textContent !== "0")
        expect(distance.top).toBeGreaterThanOrEqual(box.bottom);
      expect(caption.title).toMatch(new RegExp(`^${i + 1} · `));
    }
  }
  expect(captions[3].closest("button")).toHaveAccessibleName(/4th nearest of all, squared L2 distance /);
});

it("at 300 pixels an image card keeps to the widget", async () => {
  const root = await narrow("clusters");
  root.querySelector<HTMLElement>('[aria-label="True neighbours"] .feder-tile')?.click();
  await vi.waitFor(() => expect(root.querySelector(".feder-image-card")).not.toBeNull());
  expect(outside(root)).toEqual([]);
});
