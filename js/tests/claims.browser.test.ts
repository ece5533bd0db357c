import { afterEach, describe, expect, it, vi } from "vitest";
import type { Coarse } from "../src/protocol/messages";
import { encoded } from "./encode";
import { Stage, summaryTrait } from "./stage";
import { neighboursOf, outcomeOf } from "./support";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

function open(...options: ConstructorParameters<typeof Stage>): Stage {
  stage = new Stage(...options);
  return stage;
}

/** The facts on the open card. */
function factsOf({ see }: Stage) {
  return see.getByRole("dialog").element().querySelector("dl") as HTMLElement;
}

describe("a card", () => {
  it("names the distance of the list that opened it: by the original vectors for a missed neighbour", async () => {
    const shown = open(
      undefined,
      { k: 3 },
      { exact: false, given: true, trueDistance: "distance by the original vectors" },
    );
    shown.answer();
    await vi.waitFor(() => shown.lastAsked("truth"));
    const { request } = shown.lastAsked("truth");
    const truth = neighboursOf(
      [
        [0, 0.5, 1, 1, 1, 5],
        [1, 1.5, 1, 1, 1, 5],
        [8, 1.75, 4, 4, 4, 5],
      ],
      { request: request as string },
    );
    shown.model.say(...encoded(truth));
    const missed =
      /^Row 8, 3rd nearest of all, distance by the original vectors 1\.750, by its code 31\.00, .* missed:/;
    await shown.see.getByRole("button", { name: missed }).click();
    expect(factsOf(shown)).toHaveTextContent("distance by the original vectors1.750by its code31.00");
    await shown.see.getByRole("button", { name: "Close" }).click();
    const found = /^Row 0, 1st nearest of all, distance by the original vectors 0\.5000, .* came back/;
    await shown.see.getByRole("button", { name: found }).click();
    expect(factsOf(shown)).toHaveTextContent("distance by the original vectors0.5000");
    await shown.see.getByRole("button", { name: "Close" }).click();
    const instead = /^Row 2, a result that is no true neighbour, squared L2 distance 2\.000/;
    await shown.see.getByRole("button", { name: instead }).click();
    expect(factsOf(shown)).toHaveTextContent("squared L2 distance2.000");
  });

  it("names the distance of the second pass for a result of it", async () => {
    const summary = { refinedDistance: "refined distance", replayable: false, unexplained: "nobody knows" };
    const shown = open(undefined, { k: 3 }, summary);
    shown.answer();
    const outcome = outcomeOf(shown.summary, [0, 1, 2], {
      first_k: 3,
      handed_over: BigInt64Array.of(0n, 1n, 2n),
      first_pass: Float32Array.of(0, 1, 2),
      second_pass: Float32Array.of(0, 1, 2),
    });
    shown.model.say(...encoded(outcome));
    await shown.see.getByRole("button", { name: /^Row 2, refined distance 2\.000/ }).click();
    expect(factsOf(shown)).toHaveTextContent("refined distance2.000");
  });
});

describe("the cost", () => {
  it("of an index that has lost all vectors is no share of nothing", async () => {
    const shown = open();
    shown.answer();
    await expect.element(shown.see.getByText("of brute force")).toBeVisible();
    const sizes = new Int32Array(4);
    shown.model.receive("_summary", summaryTrait({ ...shown.summary, sizes, ntotal: 0, indexVersion: 1 }));
    await vi.waitFor(() =>
      expect(shown.root.querySelector(".feder-cost")?.textContent).not.toContain("of brute force"),
    );
    expect(shown.root.textContent).not.toMatch(/Infinity|NaN/);
  });
});

describe("the card of a cluster", () => {
  it("says what a hand has switched, and no nprobe for it", async () => {
    const shown = open(undefined, { nprobe: 2 });
    shown.sayMap();
    shown.answer();
    await vi.waitFor(() => expect(shown.root.dataset.map).toBe("final"));
    const map = shown.root.querySelector(".feder-map") as HTMLElement;
    const card = () => shown.root.querySelector(".feder-hover")?.textContent;
    map.focus();
    const press = (key: string) => map.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("PageDown");
    await vi.waitFor(() => expect(card()).toContain("Cluster 1"));
    expect(card()).toContain("rank 2");
    press("s");
    await vi.waitFor(() => expect(card()).toContain("switched off by hand"));
    expect(card()).not.toContain("nprobe");
  });
});

