import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { encoded } from "./encode";
import { Stage } from "./stage";

/** A red pixel. */
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

function open(images: boolean, traits: Record<string, unknown> = {}): Stage {
  stage = new Stage(undefined, { k: 3, ...traits }, { labels: true, images });
  stage.sayMap();
  stage.answer();
  return stage;
}

const kindOf = (id: string) => (Number(id) % 2 === 0 ? "deer" : "<b>cat</b>");

async function pictured(shown: Stage): Promise<void> {
  await vi.waitFor(() =>
    shown.sayPictures((id) => ({ label: kindOf(id), url: shown.summary.images ? PIXEL : null })),
  );
}

/** A tile of a list by the row that it shows. */
function tile(shown: Stage, list: string, id: number): HTMLElement {
  return shown.root.querySelector(`[aria-label="${list}"] [data-id="${id}"] button`) as HTMLElement;
}

async function counted(shown: Stage): Promise<void> {
  await vi.waitFor(() => shown.lastAsked("labels"));
  const labels = {
    kind: "labels",
    request: shown.lastAsked("labels").request,
    column: null,
    index_version: 0,
    final: true,
    names: ["deer", "<b>cat</b>"],
    distinct: 3,
    counted: 12,
    total: 12,
    limit: 2000,
    unlabelled: 0,
    failed: 0,
    rows: 4,
    offset: 0,
    counts: Int32Array.of(2, 1, 0, 1, 3, 0, 0, 0, 0, 3, 1, 1),
    commonest: Uint8Array.of(0, 1, 3, 0),
    most: Int32Array.of(2, 3, 0, 3),
  };
  shown.model.say(...encoded(labels));
}

describe("a row without a picture", () => {
  it("is shown by its label, as text", async () => {
    const shown = open(false);
    await pictured(shown);
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 1)).toHaveTextContent("<b>cat</b>"));
    expect(tile(shown, "True neighbours", 1).querySelector("img")).toBeNull();
    expect(tile(shown, "True neighbours", 1).querySelector("b b")).toBeNull();
    expect(tile(shown, "True neighbours", 1).clientWidth).toBeGreaterThan(120);
  });

  it("takes three lines at most", async () => {
    const shown = open(false);
    await vi.waitFor(() => shown.sayPictures(() => ({ label: "many words ".repeat(40) })));
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 1)).toHaveTextContent(/many words/));
    const text = tile(shown, "True neighbours", 1).querySelector(".feder-label-tile > span") as HTMLElement;
    expect(text.clientHeight).toBeLessThanOrEqual(3 * 16);
    expect(text.scrollHeight).toBeGreaterThan(text.clientHeight);
  });
});

describe("a row with a picture and a label", () => {
  it("shows the label under the picture", async () => {
    const shown = open(true);
    await pictured(shown);
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 0).querySelector("img")).not.toBeNull());
    const label = tile(shown, "True neighbours", 0).querySelector(".feder-label") as HTMLElement;
    expect(label).toHaveTextContent("deer");
    const picture = tile(shown, "True neighbours", 0).querySelector("img") as HTMLElement;
    expect(label.getBoundingClientRect().top).toBeGreaterThanOrEqual(
      picture.getBoundingClientRect().bottom - 1,
    );
  });

  it("keeps its place while the label is awaited", async () => {
    const shown = open(true);
    const height = () => tile(shown, "True neighbours", 2)?.getBoundingClientRect().height;
    await vi.waitFor(() => expect(height()).toBeGreaterThan(0));
    const before = height();
    await pictured(shown);
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 2)).toHaveTextContent("deer"));
    expect(height()).toBe(before);
  });
});

describe.each([true, false])("accessible names of tiles, with pictures: %s", (images) => {
  it("hold label and place", async () => {
    const shown = open(images, { cluster: 0 });
    await pictured(shown);
    const name = (list: string, id: number) => tile(shown, list, id).getAttribute("aria-label");
    await vi.waitFor(() =>
      expect(name("True neighbours", 2)).toMatch(/^Row 2, 3rd nearest of all, .*, deer$/),
    );
    await vi.waitFor(() =>
      expect(name("Cluster images", 1)).toMatch(/^Row 1, .*2 of 3, a result, <b>cat<\/b>$/),
    );
  });
});

