import { afterEach, describe, expect, it } from "vitest";
import { Gestures } from "../src/views/gestures";
import { RestingPointer } from "../src/views/restingPointer";
import type { Zoom } from "../src/views/viewport";

const WIDTH = 400;
const HEIGHT = 300;
let abort = new AbortController();

afterEach(() => {
  abort.abort();
  document.body.replaceChildren();
});

function open() {
  abort = new AbortController();
  const element = document.createElement("div");
  Object.assign(element.style, {
    width: `${WIDTH}px`,
    height: `${HEIGHT}px`,
    position: "fixed",
    top: "0",
    left: "0",
  });
  // Pointers that no hardware has cannot be captured.
  element.setPointerCapture = () => {};
  document.body.append(element);
  const zooms: Zoom[] = [];
  const clicks: [number, number][] = [];
  const gestures = new Gestures(
    element,
    (zoom) => zooms.push(zoom),
    (x, y) => clicks.push([x, y]),
    abort.signal,
  );
  const point = (type: string, clientX: number, clientY: number, pointerId = 1, button = 0) =>
    element.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerId, button, bubbles: true }));
  const wheel = (deltaY: number, clientX = 0, clientY = 0, more: WheelEventInit = {}) => {
    const event = new WheelEvent("wheel", {
      deltaY,
      clientX,
      clientY,
      cancelable: true,
      bubbles: true,
      ...more,
    });
    element.dispatchEvent(event);
    return event;
  };
  return { element, gestures, zooms, clicks, point, wheel, now: () => zooms.at(-1) as Zoom };
}

function expectWithin({ k, x, y }: Zoom) {
  expect(k).toBeGreaterThanOrEqual(1);
  expect(k).toBeLessThanOrEqual(80);
  expect(x).toBeLessThanOrEqual(0);
  expect(y).toBeLessThanOrEqual(0);
  expect(x).toBeGreaterThanOrEqual(WIDTH * (1 - k) - 1e-9);
  expect(y).toBeGreaterThanOrEqual(HEIGHT * (1 - k) - 1e-9);
}

describe("a press", () => {
  it("that does not move is a click where it was", () => {
    const { point, clicks, zooms } = open();
    point("pointerdown", 120, 80);
    point("pointerup", 120, 80);
    expect(clicks).toEqual([[120, 80]]);
    expect(zooms).toEqual([]);
  });

  it("that trembles is still a click, and moves nothing", () => {
    const { point, clicks, zooms } = open();
    point("pointerdown", 120, 80);
    point("pointermove", 122, 81);
    point("pointerup", 122, 81);
    expect(clicks).toHaveLength(1);
    expect(zooms).toEqual([]);
  });

  it("that moves is a drag and no click, even when it comes back", () => {
    const { point, clicks, gestures, wheel, now } = open();
    wheel(-400, 200, 150);
    const before = now();
    point("pointerdown", 120, 80);
    point("pointermove", 140, 90);
    expect(gestures.dragging).toBe(true);
    point("pointermove", 150, 95);
    expect([now().x - before.x, now().y - before.y]).toEqual([30, 15]);
    point("pointermove", 120, 80);
    point("pointerup", 120, 80);
    expect(clicks).toEqual([]);
    expect(gestures.dragging).toBe(false);
  });

  it("with another button, or one that is cancelled, is nothing", () => {
    const { point, clicks } = open();
    point("pointerdown", 10, 10, 1, 2);
    point("pointerup", 10, 10, 1, 2);
    point("pointerdown", 10, 10);
    point("pointercancel", 10, 10);
    point("pointerup", 10, 10);
    expect(clicks).toEqual([]);
  });

  it("after a drag is a click again", () => {
    const { point, clicks } = open();
    point("pointerdown", 10, 10);
    point("pointermove", 90, 90);
    point("pointerup", 90, 90);
    point("pointerdown", 50, 50);
    point("pointerup", 50, 50);
    expect(clicks).toEqual([[50, 50]]);
  });
});

describe("the wheel", () => {
  it("zooms about the pointer and does not scroll the page", () => {
    const { wheel, now } = open();
    const event = wheel(-400, 100, 60);
    expect(event.defaultPrevented).toBe(true);
    expect(now()).toEqual({ k: 2, x: -100, y: -60 });
    wheel(400, 100, 60);
    expect(now()).toEqual({ k: 1, x: 0, y: 0 });
  });

  it("scrolls the page where there is nothing to zoom out of", () => {
    const { wheel, zooms } = open();
    const before = zooms.length;
    expect(wheel(300, 100, 60).defaultPrevented).toBe(false);
    expect(zooms.length).toBe(before);
    wheel(-400, 100, 60);
    expect(wheel(100, 100, 60).defaultPrevented).toBe(true);
  });

  it("stays out of the notebook", () => {
    const { wheel } = open();
    let seen = 0;
    document.body.addEventListener("wheel", () => seen++, { signal: abort.signal });
    wheel(-100);
    expect(seen).toBe(0);
  });

  it("keeps within 1 and 80 times, and the picture fills the element", () => {
    const { wheel, zooms, now } = open();
    for (let i = 0; i < 40; i++) wheel(-400, (i * 37) % WIDTH, (i * 53) % HEIGHT);
    expect(now().k).toBe(80);
    for (let i = 0; i < 40; i++) wheel(300, (i * 91) % WIDTH, (i * 17) % HEIGHT);
    expect(now()).toEqual({ k: 1, x: 0, y: 0 });
    zooms.forEach(expectWithin);
  });

  it("counts lines and pages as pixels, and pinches on a trackpad as more", () => {
    const steps = [{ deltaMode: 0 }, { deltaMode: 1 }, { ctrlKey: true }].map((more) => {
      const { wheel, now } = open();
      wheel(-3, 0, 0, more);
      return now().k;
    });
    expect(steps).toEqual([2 ** (3 / 400), 2 ** (60 / 400), 2 ** (24 / 400)]);
  });
});

