import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { itemsOf, resultsOf, Stage } from "./stage";

let stages: Stage[] = [];

function open(...options: ConstructorParameters<typeof Stage>) {
  const stage = new Stage(...options);
  stages.push(stage);
  return { stage, see: stage.see };
}

afterEach(() => {
  for (const stage of stages) stage.close();
  stages = [];
});

const VIEWPORT = [innerWidth, innerHeight] as const;

const RED_DOT =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const HOSTILE = "<img src=x onerror=\"document.title = 'hacked'\"><b>bold</b>";

function idsOf(items: Iterable<HTMLElement>): (string | undefined)[] {
  return Array.from(items, (item) => item.dataset.id);
}

/** The row, and what became of it, of each true neighbour. */
function neighboursOf(display: Element): string[] {
  return itemsOf(display, "True neighbours").map(({ dataset }) => `${dataset.id} ${dataset.state}`);
}

/** A value that the page sets goes to the kernel with the next save. */
function saved(stage: Stage, name: string) {
  return expect.poll(() => stage.model.get(name));
}

describe("the page before a search", () => {
  it("has everything under its name", async () => {
    const { stage, see } = open();
    for (const name of ["nprobe", "k"]) {
      await expect.element(see.getByRole("slider", { name, exact: true })).toBeVisible();
    }
    for (const name of ["nprobe as a number", "k as a number"]) {
      await expect.element(see.getByRole("spinbutton", { name, exact: true })).toBeVisible();
    }
    for (const name of [
      ...["Random query", "Find a miss", "Back to the query before", "Forward to the next query"],
      ...["Play", "Step back", "Step forward", "View as table", "Full screen"],
      ...["Decrease nprobe", "Increase nprobe", "Decrease k", "Increase k", "Random row"],
    ]) {
      await expect.element(see.getByRole("button", { name, exact: true })).toBeVisible();
    }
    await expect.element(see.getByRole("tab", { name: "Clusters" })).toHaveAttribute("aria-selected", "true");
    await expect.element(see.getByRole("textbox", { name: "Search by id" })).toBeVisible();
    for (const name of ["This query", "Workload"]) {
      await expect.element(see.getByRole("tab", { name })).toBeVisible();
    }
    await expect.element(see.getByRole("region", { name: "Pick a query" })).toBeVisible();
    await expect.element(see.getByRole("list", { name: "Results", exact: true })).not.toBeInTheDocument();
    const state = { state: "idle", query: "", nprobe: "1", k: "5", results: "", missedIds: "" };
    expect({ ...stage.root.dataset }).toMatchObject(state);
  });

  it("offers no step of a search", async () => {
    const { see } = open();
    for (const name of ["Play", "Step back", "Step forward"]) {
      await expect.element(see.getByRole("button", { name, exact: true })).toBeDisabled();
    }
  });
});

describe("results", () => {
  it("are a list whose items carry id and distance, nearest first, until the true neighbours are known", async () => {
    const { stage, see } = open();
    stage.sayCoarse({ id: 0n });
    stage.sayCandidates(1, 1);
    const list = see.getByRole("list", { name: "Results", exact: true });
    await expect.element(list).toBeVisible();
    await vi.waitFor(() => expect(idsOf(stage.items("Results"))).toEqual(["0", "1", "2"]));
    expect(stage.items("Results").map((item) => item.dataset.distance)).toEqual(["0", "1", "2"]);
    expect(list.element().tagName).toBe("OL");
    expect(stage.results).toEqual(["0", "1", "2"]);
    expect(stage.root.dataset.missedIds).toBe("");
    stage.sayCandidates(2, 4);
    stage.sayDone();
    await expect.element(see.getByRole("list", { name: "True neighbours", exact: true })).toBeVisible();
    await expect.element(list).not.toBeInTheDocument();
    expect({ ...stage.root.dataset }).toMatchObject({ state: "done", query: "0", results: "0,1,2" });
    await expect
      .element(see.getByText("holds only"))
      .toHaveTextContent("k = 5 cannot be reached: the 1 probed cluster holds only 3 vectors.");
  });

  it("are the true neighbours in order, missed ones in their place, and the results that came instead", async () => {
    const { stage, see } = open([3, 4, 2, 5], { k: 6 });
    stage.answer({ id: 0n });
    const list = see.getByRole("list", { name: "True neighbours", exact: true });
    await expect.element(list).toBeVisible();
    expect(list.element().tagName).toBe("OL");
    expect(neighboursOf(stage.element)).toEqual([
      ...["0 found", "1 found", "2 found"],
      ...["3 missed", "4 missed", "5 missed"],
    ]);
    const items = stage.items("True neighbours");
    expect(items.map(({ dataset }) => dataset.distance)).toEqual(["0", "1", "2", "10", "11", "12"]);
    expect(items.map(({ dataset }) => dataset.rank)).toEqual(["1", "1", "1", "2", "2", "2"]);
    expect(stage.root.dataset).toMatchObject({ results: "0,1,2", missedIds: "3,4,5", missed: "3" });
    await expect.element(see.getByText("3 of 6 true neighbours came back")).toBeVisible();
    await expect.element(see.getByText("3 missed:")).toBeVisible();
    await expect.element(see.getByText("in the cluster ranked 2")).toBeVisible();
    expect(stage.items("Came instead")).toEqual([]);
    // Clusters 1, 3 and 4, but not 2.
    stage.model.receive("nprobe", 4);
    stage.model.receive("cluster", 1);
    await see.getByRole("button", { name: "Don't probe" }).click();
    await vi.waitFor(() => expect(idsOf(stage.items("Came instead"))).toEqual(["7", "8", "9"]));
    expect(stage.items("Came instead").map(({ dataset }) => dataset.distance)).toEqual(["20", "21", "30"]);
    expect(stage.root.dataset).toMatchObject({ results: "0,1,2,7,8,9", missedIds: "3,4,5" });
    for (const place of ["8th", "9th", "10th"]) {
      const name = new RegExp(`^Row \\d, a result that is no true neighbour: ${place} nearest of all`);
      await expect.element(see.getByRole("button", { name })).toBeVisible();
    }
  });

  it("keep every digit of a large id", async () => {
    const { stage } = open([2], { k: 2 });
    stage.sayCoarse({ id: -(2n ** 63n) });
    stage.sayCandidates(1, 1, { ids: BigInt64Array.of(2n ** 53n + 1n, -(2n ** 63n)) });
    const ids = ["9007199254740993", "-9223372036854775808"];
    await vi.waitFor(() => expect(stage.results).toEqual(ids));
    expect(idsOf(stage.items("True neighbours"))).toEqual(ids);
    expect(stage.root.dataset.query).toBe("-9223372036854775808");
  });

  it.each([
    ["Results", { unexplained: "nobody knows" }],
    ["True neighbours", {}],
  ])("are listed each where rows share an id, however many there are of them: %s", async (name, summary) => {
    const { stage } = open([6], {}, summary);
    stage.sayCoarse({ id: 0n });
    stage.sayCandidates(1, 1, { ids: BigInt64Array.of(7n, 8n, 7n, 9n, 7n, 5n) });
    stage.sayDone();
    await vi.waitFor(() => expect(idsOf(stage.items(name))).toEqual(["7", "8", "7", "9", "7"]));
    const before = stage.items(name);
    stage.model.receive("k", 3);
    await vi.waitFor(() => expect(idsOf(stage.items(name))).toEqual(["7", "8", "7"]));
    // Each row keeps its own element.
    expect(stage.items(name)).toEqual(before.slice(0, 3));
    stage.model.receive("k", 6);
    await vi.waitFor(() => expect(idsOf(stage.items(name))).toEqual(["7", "8", "7", "9", "7", "5"]));
    expect(stage.results).toEqual(["7", "8", "7", "9", "7", "5"]);
  });

  it("follow nprobe and k at once, and the kernel is not asked", async () => {
    const { stage } = open();
    stage.answer();
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    const searches = stage.asked("search").length;
    stage.model.receive("nprobe", 2);
    await vi.waitFor(() => expect(stage.results).toEqual(["0", "1", "2", "3", "4"]));
    stage.model.receive("k", 4);
    await vi.waitFor(() => expect(stage.results).toEqual(["0", "1", "2", "3"]));
    expect(stage.asked("search")).toHaveLength(searches);
  });

  it("say which clusters cost how many distances", async () => {
    const { stage } = open();
    stage.answer();
    stage.model.receive("nprobe", 2);
    await vi.waitFor(() => {
      const text = stage.root.querySelector(".feder-cost")?.textContent;
      expect(text).toContain("11 distances = 4 coarse + 7 fine");
      expect(text).toContain("91.7\u00a0% of brute force");
    });
    expect(stage.root.querySelector("[title='Brute force computes 12']")).not.toBeNull();
  });
});

