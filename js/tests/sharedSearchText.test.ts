import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/findings.json";
import {
  csvOf,
  markdownOf,
  pythonOf,
  type SharedRow,
  type SharedSearch,
} from "../src/model/sharedSearchText";

const HOSTILE = 'a|b *c* <img onerror=x>\n"d", $e$';

const MISSED: SharedRow = {
  place: 4,
  id: 9007199254740993n,
  distance: Math.fround(0.1),
  cluster: 3,
  rank: 7,
  label: HOSTILE,
  why: "its cluster is not probed",
  lostTo: "coarse",
};

/** The search of a fixture, whose row ids are strings. */
function searchOf({ shared }: (typeof recorded)[keyof typeof recorded]): SharedSearch {
  const missed = shared.missed.map((row) => ({ ...row, id: BigInt(row.id) }));
  return { ...shared, row: shared.row === null ? null : BigInt(shared.row), missed } as SharedSearch;
}

const SEARCH = searchOf(recorded["two are missed"]);

describe("a search as Markdown", () => {
  it.each(Object.entries(recorded))("is what Python writes: %s", (_, one) => {
    expect(markdownOf(searchOf(one))).toBe(one.markdown);
  });

  it("takes labels as text, each in one line", () => {
    const line = markdownOf({ ...SEARCH, missed: [MISSED] })
      .split("\n")
      .find((one) => one.includes("9007199254740993"));
    expect(line).toContain('a\\|b \\*c\\* \\<img onerror=x\\> "d", \\$e\\$');
  });

  it("says what is known so far of a search that is not complete, and of a cluster that is switched off", () => {
    const text = markdownOf({ ...SEARCH, soFar: "3 of 12 true neighbours so far" });
    expect(text).toContain("**row 42: 3 of 12 true neighbours so far.**\n");
    expect(text).not.toContain("finds all");
    expect(markdownOf({ ...SEARCH, missed: [{ ...MISSED, lostTo: "off" }] })).toContain(
      "its cluster is switched off",
    );
  });
});

it("Python for a vector, with itself counted, says so", () => {
  expect(pythonOf({ ...SEARCH, row: null, includeSelf: true })).toContain(
    "include_self=True)\nw.search(vector)",
  );
});

describe("rows as comma-separated values", () => {
  it("are quoted where they have to be, with exact ids and distances", () => {
    expect(csvOf([MISSED], true)).toBe(
      "place,id,distance,cluster,rank,label,why\r\n" +
        '4,9007199254740993,0.1,3,7,"a|b *c* <img onerror=x>\n""d"", $e$",its cluster is not probed\r\n',
    );
  });

  it("hold no formulas", () => {
    for (const start of ["=", "+", "-", "@"]) {
      expect(csvOf([{ ...MISSED, label: `${start}1+1` }], false)).toContain(`,'${start}1+1\r\n`);
    }
    expect(csvOf([{ ...MISSED, distance: -0.5, label: null, place: null }], false)).toContain(
      "\r\n,9007199254740993,-0.5,3,7,\r\n",
    );
  });
});
