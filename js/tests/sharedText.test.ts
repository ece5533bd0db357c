import { describe, expect, it } from "vitest";
import { csvOf, markdownOf, pythonOf, type SharedRow, type SharedSearch } from "../src/model/sharedText";

const HOSTILE = 'a|b *c* <img onerror=x>\n"d", $e$';

const MISSED: SharedRow = {
  place: 4,
  id: 9007199254740993n,
  distance: Math.fround(0.1),
  cluster: 3,
  rank: 7,
  label: HOSTILE,
  why: "its cluster is not probed",
};

const SEARCH: SharedSearch = {
  query: "row 42",
  row: 42n,
  headline: "11 of 12 true neighbours came back",
  remedy: "nprobe = 7 finds all",
  family: "IVF64,Flat",
  ntotal: 6716,
  nlist: 64,
  nprobe: 4,
  k: 12,
  includeSelf: false,
  missed: [MISSED],
  findings: ["19 of 64 clusters are empty."],
};

describe("a search as Markdown", () => {
  it("has the answer, the numbers, what is missed and why, the remedy and the Python", () => {
    const text = markdownOf(SEARCH);
    expect(text).toContain("**row 42: 11 of 12 true neighbours came back.**");
    expect(text).toContain("IVF64,Flat, 6716 vectors; nprobe 4 of 64, k 12");
    expect(text).toContain("| 4 | 9007199254740993 |");
    expect(text).toContain("| 0.1 | 3 | 7 | its cluster is not probed |");
    expect(text).toContain("nprobe = 7 finds all.");
    expect(text).toContain("- 19 of 64 clusters are empty.");
    expect(text).toContain("w = fw.FederWidget(index, nprobe=4, k=12)\nw.search(42)\nw");
  });

  it("takes labels as text, each in one line", () => {
    const line = markdownOf(SEARCH)
      .split("\n")
      .find((one) => one.includes("9007199254740993"));
    expect(line).toContain('a\\|b \\*c\\* \\<img onerror=x\\> "d", \\$e\\$');
  });

  it("says nothing of what is not missed", () => {
    const text = markdownOf({ ...SEARCH, missed: [], remedy: null, findings: [] });
    expect(text).not.toContain("| missed |");
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