describe("a neighbour's picture", () => {
  it("is pointed at by a pointer that moves over it, not by one that it is scrolled under", async () => {
    const { stage } = open();
    stage.answer({ id: 0n });
    await vi.waitFor(() => expect(stage.results).toEqual(["0", "1", "2"]));
    await vi.waitFor(() => expect(stage.items("True neighbours")).toHaveLength(5));
    const tiles = stage
      .items("True neighbours")
      .map((item) => item.querySelector(".feder-tile") as HTMLElement);
    const pointedAt = () => tiles.map((tile) => tile.dataset.hovered === "true").indexOf(true);
    const report = (tile: number, type: string) =>
      tiles[tile].dispatchEvent(new PointerEvent(type, { bubbles: type === "pointermove" }));
    report(2, "pointerenter");
    await new Promise(requestAnimationFrame);
    expect(pointedAt()).toBe(-1);
    report(2, "pointermove");
    await expect.poll(pointedAt).toBe(2);
    report(1, "pointerleave");
    await new Promise(requestAnimationFrame);
    expect(pointedAt()).toBe(2);
    report(2, "pointerleave");
    await expect.poll(pointedAt).toBe(-1);
  });
});

describe("the sliders", () => {
  it("go by one for each key, in the page and in Python", async () => {
    const { stage, see } = open([3, 4, 0, 5, ...new Array(96).fill(1)]);
    const slider = see.getByRole("slider", { name: "nprobe", exact: true });
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowUp}{ArrowLeft}");
    await expect.element(slider).toHaveValue("3");
    expect(stage.root.dataset.nprobe).toBe("3");
    await saved(stage, "nprobe").toBe(3);
    await userEvent.keyboard("{End}");
    await expect.element(slider).toHaveValue("100");
    await userEvent.keyboard("{ArrowRight}");
    await expect.element(slider).toHaveValue("100");
    await userEvent.keyboard("{PageUp}");
    await expect.element(slider).toHaveValue("100");
    await userEvent.keyboard("{PageDown}");
    await expect.element(slider).toHaveValue("92");
    await userEvent.keyboard("{Home}");
    await saved(stage, "nprobe").toBe(1);
  });

  it("run from 1 to nlist and to k_max", () => {
    const { see } = open();
    const range = (name: string) => {
      const { min, max, step } = see.getByRole("slider", { name, exact: true }).element() as HTMLInputElement;
      return [min, max, step];
    };
    expect(range("nprobe")).toEqual(["1", "4", "1"]);
    expect(range("k")).toEqual(["1", "20", "1"]);
  });

  it("follow the pointer: nprobe along the axis of the chart, k evenly", async () => {
    const { stage, see } = open(new Array(1024).fill(1));
    const chart = stage.root.querySelector("[data-name=nprobe]") as HTMLElement;
    const axis = chart.querySelector(".feder-gridline") as SVGElement;
    await vi.waitFor(() => expect(chart.querySelector(".feder-gridline")).not.toBeNull());
    const pressChart = async (share: number) => {
      const [box, line] = [chart, axis ?? chart.querySelector(".feder-gridline")].map((one) =>
        (one as Element).getBoundingClientRect(),
      );
      await userEvent.click(chart, {
        position: { x: line.left - box.left + share * line.width, y: box.height / 2 },
        force: true,
      });
      return Number(stage.root.dataset.nprobe);
    };
    const slider = (name: string) => see.getByRole("slider", { name, exact: true }).element() as HTMLElement;
    expect(await pressChart(0.5)).toBe(32);
    expect(document.activeElement).toBe(slider("nprobe"));
    expect(await pressChart(0.1)).toBe(2);
    expect(await pressChart(1)).toBe(1024);
    await saved(stage, "nprobe").toBe(1024);
    const box = slider("k").getBoundingClientRect();
    await userEvent.click(slider("k"), { position: { x: box.width / 2, y: box.height / 2 }, force: true });
    await saved(stage, "k").toBeCloseTo(10.5, -0.5);
    expect(document.activeElement).toBe(slider("k"));
  });
});

