import { afterEach, expect, it, vi } from "vitest";
import { Stage, summaryTrait } from "./stage";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

/** Rows are added to the third cluster, which was empty. */
function grow(shown: Stage): Int32Array {
  const sizes = Int32Array.of(3, 4, 88, 5);
  const changed = { ...shown.summary, sizes, ntotal: 100, indexVersion: 1 };
  shown.model.receive("_summary", summaryTrait(changed));
  return sizes;
}

it("an index that grows before a search is described as it is now", async () => {
  stage = new Stage();
  await expect.element(stage.see.getByText("12 vectors × 1 in 4 clusters")).toBeVisible();
  grow(stage);
  await expect.element(stage.see.getByText("100 vectors × 1 in 4 clusters")).toBeVisible();
});

it("an answer that is older than the index says so until the index is searched again", async () => {
  stage = new Stage(undefined, { cluster: 2 });
  stage.sayMap();
  stage.answer();
  await expect.element(stage.see.getByTitle("Brute force computes 12", { exact: true })).toBeVisible();
  await expect.element(stage.see.getByText(/· 0 vectors|0 vectors ·/)).toBeVisible();
  grow(stage);
  await expect.element(stage.see.getByText("The index has changed since this search.")).toBeVisible();
  await expect.element(stage.see.getByTitle("Brute force computes 100", { exact: true })).toBeVisible();
  await expect.element(stage.see.getByText(/· 88 vectors|88 vectors ·/)).toBeVisible();
  expect(stage.asked("map")).toHaveLength(2);
  const before = stage.asked("search").length;
  await stage.see.getByRole("button", { name: "Search again" }).click();
  const [{ query, request }] = stage.asked("search").slice(before);
  expect(query).toEqual({ resume: true });
  stage.sayCoarse({ serial: 2, request: request as string, index_version: 1 });
  stage.sayDone(request as string);
  await vi.waitFor(() => expect(stage?.root.querySelector("[role=alert]:not([hidden])")).toBeNull());
});
