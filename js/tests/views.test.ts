import { describe, expect, it } from "vitest";
import { viewsFor } from "../src/views/view";

const VIEWS = [
  { name: "clusters", engines: ["ivf"] },
  { name: "layers", engines: ["hnsw"] },
  { name: "distances", engines: ["ivf", "hnsw"] },
];
const names = (summary: object) => viewsFor(VIEWS, summary).map(({ name }) => name);

describe("the views of an index", () => {
  it("are those for its engine, IVF where it names none", () => {
    expect(names({})).toEqual(["clusters", "distances"]);
    expect(names({ engine: "hnsw" })).toEqual(["layers", "distances"]);
    expect(names({ engine: "another" })).toEqual([]);
  });

  it("are only the ones that the kernel accepts, in the order of the page", () => {
    expect(names({ constants: { views: ["distances", "clusters"] } })).toEqual(["clusters", "distances"]);
    expect(names({ constants: { views: ["distances", "layers"] } })).toEqual(["distances"]);
  });
});