describe("picking a query", () => {
  it("at random asks for any row", async () => {
    const { stage, see } = open();
    await see.getByRole("button", { name: "Random query" }).click();
    expect(stage.lastAsked("search")).toMatchObject({ query: { random: true }, nprobe: 1, k: 5 });
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("searching"));
  });

  it.each([
    ["5", "5"],
    [" 007 ", "7"],
    ["+3", "3"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["9007199254740993", "9007199254740993"],
  ])("by id %j asks for row %s", async (typed, id) => {
    const { stage, see } = open();
    await see.getByRole("textbox", { name: "Search by id" }).fill(typed);
    await userEvent.keyboard("{Enter}");
    expect(stage.lastAsked("search").query).toEqual({ id, cluster: null });
  });

  it.each(["abc", "1.5", "1e3", "0x1f", "--1", "+-1", "99999999999999999999", HOSTILE])(
    "by %j is refused in words, and the answer stays",
    async (typed) => {
      const { stage, see } = open();
      stage.answer();
      const searches = stage.asked("search").length;
      await see.getByRole("textbox", { name: "Search by id" }).fill(typed);
      await see.getByRole("button", { name: "Search", exact: true }).click();
      await expect.element(see.getByRole("alert")).toHaveTextContent("id must be a whole number, got");
      await expect.element(see.getByRole("alert")).toHaveTextContent(typed.slice(0, 40).trim());
      expect(stage.asked("search")).toHaveLength(searches);
      expect(stage.results).toEqual(["0", "1", "2"]);
      expect(stage.root.dataset.state).toBe("error");
      await see.getByRole("button", { name: "Dismiss" }).click();
      await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    },
  );

  it("by nothing does nothing", async () => {
    const { stage, see } = open();
    const searches = stage.asked("search").length;
    await see.getByRole("button", { name: "Search", exact: true }).click();
    expect(stage.asked("search")).toHaveLength(searches);
    expect(stage.root.dataset.state).toBe("idle");
  });
});

describe("text from outside", () => {
  it("is never HTML: a label", async () => {
    const { stage, see } = open();
    stage.answer({ label: HOSTILE });
    await expect.element(see.getByText(HOSTILE)).toBeVisible();
    expect(stage.element.querySelector("img[src=x], b > b")).toBeNull();
  });

  it("is never HTML: an error, a picture's label and its reason", async () => {
    const { stage, see } = open();
    stage.answer();
    stage.fail(null, HOSTILE);
    await expect.element(see.getByRole("alert")).toHaveTextContent(HOSTILE);
    await vi.waitFor(() => stage.sayPictures(() => ({ label: HOSTILE, reason: HOSTILE })));
    await see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ }).click();
    await vi.waitFor(() => stage.sayPictures(() => ({ label: HOSTILE, reason: HOSTILE })));
    await expect.element(see.getByRole("dialog").getByText(HOSTILE).first()).toBeVisible();
    expect(stage.element.querySelector("img")).toBeNull();
    expect(document.title).not.toBe("hacked");
  });

  it.each(["javascript:alert(1)", "data:text/html,<b>", "file:///etc/passwd", " javascript:alert(1)"])(
    "is never a script: the address %s",
    async (url) => {
      const { stage } = open();
      stage.answer();
      await vi.waitFor(() => stage.sayPictures(() => ({ url })));
      await vi.waitFor(() => expect(stage.element.querySelector(".feder-broken")).not.toBeNull());
      expect(stage.element.querySelector("img")).toBeNull();
    },
  );
});

describe("pictures", () => {
  it("are shown where they can be had", async () => {
    const { stage } = open();
    stage.answer();
    await vi.waitFor(() => stage.sayPictures(() => ({ url: RED_DOT })));
    await vi.waitFor(() =>
      expect(stage.element.querySelectorAll("img.feder-picture").length).toBeGreaterThan(2),
    );
  });

  it("that are the first frame of an animation say so, by name and in the card", async () => {
    const { stage, see } = open();
    stage.answer();
    const answer = () => stage.sayPictures(() => ({ url: RED_DOT, note: "first frame of an animation" }));
    await vi.waitFor(answer);
    await see
      .getByRole("button", { name: /^Row 1, 2nd nearest of all.*, first frame of an animation$/ })
      .click();
    await vi.waitFor(answer);
    const card = see.getByRole("dialog");
    await expect.element(card.getByText("first frame of an animation")).toBeVisible();
    await expect.element(card.getByRole("img", { name: "row 1, first frame of an animation" })).toBeVisible();
  });

  it("that the browser cannot load have a placeholder with the reason", async () => {
    const { stage, see } = open();
    stage.answer();
    await vi.waitFor(() => stage.sayPictures(() => ({ url: "data:image/png;base64,AAAA" })));
    await expect
      .element(see.getByRole("img", { name: /browser could not load/ }).first())
      .toBeInTheDocument();
  });
});

