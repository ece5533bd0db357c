import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { NoPicture, pictureBytes } from "../src/panels/ask/sentPicture";
import { encoded } from "./encode";
import { Stage } from "./stage";
import { coarseOf } from "./support";

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

function open(summary: ConstructorParameters<typeof Stage>[2] = {}): Stage {
  stage = new Stage(undefined, {}, { asksPictures: true, asksWords: true, ...summary });
  return stage;
}

/** A picture with this many pixels, encoded by the browser. */
async function picture(width: number, height: number, name = "leaf.png"): Promise<File> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = "teal";
  context.fillRect(0, 0, width / 2, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  return new File([blob as Blob], name, { type: "image/png" });
}

/** A picture of noise, which takes many bytes. */
async function noise(side: number): Promise<File> {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(side, side);
  let state = 1;
  for (let i = 0; i < image.data.length; i++) {
    state = (state * 48271) % 2147483647;
    image.data[i] = i % 4 === 3 ? 255 : state & 255;
  }
  context.putImageData(image, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  return new File([blob as Blob], "noise.png", { type: "image/png" });
}

function transferOf(...files: File[]): DataTransfer {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  return data;
}

function drop(shown: Stage, ...files: File[]): boolean {
  const target = shown.root.querySelector("canvas") ?? shown.root;
  const event = (kind: string) =>
    new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transferOf(...files) });
  target.dispatchEvent(event("dragenter"));
  target.dispatchEvent(event("dragover"));
  return !target.dispatchEvent(event("drop"));
}

/** The queries asked for, but for the one that the kernel may have already. */
function queries(shown: Stage): object[] {
  return shown
    .asked("search")
    .map(({ query }) => query as object)
    .filter((query) => !("resume" in query));
}

/** The newest of so many. */
async function askedFor(shown: Stage, count = 1): Promise<object | undefined> {
  await vi.waitFor(() => expect(queries(shown)).toHaveLength(count));
  return queries(shown).at(-1);
}

describe("a picture", () => {
  it("that is dropped is searched for as it is, under its name", async () => {
    const shown = open();
    const file = await picture(40, 30);
    expect(drop(shown, file)).toBe(true);
    expect(await askedFor(shown)).toEqual({ picture: "leaf.png" });
    const sent = shown.model.sent.findLast(({ content }) => content.kind === "search");
    expect(new Uint8Array(sent?.buffers[0] as ArrayBuffer)).toEqual(new Uint8Array(await file.arrayBuffer()));
  });

  it("that hangs over the widget is expected, until it leaves", async () => {
    const shown = open();
    const data = transferOf(await picture(4, 4));
    const fire = (kind: string) =>
      shown.root.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
    fire("dragenter");
    await expect.element(shown.see.getByText("Drop a picture to search with it")).toBeVisible();
    fire("dragleave");
    await vi.waitFor(() => expect(shown.root.querySelector(".feder-drop")).toBeNull());
  });

  it("that is pasted is searched for; text that is pasted into a field is not touched", async () => {
    const shown = open();
    const text = new ClipboardEvent("paste", {
      bubbles: true,
      cancelable: true,
      clipboardData: new DataTransfer(),
    });
    expect(shown.root.querySelector("input")?.dispatchEvent(text)).toBe(true);
    const clipboardData = transferOf(await picture(8, 8, "image.png"));
    shown.root.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
    expect(await askedFor(shown)).toEqual({ picture: "image.png" });
  });

  it("can be chosen by a button", async () => {
    const shown = open();
    const chooser = shown.root.querySelector<HTMLInputElement>('input[type="file"]') as HTMLInputElement;
    const opened = vi.spyOn(chooser, "click").mockImplementation(() => {});
    await shown.see.getByRole("button", { name: "Search with a picture" }).click();
    expect(opened).toHaveBeenCalledOnce();
    chooser.files = transferOf(await picture(8, 8, "chosen.png")).files;
    chooser.dispatchEvent(new Event("change", { bubbles: true }));
    expect(await askedFor(shown)).toEqual({ picture: "chosen.png" });
  });

  it("stands in the toolbar with its name, once the kernel has embedded it", async () => {
    const shown = open();
    const bytes = new Uint8Array(await (await picture(8, 8)).arrayBuffer());
    const coarse = coarseOf(shown.summary, { id: null, copies: 0, title: "<b>leaf</b>", picture: bytes });
    shown.model.say(...encoded(coarse));
    await expect.element(shown.see.getByRole("img", { name: "Query, <b>leaf</b>" })).toBeVisible();
    await expect.element(shown.see.getByText("<b>leaf</b>")).toBeVisible();
  });

  it("says what is missing where nothing embeds it, and keeps the answer", async () => {
    const shown = open({ asksPictures: false, asksWords: false });
    shown.answer();
    expect(shown.see.getByRole("button", { name: "Search with a picture" }).elements()).toEqual([]);
    drop(shown, await picture(8, 8));
    await expect.element(shown.see.getByRole("alert")).toHaveTextContent("embed=");
    expect(shown.root.dataset.query).toBe("0");
  });

  it.each([
    [
      "is no picture of pixels, but application/pdf",
      new File(["%PDF"], "a.pdf", { type: "application/pdf" }),
    ],
    ["is no picture of pixels, but image/svg+xml", new File(["<svg/>"], "a.svg", { type: "image/svg+xml" })],
    ["is empty", new File([], "a.png", { type: "image/png" })],
  ])("that %s is refused in words", async (words, file) => {
    const shown = open();
    drop(shown, file);
    await expect.element(shown.see.getByRole("alert")).toHaveTextContent(words);
    expect(queries(shown)).toEqual([]);
  });

  it("of many bytes is scaled before it is sent", async () => {
    const file = await noise(1200);
    expect(file.size).toBeGreaterThan(2 << 20);
    const bytes = await pictureBytes(file, 300_000);
    expect(bytes.byteLength).toBeLessThanOrEqual(300_000);
    const bitmap = await createImageBitmap(new Blob([bytes]));
    expect(bitmap.width).toBe(bitmap.height);
    expect(bitmap.width).toBeGreaterThanOrEqual(256);
  });

  it("that the browser cannot read, and is too large to be sent, is refused", async () => {
    const file = new File([new Uint8Array(2000)], "broken.png", { type: "image/png" });
    await expect(pictureBytes(file, 1000)).rejects.toThrow(NoPicture);
    await expect(pictureBytes(file, 1000)).rejects.toThrow("broken.png could not be read as a picture");
  });
});

describe("words", () => {
  it("are searched for where they can be embedded, and a number is still a row", async () => {
    const shown = open();
    const field = shown.see.getByRole("textbox", { name: "Search by id or words" });
    await field.fill("a red bird");
    await userEvent.keyboard("{Enter}");
    expect(await askedFor(shown)).toEqual({ words: "a red bird" });
    await field.fill("7");
    await userEvent.keyboard("{Enter}");
    expect(await askedFor(shown, 2)).toEqual({ id: "7", cluster: null });
  });

  it("are no row id elsewhere", async () => {
    const shown = open({ asksWords: false });
    await shown.see.getByRole("textbox", { name: "Search by id" }).fill("a red bird");
    await userEvent.keyboard("{Enter}");
    await expect.element(shown.see.getByRole("alert")).toHaveTextContent("id must be a whole number");
  });
});
