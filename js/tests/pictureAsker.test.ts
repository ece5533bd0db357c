import { describe, expect, it } from "vitest";
import { askWithPicture } from "../src/panels/ask/pictureAsker";
import { explorationOf, settled } from "./support";

/** A file whose bytes come when the test says so. */
function slowFile(name: string, type = "image/png") {
  const file = new File(["bytes"], name, { type });
  let comes = () => {};
  let fails = (_: unknown) => {};
  const bytes = new Promise<ArrayBuffer>((resolve, reject) => {
    comes = () => resolve(new ArrayBuffer(5));
    fails = reject;
  });
  file.arrayBuffer = () => bytes;
  return { file, comes, fails };
}

function open() {
  const { exploration, transport } = explorationOf([3], { asksPictures: true });
  const queries = () =>
    transport.all("search").flatMap(({ query }) => ("resume" in query ? [] : [query as object]));
  return { exploration, queries, ask: (file: File) => askWithPicture(exploration, [file]) };
}

describe("of two pictures that are dropped in quick succession", () => {
  it("the newer is searched for, though the older is read later", async () => {
    const { queries, ask } = open();
    const [older, newer] = [slowFile("older.png"), slowFile("newer.png")];
    const both = [ask(older.file), ask(newer.file)];
    newer.comes();
    await settled();
    older.comes();
    await Promise.all(both);
    expect(queries()).toEqual([{ picture: "newer.png" }]);
  });

  it("the older says nothing of its failure", async () => {
    const { exploration, queries, ask } = open();
    const [older, newer] = [slowFile("older.png"), slowFile("newer.png")];
    const both = [ask(older.file), ask(newer.file)];
    newer.comes();
    older.fails(new DOMException("gone", "NotFoundError"));
    await Promise.all(both);
    expect(queries()).toEqual([{ picture: "newer.png" }]);
    expect(exploration.failure.value).toBeNull();
  });
});

it("a picture gives way to a query that is asked for before it is read", async () => {
  const { exploration, queries, ask } = open();
  const older = slowFile("older.png");
  const asked = ask(older.file);
  exploration.ask({ id: "5", cluster: null });
  older.comes();
  await asked;
  expect(queries()).toEqual([{ id: "5", cluster: null }]);
});

it("a folder that comes as an empty file is named as one", async () => {
  const { exploration, ask } = open();
  await ask(new File([], "holidays"));
  expect(exploration.failure.value).toBe("holidays is a folder, or empty.");
});

it("a folder that is dropped is named as one", async () => {
  const { exploration, queries, ask } = open();
  const folder = slowFile("holidays", "");
  const asked = ask(folder.file);
  folder.fails(new DOMException("A requested file could not be found", "NotFoundError"));
  await asked;
  expect(exploration.failure.value).toBe("holidays is a folder, or cannot be read.");
  expect(queries()).toEqual([]);
});