describe("a picture that is clicked", () => {
  it("opens a card with what is known of it, and Escape goes back", async () => {
    const { stage, see } = open();
    stage.answer();
    const tile = see.getByRole("button", { name: /^Row 1, 2nd nearest of all/ });
    await tile.click();
    const card = see.getByRole("dialog");
    await expect.element(card).toHaveTextContent("id1");
    await expect.element(card).toHaveTextContent("squared L2 distance1");
    await expect.element(card).toHaveTextContent("cluster0, rank 1");
    const { request, serial } = stage.lastAsked("verdict");
    const verdict = {
      kind: "verdict",
      request,
      serial,
      id: "1",
      cluster: 0,
      rank: 1,
      distance: 1,
      position: 2,
    };
    stage.model.say(verdict);
    await expect
      .element(card)
      .toHaveTextContent("The 2nd result: it is the 2nd nearest of all. Its cluster ranks 1st.");
    await saved(stage, "selection").toEqual(["1"]);
    await userEvent.keyboard("{Escape}");
    await expect.element(card).not.toBeInTheDocument();
    expect(document.activeElement).toBe(tile.element());
  });

  it("can be searched from", async () => {
    const { stage, see } = open();
    stage.answer();
    await see.getByRole("button", { name: /^Row 2, 3rd nearest of all/ }).click();
    await see.getByRole("button", { name: "Use as query" }).click();
    expect(stage.lastAsked("search").query).toEqual({ id: "2", cluster: 0 });
  });
});

describe("the cluster panel", () => {
  it("lists the nearest cluster until another one is pinned", async () => {
    const { stage, see } = open();
    stage.answer();
    await vi.waitFor(() => expect(idsOf(stage.items("Cluster images"))).toEqual(["0", "1", "2"]));
    stage.model.receive("cluster", 3);
    await vi.waitFor(() => expect(idsOf(stage.items("Cluster images"))).toEqual(["7", "8", "9", "10", "11"]));
    await see.getByRole("button", { name: "Unpin" }).click();
    await saved(stage, "cluster").toBeNull();
  });

  it("is one stop of the tab key, whose images arrow keys go through, those out of sight too", async () => {
    const { stage, see } = open([9_000, 3], { cluster: 0 });
    stage.answer();
    const list = see.getByRole("list", { name: "Cluster images", exact: true });
    await vi.waitFor(() => expect(list.element().querySelectorAll("li button").length).toBeGreaterThan(5));
    const stops = () =>
      [...list.element().querySelectorAll<HTMLElement>("button")].filter((one) => one.tabIndex === 0);
    expect(stops()).toHaveLength(1);
    stops()[0].focus();
    const place = () => document.activeElement?.closest("li")?.getAttribute("aria-posinset");
    expect(place()).toBe("1");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    await expect.poll(place).toBe("3");
    expect(stops()).toEqual([document.activeElement]);
    await userEvent.keyboard("{ArrowDown}");
    await expect.poll(() => Number(place())).toBeGreaterThan(5);
    const columns = Number(place()) - 3;
    await userEvent.keyboard("{ArrowUp}{ArrowLeft}{Home}");
    await expect.poll(place).toBe("1");
    for (let i = 1; i <= 12; i++) {
      await userEvent.keyboard("{ArrowDown}");
      await expect.poll(place).toBe(String(1 + i * columns));
    }
    const box = (document.activeElement as HTMLElement).getBoundingClientRect();
    const frame = stage.root.querySelector(".feder-scroller")?.getBoundingClientRect() as DOMRect;
    expect(box.top).toBeGreaterThanOrEqual(frame.top - 1);
    expect(box.bottom).toBeLessThanOrEqual(frame.bottom + 1);
    expect(stops()).toEqual([document.activeElement]);
  });

  it("leaves the focus where it is, whatever keys were pressed in it before", async () => {
    const { stage, see } = open([60, 3], { cluster: 0 });
    stage.answer();
    const list = see.getByRole("list", { name: "Cluster images", exact: true });
    await vi.waitFor(() => expect(list.element().querySelectorAll("li button").length).toBeGreaterThan(5));
    const first = list.element().querySelector("button") as HTMLElement;
    first.focus();
    await userEvent.keyboard("{ArrowLeft}{Home}{Alt>}{ArrowRight}{/Alt}");
    expect(document.activeElement).toBe(first);
    const slider = see.getByRole("slider", { name: "nprobe", exact: true });
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => stage.root.dataset.nprobe).toBe("2");
    expect(document.activeElement).toBe(slider.element());
  });

  it("keeps the image that has the focus when it is scrolled out of sight", async () => {
    const { stage, see } = open([9_000, 3], { cluster: 0 });
    stage.answer();
    const list = see.getByRole("list", { name: "Cluster images", exact: true });
    await vi.waitFor(() => expect(list.element().querySelectorAll("li button").length).toBeGreaterThan(5));
    const first = list.element().querySelector("button") as HTMLElement;
    first.focus();
    const scroller = stage.root.querySelector(".feder-scroller") as HTMLElement;
    scroller.scrollTop = 50_000;
    await vi.waitFor(() => expect(list.element().querySelector('[aria-posinset="2"]')).toBeNull());
    expect(document.activeElement).toBe(first);
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => document.activeElement?.closest("li")?.getAttribute("aria-posinset")).toBe("2");
    expect(scroller.scrollTop).toBe(0);
  });

  it("says that a cluster is empty", async () => {
    const { see } = open([3, 4, 0, 5], { cluster: 2 });
    await expect.element(see.getByText("This cluster is empty.")).toBeVisible();
  });

  it("keeps only what is in sight of 100,000 images in the page", async () => {
    const { stage, see } = open([100_000, 3], { cluster: 0 });
    const list = see.getByRole("list", { name: "Cluster images", exact: true });
    await vi.waitFor(() =>
      expect(stage.asked("members")).toMatchObject([{ clusters: [0], offset: 0, limit: 512 }]),
    );
    const count = list.element().querySelectorAll("li").length;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(200);
    const scroller = see.getByRole("group", { name: "Cluster images, scrollable" }).element();
    expect(scroller.scrollHeight).toBeGreaterThan(100_000);
    scroller.scrollTop = scroller.scrollHeight;
    await vi.waitFor(() => expect(stage.lastAsked("members").offset).toBe(512 * Math.floor(99_999 / 512)));
    expect(list.element().querySelectorAll("li").length).toBeLessThan(200);
  });
});

