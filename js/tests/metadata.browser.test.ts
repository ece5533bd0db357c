import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { encoded } from "./encode";
import { Stage } from "./stage";

const HOSTILE = "<img src=x onerror=\"document.title='hacked'\">";

let stages: Stage[] = [];

afterEach(() => {
  for (const stage of stages) stage.close();
  stages = [];
});

function open(columns: string[], view = "clusters") {
  const stage = new Stage([3, 4, 0, 5], { view }, { columns });
  stages.push(stage);
  stage.answer();
  return { stage, see: stage.see };
}

describe("the metadata of a row", () => {
  it("is a list in its card, a value for each column, and never HTML", async () => {
    const { stage, see } = open(["name", HOSTILE, "price"]);
    await see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ }).click();
    await vi.waitFor(() => stage.sayValues((id) => [`<b>row ${id}</b>`, HOSTILE, null]));
    const facts = see.getByRole("dialog").getByRole("group", { name: "Metadata, scrollable" });
    await expect.element(facts.getByText("<b>row 1</b>")).toBeVisible();
    const [names, values] = ["dt", "dd"].map((tag) =>
      [...facts.element().querySelectorAll(tag)].map((element) => element.textContent),
    );
    expect(names).toEqual(["name", HOSTILE, "price"]);
    expect(values).toEqual(["<b>row 1</b>", HOSTILE, "–missing"]);
    expect(stage.element.querySelector("img[src=x], dd b")).toBeNull();
    expect(document.title).not.toBe("hacked");
  });

  it("of many columns scrolls in its card, by the keyboard too", async () => {
    const { stage, see } = open(Array.from({ length: 32 }, (_, i) => `column ${i}`));
    await see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ }).click();
    await vi.waitFor(() => stage.sayValues(() => Array.from({ length: 32 }, () => "x".repeat(80))));
    const box = see.getByRole("group", { name: "Metadata, scrollable" }).element();
    await vi.waitFor(() => expect(box.scrollHeight).toBeGreaterThan(box.clientHeight));
    expect(box.scrollWidth).toBe(box.clientWidth);
    const card = see.getByRole("dialog").element().getBoundingClientRect();
    expect(card.bottom).toBeLessThanOrEqual(stage.root.getBoundingClientRect().bottom);
    (box as HTMLElement).focus();
    await userEvent.keyboard("{End}");
    await vi.waitFor(() => expect(box.scrollTop).toBeGreaterThan(0));
  });

  it("of a row that the table does not hold is left out", async () => {
    const { stage, see } = open(["name"]);
    await see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ }).click();
    await vi.waitFor(() => stage.sayValues(() => []));
    await vi.waitFor(() => expect(stage.element.querySelector(".feder-facts")).toBeNull());
  });

  it("is not asked for where there is none", async () => {
    const { stage, see } = open([]);
    await see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ }).click();
    await expect.element(see.getByRole("dialog")).toBeVisible();
    expect(stage.asked("row_values")).toEqual([]);
    expect(see.getByRole("group", { name: "Metadata, scrollable" }).elements()).toEqual([]);
  });

  it("has columns of its own in the table of candidates", async () => {
    const { stage, see } = open(["name", "price"], "distances");
    await see.getByRole("button", { name: "View as table" }).click();
    const table = see.getByRole("table");
    await expect.element(table.getByRole("columnheader", { name: "price" })).toBeVisible();
    await vi.waitFor(() => stage.sayValues((id) => [`row ${id}`, id === "1" ? null : HOSTILE]));
    await expect.element(table.getByRole("cell", { name: "row 2" })).toBeVisible();
    expect(table.getByRole("cell", { name: HOSTILE }).elements().length).toBeGreaterThan(0);
    expect(table.getByText("missing").elements()).toHaveLength(1);
    expect(stage.element.querySelector("img[src=x]")).toBeNull();
  });

  it("is in the card under the pointer, of the first columns, with a word on the others", async () => {
    const { stage, see } = open(["a", "b", "c", "d", "e", "f", "g", "h"], "distances");
    const canvas = await vi.waitFor(() => {
      const found = stage.element.querySelector<HTMLCanvasElement>(".feder-points canvas");
      if (found === null) throw new Error("no canvas");
      return found;
    });
    (canvas.closest(".feder-points") as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}");
    await vi.waitFor(() => stage.sayValues((id) => Array.from("abcdefgh", (name) => `${name}${id}`)));
    const card = stage.element.querySelector(".feder-point-card") as HTMLElement;
    await vi.waitFor(() => expect(card.querySelectorAll("dt")).toHaveLength(6));
    await vi.waitFor(() => expect(card.textContent).toMatch(/fa?f\d/));
    expect(card.textContent).toContain("and 2 more columns");
    expect(see.getByRole("dialog").elements()).toEqual([]);
  });
});

