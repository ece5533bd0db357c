import { expect, it } from "vitest";
import { acceptedViews } from "../src/views";

it("the views of an index are the ones that the kernel accepts, in the order of the page", () => {
  const names = (views: string[]) => acceptedViews({ views }).map(({ name }) => name);
  expect(names(["projection", "clusters", "distances"])).toEqual(["clusters", "distances", "projection"]);
  expect(names(["distances", "layers", "clusters"])).toEqual(["clusters", "distances"]);
  expect(names([])).toEqual([]);
});