describe("the focus", () => {
  it("stays in the widget when what had it goes or can no longer be pressed", async () => {
    const { stage, see } = open([3, 4, 0, 5], { cluster: 1 });
    stage.answer();
    for (const name of ["Unpin", "Step back"]) {
      const button = see.getByRole("button", { name, exact: true });
      await expect.element(button).toBeEnabled();
      (button.element() as HTMLElement).focus();
      for (let presses = 0; presses < 3; presses++) {
        if (name === "Step back" || presses === 0) await userEvent.keyboard("{Enter}");
      }
      await expect.poll(() => stage.root.contains(document.activeElement)).toBe(true);
    }
    await expect.element(see.getByText(/^Overview/)).toBeVisible();
    await userEvent.keyboard(".");
    await expect.element(see.getByText(/^Coarse search: 4 centroids ranked/)).toBeVisible();
  });

  it("goes from tab to tab by arrow keys, and to the next thing by the tab key", async () => {
    const { stage, see } = open();
    const [first, last] = ["Clusters", "Projection"].map((name) => see.getByRole("tab", { name }));
    (first.element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowLeft}");
    await expect.element(last).toHaveFocus();
    await saved(stage, "view").toBe("projection");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    await expect.element(see.getByRole("tab", { name: "Distances" })).toHaveFocus();
    await userEvent.keyboard("{Tab}");
    await expect.element(see.getByRole("button", { name: "View as table" })).toHaveFocus();
  });

  it("stays with a card that is clicked, in a shadow root too", async () => {
    const host = document.createElement("div");
    document.body.append(host);
    onTestFinished(() => host.remove());
    const shadow = host.attachShadow({ mode: "open" });
    for (const style of document.querySelectorAll("style")) shadow.append(style.cloneNode(true));
    for (const place of [document.body, shadow as unknown as HTMLElement]) {
      const { stage } = open([3, 4, 0, 5], {}, {}, place);
      stage.answer();
      await vi.waitFor(() => expect(stage.root.querySelector(".feder-tiles button")).not.toBeNull());
      await userEvent.click(stage.root.querySelector(".feder-tiles button") as HTMLElement);
      const card = () => stage.root.querySelector<HTMLElement>('[role="dialog"]');
      await vi.waitFor(() => expect(card()).not.toBeNull());
      await userEvent.click(card()?.querySelector("dd") as HTMLElement);
      await userEvent.click(card() as HTMLElement, { position: { x: 4, y: 4 } });
      expect(card()).not.toBeNull();
      const button = [...(card()?.querySelectorAll("button") ?? [])].find(
        (one) => one.textContent === "Show cluster",
      );
      await userEvent.click(button as HTMLElement);
      await saved(stage, "cluster").toBe(0);
      await vi.waitFor(() => expect(card()).toBeNull());
    }
  });

  it("closes a card that it leaves", async () => {
    const { stage, see } = open();
    stage.answer();
    await see.getByRole("button", { name: /^Row 2, 3rd nearest of all/ }).click();
    const card = see.getByRole("dialog");
    await expect.element(card).toBeVisible();
    (see.getByRole("button", { name: "Random query" }).element() as HTMLElement).focus();
    await expect.element(card).not.toBeInTheDocument();
  });
});

describe("recall against nprobe", () => {
  it.each([
    [null, 1],
    ["a distance depends on all clusters that are probed", 0],
  ])("is a curve where no search is needed to know it: %s", async (noCurve, curves) => {
    const { stage, see } = open([3, 4, 0, 5], {}, { noCurve });
    stage.answer();
    const name = curves === 1 ? /^Recall at every nprobe: \d of 5 from 1/ : /^Share of the vectors/;
    await expect.element(see.getByRole("img", { name })).toBeVisible();
    expect(stage.element.querySelectorAll(".feder-curve")).toHaveLength(curves);
    const why = see.getByText("No curve: recall takes a search at each nprobe.");
    expect(why.elements()).toHaveLength(1 - curves);
  });
});

describe("the selection", () => {
  it("is counted in words, and cleared by a button", async () => {
    const { stage, see } = open();
    stage.answer();
    stage.model.receive("selection", ["1", "2", "7"]);
    await expect.element(see.getByText("3 rows selected")).toBeVisible();
    await see.getByRole("button", { name: "Clear" }).click();
    await saved(stage, "selection").toEqual([]);
    await expect.element(see.getByText("rows selected")).not.toBeInTheDocument();
  });
});

describe("a search that is over", () => {
  it("leaves no distance of its own on a card that stays open", async () => {
    const { stage, see } = open();
    stage.answer();
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    await see.getByRole("button", { name: /^Row 2, 3rd nearest of all/ }).click();
    const card = see.getByRole("dialog");
    await expect.element(card).toHaveTextContent(/squared L2 distance\s*2/);
    stage.answer({ serial: 2, request: "kernel:2", id: 20n });
    await expect.element(card).toBeVisible();
    await expect.element(card).not.toHaveTextContent("squared L2 distance");
  });

  it("is not explained any more, and its end is no error", async () => {
    const { stage, see } = open();
    stage.answer();
    await see.getByRole("textbox", { name: "Row that did not come back" }).fill("9");
    await userEvent.keyboard("{Enter}");
    const { request } = stage.lastAsked("verdict");
    stage.answer({ serial: 2, request: "kernel:2", id: 20n });
    stage.model.say({ kind: "error", request, code: "superseded", message: "the search 1 is over" });
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    expect(stage.root.dataset.state).toBe("done");
    await expect.element(see.getByRole("dialog")).not.toBeInTheDocument();
  });
});