describe("the map coloured by a column", () => {
  const sayCounts = (stage: Stage, column: number | null, names: string[]) => {
    const labels = {
      kind: "labels",
      request: stage.lastAsked("labels").request,
      column,
      index_version: 0,
      final: true,
      names,
      distinct: names.length,
      counted: 12,
      total: 12,
      limit: 2000,
      unlabelled: 0,
      failed: 0,
      rows: 4,
      offset: 0,
      counts: new Int32Array(4 * (names.length + 1)).fill(2),
      commonest: Uint8Array.of(0, 1, 2, 0),
      most: Int32Array.of(2, 2, 0, 2),
    };
    stage.model.say(...encoded(labels));
  };

  const sayScale = (stage: Stage) => {
    const scale = {
      kind: "scale",
      request: stage.lastAsked("scale").request,
      column: 0,
      index_version: 0,
      unit: "number",
      low: 2,
      high: 98,
      least: 0,
      greatest: 120,
      counted: 12,
      total: 12,
      limit: 2000,
      missing: 1,
      infinite: 0,
      rows: 4,
      offset: 0,
      valued: Int32Array.of(3, 4, 0, 4),
      means: Float64Array.of(62.5, 20, 0, 90),
      least_values: Float64Array.of(0, 20, 0, 80),
      greatest_values: Float64Array.of(120, 20, 0, 100),
    };
    stage.model.say(...encoded(scale));
  };

  function openColoured(labels: boolean, scales: number[] = [], view = "clusters") {
    const columns = ["price", "kind", "<b>sold</b>"];
    const stage = new Stage(undefined, { k: 3, view }, { columns, categories: [1, 2], scales, labels });
    stages.push(stage);
    stage.sayMap();
    stage.answer();
    return { stage, see: stage.see };
  }

  it("offers the columns that can have colours, and asks for their values", async () => {
    const { stage, see } = openColoured(false);
    const choice = see.getByRole("combobox", { name: "Colour by" });
    await expect.element(choice).toBeVisible();
    const options = [...choice.element().querySelectorAll("option")].map((option) => option.textContent);
    expect(options).toEqual(["rank", "kind", "<b>sold</b>"]);
    await userEvent.selectOptions(choice, "kind");
    await vi.waitFor(() => expect(stage.lastAsked("labels")).toMatchObject({ column: 1 }));
    sayCounts(stage, 1, ["cat", "dog"]);
    await expect.element(see.getByRole("group", { name: "kind" }).getByText("dog")).toBeVisible();
    await expect.element(choice).toHaveValue("1");
  });

  it("frames tiles by their row's value, and a chosen value stands out", async () => {
    const { stage, see } = openColoured(false);
    await userEvent.selectOptions(see.getByRole("combobox", { name: "Colour by" }), "kind");
    await vi.waitFor(() => stage.lastAsked("labels"));
    sayCounts(stage, 1, ["cat", "dog"]);
    await vi.waitFor(() => stage.sayValues((id) => ["1", Number(id) % 2 === 0 ? "cat" : "dog", null]));
    await see.getByRole("button", { name: "dog", exact: true }).click();
    const tile = (id: number) =>
      stage.root.querySelector(`[aria-label="True neighbours"] [data-id="${id}"] button`) as HTMLElement;
    await vi.waitFor(() => expect(tile(2).dataset.dim).toBe("true"));
    expect(tile(1).dataset.dim).toBe("false");
    const frame = (id: number) => tile(id).style.getPropertyValue("--feder-frame");
    expect(frame(1)).not.toBe(frame(2));
  });

  it("goes back to ranks, and from a column to labels, whose counts are not mixed up", async () => {
    const { stage, see } = openColoured(true);
    const choice = see.getByRole("combobox", { name: "Colour by" });
    await userEvent.selectOptions(choice, "<b>sold</b>");
    await vi.waitFor(() => expect(stage.lastAsked("labels")).toMatchObject({ column: 2 }));
    await userEvent.selectOptions(choice, "label");
    await vi.waitFor(() => expect(stage.lastAsked("labels")).toMatchObject({ column: null }));
    // The answer about the column is late.
    sayCounts(stage, 2, ["yes", "no"]);
    await expect.element(see.getByText("counting labels…")).toBeVisible();
    sayCounts(stage, null, ["deer", "frog"]);
    await expect.element(see.getByRole("group", { name: "Labels" }).getByText("frog")).toBeVisible();
    await expect.element(choice).toHaveValue("label");
    await userEvent.selectOptions(choice, "rank");
    await expect.element(choice).toHaveValue("rank");
    await expect.element(see.getByText("query to centroid")).toBeVisible();
  });

  it("by numbers shows their scale, and tells the value of each row and the mean of each cluster", async () => {
    const { stage, see } = openColoured(false, [0]);
    const choice = see.getByRole("combobox", { name: "Colour by" });
    await expect.element(choice).toBeVisible();
    const options = [...choice.element().querySelectorAll("option")].map((option) => option.textContent);
    expect(options).toEqual(["rank", "price", "kind", "<b>sold</b>"]);
    await userEvent.selectOptions(choice, "price");
    await expect.element(see.getByText("reading values…")).toBeVisible();
    sayScale(stage);
    const legend = see.getByRole("group", { name: "Scale of price" });
    await expect.element(legend).toHaveTextContent(/price≤ 2≥ 98/);
    await expect.element(see.getByText("2nd to 98th percentile of 12 rows")).toBeVisible();
    await vi.waitFor(() =>
      stage.sayValues(
        (id) => [id === "2" ? null : `${40 * Number(id)}`, "cat", null],
        (id) => (id === "2" ? Number.NaN : 40 * Number(id)),
      ),
    );
    const tile = (id: number) =>
      stage.root.querySelector(`[aria-label="True neighbours"] [data-id="${id}"] button`) as HTMLElement;
    await vi.waitFor(() => expect(tile(1).getAttribute("aria-label")).toMatch(/, price 40$/));
    expect(tile(2).getAttribute("aria-label")).toMatch(/, price missing$/);
    const frames = [0, 1, 2].map((id) => tile(id).style.getPropertyValue("--feder-frame"));
    expect(new Set(frames).size).toBe(3);
    (stage.root.querySelector(".feder-map") as HTMLElement).focus();
    await userEvent.keyboard("{PageDown}");
    await expect.element(see.getByText(/^Cluster \d+, .*price (mean|always|no value)/)).toBeInTheDocument();
    await see.getByRole("button", { name: "View as table" }).click();
    const table = see.getByRole("table");
    await expect.element(table.getByRole("columnheader", { name: "mean price" })).toBeVisible();
    await expect.element(table.getByRole("cell", { name: "62.5" })).toBeVisible();
    expect(table.getByRole("cell", { name: "no value" }).elements()).toHaveLength(3);
  });

  it("by numbers tells the value of the point that a key reaches", async () => {
    const { stage, see } = openColoured(false, [0], "distances");
    await userEvent.selectOptions(see.getByRole("combobox", { name: "Colour by" }), "price");
    await vi.waitFor(() => stage.lastAsked("scale"));
    sayScale(stage);
    await vi.waitFor(() => stage.lastAsked("row_levels"));
    const frame = await vi.waitFor(() => stage.root.querySelector(".feder-points") as HTMLElement);
    frame.focus();
    await userEvent.keyboard("{ArrowRight}");
    await vi.waitFor(() => {
      if (stage.asked("row_values").length > 0) stage.sayValues((id) => [`${id}0`, null, null], Number);
    });
    await expect.element(see.getByText(/^Row (\d), distance .*; price \1[0]$/)).toBeInTheDocument();
  });

  it("by numbers says why where the kernel refuses", async () => {
    const { stage, see } = openColoured(false, [0]);
    await userEvent.selectOptions(see.getByRole("combobox", { name: "Colour by" }), "price");
    await vi.waitFor(() => stage.lastAsked("scale"));
    const { request } = stage.lastAsked("scale");
    stage.model.say({ kind: "error", request, code: "failed", message: "the table has changed" });
    await expect.element(see.getByRole("status").getByText("the table has changed")).toBeVisible();
  });

  it("is not offered without such columns", () => {
    const { see } = open(["price"]);
    expect(see.getByRole("combobox", { name: "Colour by" }).elements()).toEqual([]);
  });
});
