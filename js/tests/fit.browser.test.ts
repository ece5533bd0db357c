import { h, render } from "preact";
import { expect, it } from "vitest";
import { useFit } from "../src/graph/views/nodes/useFit";
import type { Gestures } from "../src/views/gestures";
import { type Size, UNZOOMED } from "../src/views/viewport";
import { recorded, walkOf } from "./graphRecorded";

it("a view that is mounted again, with all at hand, hears the size that the search was fitted to", () => {
  const size: Size = { width: 640, height: 400, ratio: 1 };
  const heard: Size[] = [];
  const node = { id: 1n, x: 0.5, y: 0.5, kind: "visited" };
  const scene = { nodes: [node], counts: { visited: 1, expanded: 0, districts: 1 } };
  function View() {
    useFit({
      walk: walkOf(recorded.apart),
      ground: recorded,
      scene: scene as never,
      aspect: 1.5,
      size,
      gestures: { reset: () => {}, fit: () => {} } as unknown as Gestures,
      latest: { current: UNZOOMED },
      isWhole: true,
      box: () => null,
      fitted: (_view, _k, now) => heard.push(now),
    });
    return null;
  }
  for (const _ of [1, 2]) {
    const place = document.createElement("div");
    render(h(View, {}), place);
    render(null, place);
  }
  expect(heard).toEqual([size, size]);
});
