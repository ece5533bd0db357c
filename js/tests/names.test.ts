import { describe, expect, it } from "vitest";
import { ownNames, saidAsStrings, takenNames } from "../names.mjs";

describe("the names that the bundle shortens", () => {
  it("are none that a message, the browser or a package uses", () => {
    const own = ownNames();
    const taken = [...takenNames()];
    expect(taken).toContain("nearest");
    expect(taken).toContain("addEventListener");
    expect(taken.filter((name) => own.test(name))).toEqual([]);
  });

  it("are said by no part of Preact as a string, by which it would miss them", () => {
    expect(saidAsStrings()).toEqual([]);
  });

  it("are those of the source alone", () => {
    expect(ownNames().test("candidateOrder")).toBe(true);
  });
});