describe("candidates that have not arrived", () => {
  it.each(["picture", "table"])(
    "are waited for in the %s, whose clusters are not called empty",
    async (kind) => {
      const shown = open(undefined, { nprobe: 2, view: "distances" });
      shown.sayCoarse();
      if (kind === "table") await shown.see.getByRole("button", { name: "View as table" }).click();
      const stageText = () => shown.root.querySelector(".feder-stage")?.textContent;
      await vi.waitFor(() => expect(stageText()).toContain("Waiting for candidates…"));
      expect(stageText()).not.toContain("empty");
      await expect.element(shown.see.getByText("Waiting for candidates…").last()).toBeVisible();
      shown.sayCandidates(1, 4);
      shown.sayDone();
      await vi.waitFor(() => expect(shown.root.textContent).not.toContain("Waiting for candidates…"));
    },
  );

  it("of a cluster switched on by hand do not make k too large", async () => {
    const shown = open(undefined, { k: 3 });
    shown.sayCoarse({ complete: false });
    shown.sayCandidates(1, 1);
    shown.sayCandidates(2, 4, {
      kind: "nearest",
      counts: new Int32Array(3),
      ids: new BigInt64Array(0),
      distances: new Float32Array(0),
    });
    shown.sayDone();
    await shown.see.getByRole("button", { name: "Don't probe" }).click();
    shown.model.receive("cluster", 3);
    await shown.see.getByRole("button", { name: "Probe it too" }).click();
    await expect.element(shown.see.getByText("0 of 3 true neighbours")).toBeVisible();
    expect(shown.root.textContent).not.toContain("cannot be reached");
    await vi.waitFor(() => expect(shown.root.textContent).toContain("Waiting for candidates…"));
  });

  it("are asked for while a notice is on screen", async () => {
    const shown = open(undefined, { nprobe: 2, view: "distances" });
    shown.sayCoarse({ exhaustive: false });
    shown.sayCandidates(1, 1);
    shown.sayCandidates(2, 2, {
      kind: "nearest",
      counts: Int32Array.of(2),
      ids: BigInt64Array.of(3n, 4n),
      distances: Float32Array.of(10, 11),
    });
    shown.fail(null, "nothing like that");
    shown.sayDone();
    await vi.waitFor(() => expect(shown.root.dataset.state).toBe("error"));
    await expect
      .element(shown.see.getByRole("button", { name: /Compare the other 5 vectors/ }))
      .toBeEnabled();
    await vi.waitFor(() => expect(shown.asked("candidates")).toHaveLength(1));
  });
});

describe("a pass over original vectors", () => {
  const given = (changes: Partial<Coarse>) => {
    const shown = open(undefined, { k: 3 }, { given: true, exact: false });
    shown.sayCoarse({ exhaustive: false, ...changes });
    shown.sayCandidates(1, 1);
    shown.sayDone();
    return shown;
  };
  const progress = (shown: Stage, request: unknown, serial = 1) =>
    shown.model.say(
      ...encoded({
        kind: "truth_progress",
        request,
        serial,
        done: 2_000,
        asked: 9_000,
        dashboard: "http://d/x",
      }),
    );

  it("has its price on the button", async () => {
    const shown = given({ truth_bytes: 2_560_000_000, truth_seconds: 4.21 });
    const name = /^Compare the other \d vectors, then the original vectors \(2\.6 GB, about 4\.2 s\)$/;
    await expect.element(shown.see.getByRole("button", { name })).toBeEnabled();
  });

  it("says how far it is, until the true neighbours are there", async () => {
    const shown = given({});
    await shown.see.getByRole("button", { name: /^Compare the other \d vectors$/ }).click();
    shown.sayCandidates(2, 4, { kind: "nearest", request: String(shown.asked("rest")[0].request) });
    shown.sayDone(String(shown.asked("rest")[0].request));
    await vi.waitFor(() => expect(shown.asked("truth")).toHaveLength(1));
    const { request } = shown.asked("truth")[0];
    progress(shown, "another");
    progress(shown, request, 7);
    progress(shown, request);
    await expect.element(shown.see.getByText("2,000 of 9,000 original vectors compared")).toBeVisible();
    const bar = shown.see.getByRole("progressbar", { name: "Comparing the original vectors" }).element();
    expect((bar as HTMLProgressElement).value / (bar as HTMLProgressElement).max).toBeCloseTo(2 / 9);
    await expect
      .element(shown.see.getByRole("link", { name: "Dashboard" }))
      .toHaveAttribute("href", "http://d/x");
    shown.fail(request, "no more");
    await vi.waitFor(() => expect(shown.root.textContent).not.toContain("original vectors compared"));
  });
});

