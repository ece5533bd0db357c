import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
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
