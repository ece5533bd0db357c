import { computed, signal } from "@preact/signals";
import { h, render } from "preact";
import { afterEach, expect, it, vi } from "vitest";
import { page } from "vitest/browser";
import "../src/look/styles.css";
import { type Mode, PALETTES } from "../src/look/palette";
import { Root } from "../src/panels/Root";
import { Asker } from "../src/protocol/asker";
import { Recorder } from "../src/protocol/recorder";
import type { Recording } from "../src/protocol/recording";
import { RecordingTransport } from "../src/protocol/recordingTransport";
import type { Transport } from "../src/protocol/transport";
import { AppContext, makeApp } from "../src/state/app";
import { explore } from "../src/state/exploration";
import { Pictures } from "../src/state/pictures";
import { FakeKernel } from "./fakeKernel";
import { findingOf, settingsOf, summaryOf } from "./support";

const SIZES = [30, 40, 0, 50];
const SUMMARY = summaryOf(SIZES);
const VIEWS = ["clusters", "distances", "projection"];

let closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

/** A page at the other end of a transport, without a host. */
function open(transport: Transport, nprobe = 1) {
  const abort = new AbortController();
  const settings = settingsOf(nprobe, 5);
  const asker = new Asker(transport, abort.signal);
  const exploration = explore(signal(SUMMARY), settings, asker, abort.signal);
  const pictures = new Pictures(asker, signal(SUMMARY), abort.signal);
  const app = makeApp(
    exploration,
    pictures,
    computed(() => PALETTES.light),
  );
  const element = document.createElement("div");
  element.style.width = "960px";
  element.dataset.testid = crypto.randomUUID();
  document.body.append(element);
  render(
    h(AppContext.Provider, { value: app }, h(Root, { mode: signal<Mode>("light"), saved: null })),
    element,
  );
  const close = () => {
    render(null, element);
    abort.abort();
    element.remove();
  };
  closing.push(close);
  const see = page.getByTestId(element.dataset.testid);
  const root = element.querySelector(".feder-widget") as HTMLElement;
  const list = (name: string) => [
    ...(element.querySelector(`ol[aria-label="${name}"], ul[aria-label="${name}"]`)?.children ?? []),
  ];
  const ids = (name: string) => list(name).map((item) => Number((item as HTMLElement).dataset.id));
  return { exploration, settings, app, element, root, see, ids, close };
}

type Page = ReturnType<typeof open>;

/** How many different colours the picture of the view has. */
function colours({ element }: Page): number {
  const canvas = element.querySelector<HTMLCanvasElement>(".feder-map canvas, .feder-points canvas");
  if (canvas === null || canvas.width === 0) return 0;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
}

async function drawn(shown: Page, view: string): Promise<void> {
  shown.settings.view.value = view;
  if (view === "projection") {
    await vi.waitFor(() => expect(shown.exploration.projections.drawn.value).not.toBeNull());
  }
  await vi.waitFor(() => expect(colours(shown)).toBeGreaterThan(5));
}

/** Look at everything once with a kernel, and record it. */
async function record(): Promise<Recording> {
  const recorder = new Recorder(new FakeKernel(SUMMARY));
  const shown = open(recorder);
  shown.exploration.ask({ id: "0", cluster: null });
  await vi.waitFor(() => expect(shown.root.dataset.state).toBe("done"));
  shown.settings.cluster.value = 3;
  for (const view of VIEWS) await drawn(shown, view);
  shown.exploration.workloads.evaluate(10, 7, 5, true);
  await vi.waitFor(() => expect(shown.ids("Cluster images").length).toBeGreaterThan(0));
  await vi.waitFor(() => expect(shown.element.querySelectorAll(".feder-loading")).toHaveLength(0));
  expect(shown.exploration.workloads.latest.value?.final).toBe(true);
  shown.close();
  return structuredClone(recorder.recording);
}

it("a recorded exploration draws every view, results, missed, members and workload without a kernel", async () => {
  const shown = open(new RecordingTransport(await record()));
  await vi.waitFor(() => expect(shown.root.dataset).toMatchObject({ state: "done", query: "0" }));
  shown.settings.cluster.value = 3;
  for (const view of VIEWS) await drawn(shown, view);
  expect(shown.ids("True neighbours")).toEqual([0, 1, 2, 3, 4]);
  expect(shown.root.dataset).toMatchObject({ results: "0,1,2,3,4", missedIds: "" });
  await vi.waitFor(() => expect(shown.ids("Cluster images").slice(0, 3)).toEqual([70, 71, 72]));
  await vi.waitFor(() =>
    expect(shown.element.querySelectorAll("[aria-label='True neighbours'] img.feder-picture")).toHaveLength(
      5,
    ),
  );
  // What geometry tells is not said where the true neighbours are known.
  expect(shown.exploration.findings.value).toEqual([findingOf("A finding of the search.")]);
  await shown.see.getByRole("tab", { name: "Workload" }).click();
  await expect.element(shown.see.getByText(/10 queries, drawn with seed 7/)).toBeVisible();
  expect(shown.exploration.failure.value).toBeNull();
});

it("a recorded exploration answers every nprobe and k", async () => {
  const shown = open(new RecordingTransport(await record()));
  await vi.waitFor(() => expect(shown.root.dataset.state).toBe("done"));
  shown.settings.k.value = 20;
  await vi.waitFor(() => expect(shown.ids("True neighbours")).toHaveLength(20));
  await shown.see.getByRole("slider", { name: "nprobe", exact: true }).fill("4");
  shown.exploration.toggleProbed(0);
  await vi.waitFor(() => expect(shown.root.dataset.results?.split(",")[0]).toBe("30"));
  const missed = shown.root.dataset.missedIds?.split(",").map(Number);
  expect(missed).toEqual(Array.from({ length: 15 }, (_, i) => i));
  expect(shown.ids("Came instead")).toHaveLength(15);
  expect(shown.root.dataset).toMatchObject({ nprobe: "4", k: "20", missed: "15", state: "done" });
});

it("a recording refuses what it does not hold, and shows on what it holds", async () => {
  const shown = open(new RecordingTransport(await record()));
  await vi.waitFor(() => expect(shown.root.dataset.state).toBe("done"));
  shown.exploration.ask({ id: "99", cluster: null });
  await expect
    .element(shown.see.getByText(/This recording answers the queries that were saved/))
    .toBeVisible();
  expect(shown.root.dataset.results).toBe("0,1,2,3,4");
  shown.exploration.ask({ id: "0", cluster: null });
  await vi.waitFor(() => expect(shown.root.dataset.state).toBe("done"));
  expect(shown.exploration.search.value?.serial).toBe(2);
});