describe("what geometry proves", () => {
  const certain = (changes: ConstructorParameters<typeof Stage>[2]) => {
    const shown = open(undefined, { k: 3 }, changes);
    // Of the probed clusters only, so that the true neighbours are unknown.
    shown.sayCoarse({ exhaustive: false });
    shown.sayCandidates(1, 1);
    shown.sayDone();
    const bounds = Float32Array.of(0, 10, 20, 30);
    const beyond = new Float32Array(0);
    shown.model.say(
      ...encoded({ kind: "bounds", request: "kernel:1", serial: 1, findings: [], bounds, beyond }),
    );
    return shown;
  };
  const sentence = (shown: Stage) => shown.root.querySelector(".feder-certain")?.textContent;

  it("is exactness where whole vectors are stored", async () => {
    const shown = certain({});
    await vi.waitFor(() => expect(sentence(shown)).toMatch(/^Certified exact/));
  });

  it("is no exactness where codes are stored, or true neighbours are by other vectors", async () => {
    const coded = certain({ exact: false });
    await vi.waitFor(() =>
      expect(sentence(coded)).toBe("No unprobed cluster can hold anything nearer by code."),
    );
    coded.close();
    const given = certain({ given: true });
    await vi.waitFor(() => expect(sentence(given)).toMatch(/nearer by the vectors in the index\.$/));
  });

  it("is nothing once the true neighbours are known", async () => {
    const shown = certain({});
    await vi.waitFor(() => expect(sentence(shown)).toMatch(/^Certified exact/));
    shown.model.receive("k", 4);
    await expect.element(shown.see.getByText(/^By geometry alone/)).not.toBeInTheDocument();
    shown.model.receive("k", 3);
    await shown.see.getByRole("button", { name: /^Compare the other 9 vectors/ }).click();
    const { request } = shown.lastAsked("rest");
    shown.sayCandidates(2, 4, { kind: "nearest", request: request as string });
    shown.sayDone(request as string);
    await expect.element(shown.see.getByText("All 3 true neighbours came back")).toBeVisible();
    expect(sentence(shown)).toBeUndefined();
  });

  it("is nothing about an index that has changed since", async () => {
    const shown = certain({});
    await vi.waitFor(() => expect(sentence(shown)).toMatch(/^Certified exact/));
    shown.model.receive("_summary", summaryTrait({ ...shown.summary, indexVersion: 1 }));
    await vi.waitFor(() => expect(sentence(shown)).toBeUndefined());
  });
});

describe("the images of a cluster", () => {
  it("are no results for sharing an id with a result of another cluster", async () => {
    const shown = open(undefined, { k: 3, cluster: 1 });
    shown.sayCoarse({ copies: 2 });
    const ids = BigInt64Array.of(0n, 1n, 2n, 0n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 11n);
    shown.sayCandidates(1, 4, { ids });
    shown.sayDone();
    const images = shown.see.getByRole("list", { name: "Cluster images" });
    const copy = images.getByRole("button", { name: /^Row 0,/ });
    await expect.element(copy).toBeVisible();
    expect(copy.element().getAttribute("aria-label")).toBe("Row 0, distance 10.00, 1 of 4");
    shown.model.receive("cluster", 0);
    await expect
      .element(images.getByRole("button", { name: "Row 0, distance 0, 1 of 3, a result" }))
      .toBeVisible();
  });
});