describe("dragging and pinching", () => {
  it("do not leave the picture", () => {
    const { point, wheel, zooms } = open();
    wheel(-800, 200, 150);
    for (const [x, y] of [
      [5000, 5000],
      [-5000, -5000],
      [5000, -5000],
    ]) {
      point("pointerdown", 200, 150);
      point("pointermove", x, y);
      point("pointerup", x, y);
    }
    zooms.forEach(expectWithin);
    expect(zooms.at(-1)).toEqual({ k: 4, x: 0, y: -900 });
  });

  it("zoom by how far two fingers move apart, about their middle", () => {
    const { point, now, clicks } = open();
    point("pointerdown", 150, 150, 1);
    point("pointerdown", 250, 150, 2);
    point("pointermove", 100, 150, 1);
    point("pointermove", 300, 150, 2);
    expect(now().k).toBeCloseTo(2);
    expectWithin(now());
    point("pointerup", 100, 150, 1);
    point("pointerup", 300, 150, 2);
    expect(clicks).toEqual([]);
  });
});

describe("a finger", () => {
  const isKept = (element: HTMLElement, fingers: number): boolean => {
    const touches = Array.from(
      { length: fingers },
      (_, identifier) => new Touch({ identifier, target: element }),
    );
    const event = new TouchEvent("touchmove", { touches, cancelable: true, bubbles: true });
    element.dispatchEvent(event);
    return event.defaultPrevented;
  };

  it("scrolls the page while all is shown, and moves a picture that is enlarged", () => {
    const { element, gestures } = open();
    expect(isKept(element, 1)).toBe(false);
    gestures.scale(2);
    expect(isKept(element, 1)).toBe(true);
    gestures.reset();
    expect(isKept(element, 1)).toBe(false);
  });

  it("and another one zoom, whatever is shown", () => {
    const { element } = open();
    expect(isKept(element, 2)).toBe(true);
  });

  it("that the page has taken for scrolling is no click", () => {
    const { point, clicks, zooms } = open();
    point("pointerdown", 100, 100);
    point("pointercancel", 100, 100);
    point("pointerup", 100, 100);
    expect([...clicks, ...zooms]).toEqual([]);
  });
});

describe("what is pointed at", () => {
  const event = (type: string, init: PointerEventInit = {}) => new PointerEvent(type, init);

  it("stays where a key has put it until the pointer is moved or pressed", () => {
    const rest = new RestingPointer();
    rest.keyed();
    expect(rest.moved(event("pointermove"))).toBe(false);
    expect(rest.left(event("pointerleave"))).toBe(false);
    expect(rest.moved(event("pointerdown"))).toBe(true);
    rest.keyed();
    expect(rest.moved(event("pointermove", { movementX: 1 }))).toBe(true);
    expect(rest.left(event("pointerleave"))).toBe(true);
  });

  it("stays when a finger is lifted", () => {
    expect(new RestingPointer().left(event("pointerleave", { pointerType: "touch" }))).toBe(false);
    expect(new RestingPointer().left(event("pointerleave", { pointerType: "mouse" }))).toBe(true);
  });
});

describe("by the program", () => {
  it("a zoom is about the middle, and can be undone", () => {
    const { gestures, now } = open();
    gestures.scale(2);
    expect(now()).toEqual({ k: 2, x: -WIDTH / 2, y: -HEIGHT / 2 });
    gestures.reset();
    expect(now()).toEqual({ k: 1, x: 0, y: 0 });
  });

  it("a place is brought into sight with as little movement as needed", () => {
    const { gestures, zooms, now } = open();
    gestures.scale(4);
    const before = now();
    gestures.reveal(200, 150);
    expect(zooms).toHaveLength(1);
    gestures.reveal(WIDTH + 70, -20);
    expect([now().x - before.x, now().y - before.y]).toEqual([-100, 50]);
  });

  it("a smaller element keeps the picture within bounds", () => {
    const { gestures, element, now, wheel } = open();
    wheel(-400, WIDTH, HEIGHT);
    expect(now()).toEqual({ k: 2, x: -WIDTH, y: -HEIGHT });
    element.style.width = "200px";
    gestures.resized();
    expect(now()).toEqual({ k: 2, x: -200, y: -HEIGHT });
  });
});

it("nothing is heard after the end", () => {
  const { point, clicks, wheel, zooms } = open();
  abort.abort();
  point("pointerdown", 1, 1);
  point("pointerup", 1, 1);
  wheel(-100);
  expect([...clicks, ...zooms]).toEqual([]);
});

it("stays where it was while its element is hidden, as a tab of the host hides it", () => {
  const { element, gestures, now } = open();
  gestures.scale(4);
  const before = now();
  element.style.display = "none";
  gestures.resized();
  element.style.display = "";
  gestures.resized();
  expect(now()).toEqual(before);
});
