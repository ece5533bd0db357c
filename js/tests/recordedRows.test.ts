import { expect, it } from "vitest";
import type { RowLabels, RowLabelsRequest } from "../src/protocol/messages";
import { noteRows, type RowsByCluster, rowsOf } from "../src/protocol/recordedRows";

const BIG = 2n ** 53n + 1n;

function asked(clusters: number[], column: number | null = null): RowLabelsRequest {
  return { kind: "row_labels", request: "r", clusters, column };
}

const TOLD: RowLabels = {
  kind: "row_labels",
  request: "before",
  names: ["deer", "cat"],
  clusters: Int32Array.of(3, 1, 4),
  counts: Int32Array.of(2, 1, 0),
  ids: BigInt64Array.of(BIG, -5n, 7n),
  codes: Uint8Array.of(0, 3, 2),
};

it("what was told of rows is told again for any of their clusters, in the order asked", () => {
  const recorded: RowsByCluster = new Map();
  noteRows(recorded, asked([3, 1, 4]), TOLD);
  expect(rowsOf(recorded, asked([1, 9, 3]))).toEqual({
    ...TOLD,
    request: "r",
    clusters: Int32Array.of(1, 3),
    counts: Int32Array.of(1, 2),
    ids: BigInt64Array.of(7n, BIG, -5n),
    codes: Uint8Array.of(2, 0, 3),
  });
  expect(rowsOf(recorded, asked([4]))).toMatchObject({ counts: Int32Array.of(0) });
});

it("of other clusters, and of another column, nothing is told", () => {
  const recorded: RowsByCluster = new Map();
  noteRows(recorded, asked([3, 1, 4]), TOLD);
  expect(rowsOf(recorded, asked([9]))).toBeNull();
  expect(rowsOf(recorded, asked([3], 0))).toBeNull();
});