describe("true neighbours of results that are a guess", () => {
  it("are not said to have come back until Faiss has said what it returns", async () => {
    const shown = open(undefined, { k: 3 }, { exact: false, replayable: false });
    shown.answer();
    const headline = () => shown.root.querySelector(".feder-headline")?.textContent;
    await vi.waitFor(() =>
      expect(headline()).toContain("Whether all true neighbours came back is not known yet"),
    );
    const states = () => shown.items("True neighbours").map(({ dataset }) => dataset.state);
    expect(states()).not.toContain("found");
    await expect.element(shown.see.getByRole("button", { name: /came back/ })).not.toBeInTheDocument();
    expect(shown.root.textContent).not.toContain("true neighbours came back,");
    expect(shown.root.dataset).toMatchObject({ results: "", missedIds: "" });
    shown.model.say(...encoded(outcomeOf(shown.summary, [0, 1, 2])));
    await vi.waitFor(() => expect(headline()).toContain("All 3 true neighbours came back"));
    expect(states()).toEqual(["found", "found", "found"]);
    expect(shown.root.dataset.results).toBe("0,1,2");
  });

  it("are among the candidates of clusters switched by hand", async () => {
    const shown = open(undefined, { k: 3, cluster: 1 }, { exact: false, replayable: false });
    shown.answer();
    await shown.see.getByRole("button", { name: "Probe it too" }).click();
    await expect
      .element(shown.see.getByText(/^All 3 true neighbours are among the candidates/))
      .toBeVisible();
    await expect.element(shown.see.getByRole("button", { name: /came back/ })).not.toBeInTheDocument();
  });
});

describe("a neighbour that a search of whole vectors stops before", () => {
  it("is not compared, and no code is blamed", async () => {
    const shown = open(undefined, { k: 3, nprobe: 2 }, { replayable: false });
    shown.answer({ nprobe: 2 });
    shown.model.say(...encoded(outcomeOf(shown.summary, [0, 1, 3], { nprobe: 2 })));
    await vi.waitFor(() =>
      expect(shown.root.querySelector("[data-state=missed] .feder-tag")?.textContent).toBe("not compared"),
    );
    await expect.element(shown.see.getByText("1 missed:")).toBeVisible();
    await expect.element(shown.see.getByText("the search stopped before it")).toBeVisible();
    expect(shown.root.textContent).not.toContain("lost to");
  });
});

describe("what geometry proves of a search that re-ranks", () => {
  it("is nothing once its results are at distances of the second pass", async () => {
    const shown = open(undefined, { k: 3 }, { exact: false, refinedDistance: "refined", replayable: false });
    shown.sayCoarse({ exhaustive: false });
    shown.sayCandidates(1, 1);
    shown.sayDone();
    const bounds = Float32Array.of(0, 10, 20, 30);
    const beyond = new Float32Array(0);
    shown.model.say(
      ...encoded({ kind: "bounds", request: "kernel:1", serial: 1, findings: [], bounds, beyond }),
    );
    await vi.waitFor(() => expect(shown.root.querySelector(".feder-certain")).not.toBeNull());
    const rows = BigInt64Array.of(0n, 1n, 2n);
    const passes = Float32Array.of(0, 1, 2);
    const second = { first_k: 3, handed_over: rows, first_pass: passes, second_pass: passes };
    shown.model.say(...encoded(outcomeOf(shown.summary, [0, 1, 2], second)));
    await vi.waitFor(() => expect(shown.root.textContent).toContain("Re-ranked: the best 3"));
    expect(shown.root.querySelector(".feder-certain")).toBeNull();
  });
});

describe("a finding that makes answers wrong", () => {
  const findings = (["warning", "error"] as const).map((severity) => ({
    code: severity,
    severity,
    sentence: `This is the ${severity}.`,
    evidence: {},
    remedy: null,
  }));

  it("is read before the first search, and before the pictures of an answer", async () => {
    const shown = open(undefined, {}, { findings });
    const begin = shown.see.getByRole("region", { name: "Pick a query" });
    await expect.element(begin).toHaveTextContent("This is the error.");
    expect(begin.element()).not.toHaveTextContent("This is the warning.");
    shown.answer();
    const answer = shown.see.getByRole("region", { name: "Answer" });
    await expect.element(answer).toHaveTextContent("This is the warning.");
    const place = (found: Element) => found.compareDocumentPosition(strip) & Node.DOCUMENT_POSITION_FOLLOWING;
    const strip = answer.getByRole("list", { name: "True neighbours" }).element();
    expect(place(answer.getByText("This is the error.").element())).toBeTruthy();
    expect(place(answer.getByText("This is the warning.").element())).toBeFalsy();
  });
});