describe("what is typed", () => {
  it("is marked where it is no id", async () => {
    const { see } = open();
    const field = see.getByRole("textbox", { name: "Search by id" });
    await expect.element(field).toHaveAttribute("aria-invalid", "false");
    await field.fill("12a");
    await expect.element(field).toHaveAttribute("aria-invalid", "true");
    await field.fill(" -12 ");
    await expect.element(field).toHaveAttribute("aria-invalid", "false");
  });

  it("that is no id is complained of until another is", async () => {
    const { stage, see } = open();
    stage.answer();
    const field = see.getByRole("textbox", { name: "Row that did not come back" });
    await field.fill("abc");
    await userEvent.keyboard("{Enter}");
    await expect.element(see.getByRole("alert")).toBeVisible();
    await field.fill("9");
    await userEvent.keyboard("{Enter}");
    await expect.element(see.getByRole("alert")).not.toBeInTheDocument();
    expect(stage.lastAsked("verdict").id).toBe("9");
  });

  it("stays once it is searched for, and what is typed next takes its place", async () => {
    const { stage, see } = open();
    const field = see.getByRole("textbox", { name: "Search by id" });
    await field.fill("123");
    await userEvent.keyboard("{Enter}");
    await expect.element(field).toHaveValue("123");
    await userEvent.keyboard("45{Enter}");
    await expect.element(field).toHaveValue("45");
    expect(stage.lastAsked("search").query).toEqual({ id: "45", cluster: null });
  });
});

describe("beside the map", () => {
  beforeEach(() => page.viewport(1440, 900));
  afterEach(() => page.viewport(...VIEWPORT));

  it.each([950, 1000, 1180, 1190, 1240, 1400])(
    "nine true neighbours are seen whole at a width of %i",
    async (width) => {
      const { stage } = open([12, 4, 2, 5], { nprobe: 1, k: 9 });
      stage.element.style.width = `${width}px`;
      stage.answer();
      await vi.waitFor(() => expect(stage.items("True neighbours")).toHaveLength(9));
      const answer = stage.element.querySelector(".feder-answer") as HTMLElement;
      await vi.waitFor(() => {
        const frame = answer.getBoundingClientRect();
        for (const item of stage.items("True neighbours")) {
          const box = item.getBoundingClientRect();
          expect(box.height).toBeGreaterThan(40);
          expect(box.top).toBeGreaterThanOrEqual(frame.top);
          expect(box.bottom).toBeLessThanOrEqual(frame.bottom);
          expect(box.right).toBeLessThanOrEqual(frame.right);
        }
      });
    },
  );

  it("what a cluster that is switched off holds is missed for that, at whatever nprobe", async () => {
    const { stage, see } = open([3, 4, 2, 5], { nprobe: 4, k: 5 });
    stage.answer();
    await see.getByRole("button", { name: "Don't probe" }).click();
    const neighbours = see.getByRole("list", { name: "True neighbours", exact: true });
    await expect.element(neighbours.getByText("switched off").first()).toBeVisible();
    await expect.element(see.getByText("3 missed:")).toBeVisible();
    await expect.element(see.getByText("in the cluster ranked 1, switched off by hand")).toBeVisible();
    const answer = see.getByRole("region", { name: "Answer" });
    await expect.element(answer.getByText(/nprobe = \d/)).not.toBeInTheDocument();
    await answer.getByRole("button", { name: "Probe by nprobe alone" }).click();
    await expect.element(see.getByText("All 5 true neighbours came back")).toBeVisible();
  });

  it("the curve is of the clusters switched off, whose rows stand at no nprobe", async () => {
    const { stage, see } = open([3, 4, 2, 5], { nprobe: 2, k: 8 });
    stage.answer();
    await see.getByRole("button", { name: "Don't probe" }).click();
    await expect.element(see.getByText("recall@8 = 4 of 8")).toBeVisible();
    await expect
      .element(
        see.getByRole("img", { name: "Recall at every nprobe: 0 of 8 from 1, 4 of 8 from 2, 5 of 8 from 3" }),
      )
      .toBeVisible();
    expect(stage.root.querySelectorAll(".feder-found")).toHaveLength(1);
    const answer = see.getByRole("region", { name: "Answer" });
    await answer.getByRole("button", { name: "nprobe = 3 alone finds all" }).click();
    await expect.element(see.getByText("All 8 true neighbours came back")).toBeVisible();
  });

  it("what is missed is found by the nprobe that a button names", async () => {
    const { stage, see } = open([3, 4, 2, 5], { nprobe: 1, k: 8 });
    stage.answer();
    await see.getByRole("button", { name: "nprobe = 3 finds all" }).click();
    await expect.element(see.getByText("All 8 true neighbours came back")).toBeVisible();
    expect(stage.root.dataset).toMatchObject({ nprobe: "3", missedIds: "", missed: "0" });
    await saved(stage, "nprobe").toBe(3);
    stage.model.receive("nprobe", 4);
    await expect.element(see.getByText("nprobe = 3 would do.")).toBeVisible();
    await expect.element(see.getByRole("button", { name: /finds all/ })).not.toBeInTheDocument();
  });
});

describe("the coarse step of Distances", () => {
  it("is a table of the clusters, in which one can go on", async () => {
    const { stage, see } = open([3, 4, 2, 5], { nprobe: 2, view: "distances" });
    stage.answer();
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
    for (let steps = 0; steps < 2; steps++) await see.getByRole("button", { name: "Step back" }).click();
    await see.getByRole("button", { name: "View as table" }).click();
    await expect.element(see.getByText(/^Coarse search/)).toBeVisible();
    await expect
      .element(see.getByRole("columnheader", { name: "centroid squared L2 distance" }))
      .toBeVisible();
    await see.getByRole("button", { name: "Step forward" }).click();
    await expect.element(see.getByRole("columnheader", { name: "rank of cluster" })).toBeVisible();
  });
});

