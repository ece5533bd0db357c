import { afterEach, describe, expect, it, vi } from "vitest";
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
    await shown.see.getByRole("button", { name: /^Row 8, missed/ }).click();
    expect(factsOf(shown)).toHaveTextContent("distance by the original vectors1.750");
    await shown.see.getByRole("button", { name: "Close" }).click();
    await shown.see.getByRole("button", { name: /^Row 0, squared/ }).click();
    expect(factsOf(shown)).toHaveTextContent("squared L2 distance0");
  });

  it("names the distance of the second pass for a result of it", async () => {
    const shown = open(undefined, { k: 3 }, { refinedDistance: "refined distance", replayable: false });
    shown.answer();
    const outcome = outcomeOf(shown.summary, [0, 1, 2], {
      first_k: 3,
      handed_over: BigInt64Array.of(0n, 1n, 2n),
      first_pass: Float32Array.of(0, 1, 2),
      second_pass: Float32Array.of(0, 1, 2),
    });
    shown.model.say(...encoded(outcome));
    await shown.see.getByRole("button", { name: /^Row 2, refined/ }).click();
    expect(factsOf(shown)).toHaveTextContent("refined distance2");
  });
});

describe("the cost", () => {
  it("of an index that has lost all vectors is no share of nothing", async () => {
    const shown = open();
    shown.answer();
    await expect.element(shown.see.getByText("of brute force (12)")).toBeVisible();
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
