import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/graph_findings.json";
import { type Reason, reasonText } from "../src/graph/model/missReason";
import {
  csvOf,
  markdownOf,
  pythonOf,
  type SharedNeighbour,
  type SharedWalk,
} from "../src/graph/model/sharedWalkText";

type Recorded = (typeof recorded.findings)[keyof typeof recorded.findings];

/** The search of a fixture, whose row ids are strings. */
function searchOf({ shared }: Recorded): SharedWalk {
  const missed = shared.missed.map((row) => ({ ...row, id: BigInt(row.id) }));
  return { ...shared, row: shared.row === null ? null : BigInt(shared.row), missed } as SharedWalk;
}

const SEARCH = searchOf(recorded.findings["two are missed"]);

describe("a search of a graph as Markdown", () => {
  it.each(Object.entries(recorded.findings))("is what Python writes: %s", (_, one) => {
    expect(markdownOf(searchOf(one))).toBe(one.markdown);
  });

  it.each(Object.entries(recorded.reasons))("gives the reason that Python gives: %s", (reason, text) => {
    expect(reasonText(reason as Reason, true, SEARCH.efUsed)).toBe(text);
  });

  it("says what is known so far of a search that is not complete, without a remedy", () => {
    const text = markdownOf({ ...SEARCH, soFar: "3 of 12 true neighbours so far" });
    expect(text).toContain("**row 42: 3 of 12 true neighbours so far.**\n");
    expect(text).not.toContain("finds all");
  });
});

it("Python for a vector, with itself counted, says so", () => {
  expect(pythonOf({ ...SEARCH, row: null, includeSelf: true })).toContain(
    "w = fw.FederWidget(index, ef_search=1234, k=12, include_self=True)\nw.search(vector)",
  );
});

it("rows of a graph are comma-separated values without formulas, with the efSearch that finds each", () => {
  const row: SharedNeighbour = {
    place: 4,
    id: 9007199254740993n,
    distance: Math.fround(0.1),
    label: "=1+1",
    why: "Needs efSearch 23.",
    lostTo: "early",
    needs: 23,
  };
  expect(csvOf([row], true)).toBe(
    "place,id,distance,label,needs efSearch,why\r\n4,9007199254740993,0.1,'=1+1,23,Needs efSearch 23.\r\n",
  );
  expect(csvOf([{ ...row, label: null }], false)).toBe(
    "place,id,distance,label\r\n4,9007199254740993,0.1,\r\n",
  );
});
