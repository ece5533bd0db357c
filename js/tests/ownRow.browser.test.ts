import { afterEach, describe, expect, it, vi } from "vitest";
import { Stage } from "./stage";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

// Clusters of 3, 4, 0 and 5 rows at distances 0 1 2, 10 11 12 13, -, 30 31 32 33 34; row 0 is the query.
function open(traits: Record<string, unknown>, ...options: Parameters<Stage["answer"]>): Stage {
  stage = new Stage(undefined, { include_self: false, k: 3, ...traits });
  stage.answer(...options);
  return stage;
}

function ids({ dataset }: HTMLElement): (string | undefined)[] {
  return [dataset.results, dataset.missedIds, dataset.missed];
}

describe("the root", () => {
  it("says which rows are returned and which are missed", async () => {
    const shown = open({});
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["1,2", "3", "1"]));
    shown.model.receive("nprobe", 2);
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["1,2,3", "", "0"]));
    shown.model.receive("k", 6);
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["1,2,3,4,5,6", "", "0"]));
    shown.model.receive("nprobe", 1);
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["1,2", "3,4,5,6", "4"]));
  });

  it("says neither while it is unknown", async () => {
    stage = new Stage(undefined, { include_self: false, k: 3 }, { replayable: false });
    expect(ids(stage.root)).toEqual(["", "", ""]);
    stage.answer();
    await vi.waitFor(() => expect(stage?.root.dataset.missed).not.toBe(""));
    expect(ids(stage.root).slice(0, 2)).toEqual(["", ""]);
  });
});

describe("the box to count the query itself", () => {
  it("is there for a row, and changes results, missed neighbours and the trait", async () => {
    const shown = open({});
    const box = shown.see.getByRole("checkbox", { name: "Count the query itself" });
    await expect.element(box).not.toBeChecked();
    await expect
      .element(shown.see.getByRole("slider", { name: "nprobe", exact: true }))
      .toHaveAttribute("aria-valuetext", "1: recall@3 = 2 of 3");
    await box.click();
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["0,1,2", "", "0"]));
    await expect.poll(() => shown.model.get("include_self")).toBe(true);
    await expect
      .element(shown.see.getByRole("slider", { name: "nprobe", exact: true }))
      .toHaveAttribute("aria-valuetext", "1: recall@3 = 3 of 3");
  });

  it("is not there for a vector", async () => {
    const shown = open({}, { id: null, copies: 0 });
    await vi.waitFor(() => expect(ids(shown.root)).toEqual(["0,1,2", "", "0"]));
    expect(shown.see.getByRole("checkbox", { name: "Count the query itself" }).elements()).toEqual([]);
  });

  it("is asked for with a workload", async () => {
    const shown = open({});
    await shown.see.getByRole("tab", { name: "Workload" }).click();
    const evaluate = shown.see.getByRole("button", { name: "Evaluate queries" });
    await evaluate.click();
    expect(shown.lastAsked("evaluate").include_self).toBe(false);
    const { request } = shown.lastAsked("evaluate");
    shown.model.say({ kind: "error", request, code: "invalid", message: "no" });
    await shown.see.getByRole("checkbox", { name: "Count the query itself" }).click();
    await evaluate.click();
    await vi.waitFor(() => expect(shown.lastAsked("evaluate").include_self).toBe(true));
  });
});

describe("the row that is the query", () => {
  it("is called so among the candidates", async () => {
    const shown = open({ view: "distances" });
    await shown.see.getByRole("button", { name: "Table" }).click();
    await expect.element(shown.see.getByRole("row", { name: /^query 0/ })).toBeVisible();
    await expect.element(shown.see.getByRole("row", { name: /^result 1 1 / })).toBeVisible();
  });

  it("is not counted where there are fewer vectors than k", async () => {
    const shown = open({ k: 5 });
    await expect.element(shown.see.getByText("holds only 2 vectors besides the query.")).toBeVisible();
  });
});