describe("the player", () => {
  it("keeps the recall of the whole search on its curve, and counts what was compared so far", async () => {
    const { stage, see } = open();
    stage.model.receive("nprobe", 2);
    stage.answer();
    const handle = see.getByRole("slider", { name: "nprobe", exact: true });
    const text = "2: recall@5 = 5 of 5";
    await expect.element(handle).toHaveAttribute("aria-valuetext", text);
    const curve = see.getByRole("img", { name: "Recall at every nprobe: 3 of 5 from 1, 5 of 5 from 2" });
    await expect.element(curve).toBeVisible();
    for (let steps = 0; steps < 3; steps++) await see.getByRole("button", { name: "Step back" }).click();
    await expect.element(see.getByText(/^Overview/)).toBeVisible();
    await expect.element(curve).toBeVisible();
    await expect.element(see.getByText("0 distances")).toBeVisible();
    await expect.element(see.getByText("0 of 5 true neighbours so far")).toBeVisible();
    await expect.element(handle).toHaveAttribute("aria-valuetext", `${text} in the end`);
  });

  it("counts clusters that were switched by hand in that recall", async () => {
    const { stage, see } = open([3, 4, 2, 5], { nprobe: 1, cluster: 1 });
    stage.answer();
    const handle = see.getByRole("slider", { name: "nprobe", exact: true });
    await see.getByRole("button", { name: "Probe it too" }).click();
    await expect.element(handle).toHaveAttribute("aria-valuetext", "1: recall@5 = 5 of 5");
    await see.getByRole("button", { name: "Step back" }).click();
    await expect.element(see.getByText(/^Fine search/)).toBeVisible();
    await expect.element(see.getByText("3 of 5 true neighbours so far")).toBeVisible();
    await expect.element(handle).toHaveAttribute("aria-valuetext", "1: recall@5 = 5 of 5 in the end");
  });

  it("goes step by step from the overview to the results", async () => {
    const { stage, see } = open();
    stage.model.receive("nprobe", 2);
    stage.answer();
    const [back, forward] = ["Step back", "Step forward"].map((name) => see.getByRole("button", { name }));
    await expect.element(forward).toBeDisabled();
    const [found, pending] = ["found", "pending"].map(
      (state) => (rows: string[]) => rows.map((row) => `${row} ${state}`),
    );
    const rows = ["0", "1", "2", "3", "4"];
    await vi.waitFor(() => expect(neighboursOf(stage.element)).toEqual(found(rows)));
    for (const compared of [3, 0, 0]) {
      await back.click();
      const shown = [...found(rows.slice(0, compared)), ...pending(rows.slice(compared))];
      await vi.waitFor(() => expect(neighboursOf(stage.element)).toEqual(shown));
      expect(stage.results).toEqual(rows.slice(0, compared));
      expect(stage.root.dataset.missedIds).toBe("");
      await expect.element(see.getByText(`${compared} of 5 true neighbours so far`)).toBeVisible();
    }
    await expect.element(back).toBeDisabled();
    await expect.element(see.getByText(/^Overview: 12 vectors in 4 clusters/)).toBeVisible();
    await forward.click();
    await expect.element(see.getByText(/^Coarse search: 4 centroids ranked/)).toBeVisible();
    await forward.click();
    await expect
      .element(see.getByText(/^Fine search: cluster 0, 1st of 2, 3 vectors compared/))
      .toBeVisible();
    await forward.click();
    await expect.element(forward).toBeDisabled();
    expect(stage.results).toHaveLength(5);
  });

  it("plays to the end by itself, and can be stopped", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { stage, see } = open();
    stage.model.receive("nprobe", 2);
    stage.answer();
    await see.getByRole("button", { name: "Play", exact: true }).click();
    const pause = see.getByRole("button", { name: "Pause", exact: true });
    await expect.element(pause).toBeVisible();
    const seen = [];
    for (let beats = 0; beats < 2; beats++) {
      seen.push(stage.results.length);
      vi.advanceTimersToNextTimer();
      await expect.element(see.getByText(beats === 0 ? /^Coarse search/ : /^Fine search/)).toBeVisible();
    }
    await pause.click();
    await expect.poll(() => vi.getTimerCount()).toBe(0);
    expect([...seen, stage.results.length]).toEqual([0, 0, 3]);
    await see.getByRole("button", { name: "Play", exact: true }).click();
    await expect.element(pause).toBeVisible();
    vi.advanceTimersToNextTimer();
    await expect.element(see.getByRole("button", { name: "Play", exact: true })).toBeVisible();
    expect(stage.results).toHaveLength(5);
    await expect.poll(() => vi.getTimerCount()).toBe(0);
  });
});