describe("colours by label", () => {
  const radio = (shown: Stage, name: string) => shown.see.getByRole("radio", { name });
  const label = (shown: Stage, name: string) => shown.see.getByRole("button", { name, exact: true });

  it("are chosen beside the legend, by pointer or by key", async () => {
    const shown = open(true);
    await expect.element(radio(shown, "rank")).toHaveAttribute("aria-checked", "true");
    expect(shown.asked("labels")).toHaveLength(0);
    await radio(shown, "label").click();
    await expect.element(radio(shown, "label")).toHaveAttribute("aria-checked", "true");
    await expect.element(shown.see.getByText("counting labels…")).toBeVisible();
    await counted(shown);
    await expect.element(label(shown, "<b>cat</b>")).toBeVisible();
    await expect.element(shown.see.getByText("1 other")).toBeVisible();
    await userEvent.keyboard("{ArrowLeft}");
    await expect.element(radio(shown, "rank")).toHaveAttribute("aria-checked", "true");
    expect(document.activeElement).toBe(radio(shown, "rank").element());
    expect(shown.root.querySelector(".feder-label-key")).toBeNull();
  });

  it("leave the key of missed neighbours in the legend of the map", async () => {
    const shown = open(true, { k: 5 });
    await radio(shown, "label").click();
    await counted(shown);
    await expect.element(label(shown, "deer")).toBeVisible();
    const foot = shown.root.querySelector(".feder-foot") as HTMLElement;
    const key = shown.root.querySelector(".feder-labels .feder-legend-missed") as HTMLElement;
    expect(key.getBoundingClientRect().bottom).toBeLessThanOrEqual(foot.getBoundingClientRect().bottom);
    expect(key.textContent).toContain("missed");
  });

  it("have one label stand out at a click, and none at the next or at Escape", async () => {
    const shown = open(true);
    await pictured(shown);
    await radio(shown, "label").click();
    await counted(shown);
    await label(shown, "deer").click();
    await expect.element(label(shown, "deer")).toHaveAttribute("aria-pressed", "true");
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 1).dataset.dim).toBe("true"));
    expect(tile(shown, "True neighbours", 0).dataset.dim).toBe("false");
    await expect.element(shown.see.getByText("6 rows, half of them in 1 cluster")).toBeVisible();
    await label(shown, "deer").click();
    await vi.waitFor(() => expect(tile(shown, "True neighbours", 1).dataset.dim).toBe("false"));
    await label(shown, "deer").click();
    await userEvent.keyboard("{ArrowRight}{Enter}");
    await expect.element(label(shown, "<b>cat</b>")).toHaveAttribute("aria-pressed", "true");
    await userEvent.keyboard("{Escape}");
    await expect.element(label(shown, "<b>cat</b>")).toHaveAttribute("aria-pressed", "false");
  });

  it("keep the label that stands out, and the size of the picture, from view to view", async () => {
    const shown = open(true);
    const height = () => (shown.root.querySelector(".feder-map") as HTMLElement).clientHeight;
    await vi.waitFor(() => expect(height()).toBeGreaterThan(0));
    const before = height();
    await radio(shown, "label").click();
    await counted(shown);
    await label(shown, "deer").click();
    expect(height()).toBe(before);
    for (const view of ["Distances", "Projection"]) {
      await shown.see.getByRole("tab", { name: view }).click();
      if (view === "Projection") await vi.waitFor(() => shown.sayProjection());
      await expect.element(label(shown, "deer")).toHaveAttribute("aria-pressed", "true");
    }
    expect(shown.lastAsked("row_labels")).toMatchObject({ clusters: [0] });
  });

  it("are not offered where rows have no labels", async () => {
    stage = new Stage();
    stage.sayMap();
    stage.answer();
    await expect.element(stage.see.getByText("area: vectors")).toBeVisible();
    expect(stage.root.querySelector("[role=radiogroup]")).toBeNull();
  });

  it("are none where labels differ from row to row, and that is said", async () => {
    const shown = open(false);
    await radio(shown, "label").click();
    await vi.waitFor(() => shown.lastAsked("labels"));
    const texts = {
      kind: "labels",
      request: "l",
      column: null,
      index_version: 0,
      final: true,
      names: ["one"],
      distinct: 12,
      counted: 12,
      total: 12,
      limit: 2000,
      unlabelled: 0,
      failed: 0,
      rows: 4,
      offset: 0,
      counts: Int32Array.of(1, 2, 0, 4, 0, 0, 0, 5),
      commonest: Uint8Array.of(0, 1, 2, 1),
      most: Int32Array.of(1, 1, 0, 1),
    };
    shown.model.say(...encoded(texts));
    await expect.element(shown.see.getByText("too many different labels for colours")).toBeVisible();
    expect(shown.root.querySelector(".feder-label-key")).toBeNull();
  });
});

describe("the composition of a cluster", () => {
  it("stands in its panel, and in colours where these mean labels", async () => {
    const shown = open(true, { cluster: 3 });
    await vi.waitFor(() => expect(shown.lastAsked("composition")).toMatchObject({ cluster: 3 }));
    const composition = {
      kind: "composition",
      request: shown.lastAsked("composition").request,
      cluster: 3,
      names: ["deer", "<b>cat</b>"],
      counts: [3, 1],
      distinct: 2,
      counted: 4,
      total: 5,
      unlabelled: 0,
      failed: 0,
    };
    shown.model.say(...encoded(composition));
    const panel = shown.root.querySelector(".feder-cluster") as HTMLElement;
    await vi.waitFor(() => expect(panel).toHaveTextContent("75 % deer"));
    expect(panel.querySelector(".feder-composition")).toBeNull();
    await shown.see.getByRole("radio", { name: "label" }).click();
    await counted(shown);
    await vi.waitFor(() => expect(panel).toHaveTextContent("deer 75 %<b>cat</b> 25 %of 4 sampled rows"));
    expect(panel.querySelectorAll(".feder-composition-bar i")).toHaveLength(2);
  });
});