describe("the map", () => {
  it("is drawn when it has come", async () => {
    const { stage } = open();
    await expect.poll(() => stage.root.dataset.map).toBe("");
    stage.sayMap(false);
    await expect.poll(() => stage.root.dataset.map).toBe("pca");
    stage.sayMap(true);
    await expect.poll(() => stage.root.dataset.map).toBe("final");
  });

  it("pins the cluster that is clicked, and frees it when it is clicked again", async () => {
    const { stage } = open([10], {});
    stage.sayMap();
    await expect.poll(() => stage.root.dataset.map).toBe("final");
    const canvas = stage.element.querySelector(".feder-map canvas") as HTMLCanvasElement;
    await userEvent.click(canvas, { position: { x: 40, y: 60 } });
    await saved(stage, "cluster").toBe(0);
    await userEvent.click(canvas, { position: { x: 40, y: 60 } });
    await saved(stage, "cluster").toBeNull();
  });

  it("can be walked and pinned by keys", async () => {
    const { stage, see } = open();
    stage.answer();
    stage.sayMap();
    await expect.poll(() => stage.root.dataset.map).toBe("final");
    (see.getByRole("application").element() as HTMLElement).focus();
    await userEvent.keyboard("{PageDown}{Enter}");
    await saved(stage, "cluster").toBe(1);
    await userEvent.keyboard("{Home}{Enter}");
    await saved(stage, "cluster").toBe(0);
    await expect
      .element(see.getByText(/^Cluster 0, 3 vectors, rank 1, distance 0, probed/))
      .toBeInTheDocument();
  });

  it("keeps what a key has chosen when the page scrolls under a resting pointer", async () => {
    const { stage, see } = open();
    stage.answer();
    stage.sayMap();
    await expect.poll(() => stage.root.dataset.map).toBe("final");
    const canvas = stage.element.querySelector(".feder-map canvas") as HTMLCanvasElement;
    const told = () => stage.element.querySelector(".feder-map [aria-live]")?.textContent ?? "";
    const report = (type: string, movementX: number) =>
      canvas.dispatchEvent(new PointerEvent(type, { movementX, clientX: -1, clientY: -1, bubbles: true }));
    (see.getByRole("application").element() as HTMLElement).focus();
    await userEvent.keyboard("{Home}");
    await expect.poll(told).toMatch(/^Cluster 0,/);
    report("pointermove", 0);
    report("pointerleave", 0);
    await new Promise(requestAnimationFrame);
    expect(told()).toMatch(/^Cluster 0,/);
    report("pointermove", 1);
    await expect.poll(told).toBe("");
  });

  it("can be read as a table", async () => {
    const { stage, see } = open();
    stage.answer();
    await see.getByRole("button", { name: "View as table" }).click();
    const rows = () => [...stage.element.querySelectorAll("tbody tr")].map((row) => row.textContent);
    await vi.waitFor(() =>
      expect(rows()).toEqual(["1030yes30", "21410.00no02", "32020.00no00", "43530.00no00"]),
    );
    await see.getByRole("table").getByRole("button", { name: "3" }).click();
    await saved(stage, "cluster").toBe(3);
  });
});

describe("two displays of one widget", () => {
  it("stay in step", async () => {
    const { stage } = open();
    const other = stage.displayAgain();
    stage.answer();
    await vi.waitFor(() => expect(resultsOf(other)).toEqual(["0", "1", "2"]));
    const slider = page
      .getByTestId(other.dataset.testid as string)
      .getByRole("slider", { name: "k", exact: true });
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard("{Home}");
    for (const element of [stage.element, other]) {
      await vi.waitFor(() => expect(resultsOf(element)).toEqual(["0"]));
    }
    expect(stage.asked("map")).toHaveLength(1);
  });
});

describe("the host", () => {
  it("does not get the keys that are meant for the widget, but gets its own", async () => {
    const { see } = open();
    const got: string[] = [];
    const listen = (event: KeyboardEvent) => got.push(event.key);
    document.addEventListener("keydown", listen);
    onTestFinished(() => document.removeEventListener("keydown", listen));
    (see.getByRole("button", { name: "Random query" }).element() as HTMLElement).focus();
    await userEvent.keyboard("x{ArrowDown}");
    expect(got).toEqual([]);
    await userEvent.keyboard("{Control>}s{/Control}");
    expect(got).toContain("s");
  });

  it("decides on light and dark, unless Python does", async () => {
    const { stage } = open(undefined, { theme: "auto" });
    onTestFinished(() => {
      delete document.body.dataset.jpThemeLight;
    });
    document.body.dataset.jpThemeLight = "false";
    await expect.poll(() => stage.root.dataset.mode).toBe("dark");
    document.body.dataset.jpThemeLight = "true";
    await expect.poll(() => stage.root.dataset.mode).toBe("light");
    stage.model.receive("theme", "dark");
    await expect.poll(() => stage.root.dataset.mode).toBe("dark");
  });

  it("is told when the kernel is gone, and the picture stays", async () => {
    const { stage, see } = open();
    stage.answer();
    await vi.waitFor(() => expect(stage.results).toHaveLength(3));
    stage.model.lose();
    await expect.element(see.getByRole("alert")).toHaveTextContent("kernel disconnected");
    expect(stage.root.dataset.state).toBe("disconnected");
    expect(stage.results).toHaveLength(3);
    (see.getByRole("slider", { name: "nprobe", exact: true }).element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}");
    await vi.waitFor(() => expect(stage.results).toHaveLength(5));
  });

  it("may lose the kernel without a word: the next question finds out", async () => {
    const { stage, see } = open();
    stage.model.alive = false;
    await see.getByRole("button", { name: "Random query" }).click();
    await expect.element(see.getByRole("alert")).toHaveTextContent("kernel disconnected");
  });

  it("gets everything back when the widget ends", () => {
    const stage = new Stage();
    stage.answer();
    expect(stage.model.listeners()).toBeGreaterThan(0);
    stage.close();
    expect(stage.model.listeners()).toBe(0);
    expect(stage.element.childElementCount).toBe(0);
  });

  it("may pass on nonsense, which is told and changes no answer", async () => {
    const { stage, see } = open();
    stage.answer();
    for (const nonsense of [
      null,
      3,
      {},
      { kind: "coarse" },
      { kind: "fine", request: "kernel:1", first_rank: 1 },
    ]) {
      stage.model.say(nonsense);
    }
    await vi.waitFor(() => expect(stage.results).toEqual(["0", "1", "2"]));
    await expect.element(see.getByRole("alert")).toHaveTextContent("A message of the kernel cannot be read");
    await see.getByRole("button", { name: "Dismiss" }).click();
    await vi.waitFor(() => expect(stage.root.dataset.state).toBe("done"));
  });
});
