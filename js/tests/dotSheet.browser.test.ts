import { expect, it } from "vitest";
import { DotSheet } from "../src/graph/views/nodes/dotSheet";
import { KeptLayer } from "../src/graph/views/nodes/keptLayer";

function canvas(): CanvasRenderingContext2D {
  const made = document.createElement("canvas");
  [made.width, made.height] = [120, 80];
  const context = made.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, 120, 80);
  return context;
}

const pixelsOf = (context: CanvasRenderingContext2D) =>
  Array.from(context.getImageData(0, 0, 120, 80).data).join();

const look = { radius: 2, colour: "#36c", edge: "#fff", rim: 0.5 };
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => [(i * 7) % 120, (i * 3) % 80] as const);

it("a sheet leaves nothing of a kind in the next one", () => {
  const sheet = new DotSheet();
  const [twice, once] = [canvas(), canvas()];
  sheet.paint(canvas(), [{ ...look, places: many(900), radius: 4 }]);
  sheet.paint(twice, [{ ...look, places: many(300) }]);
  new DotSheet().paint(once, [{ ...look, places: many(300) }]);
  expect(pixelsOf(twice)).toBe(pixelsOf(once));
});

it("a sheet holds pixels for many dots only, until it is closed, and can be used again", () => {
  const sheet = new DotSheet();
  sheet.paint(canvas(), [{ ...look, places: many(20) }]);
  expect(sheet.isHolding).toBe(false);
  const [before, after] = [canvas(), canvas()];
  sheet.paint(before, [{ ...look, places: many(300) }]);
  expect(sheet.isHolding).toBe(true);
  sheet.close();
  expect(sheet.isHolding).toBe(false);
  sheet.paint(after, [{ ...look, places: many(300) }]);
  expect(pixelsOf(after)).toBe(pixelsOf(before));
});

it("two sheets share nothing", () => {
  const [one, other] = [new DotSheet(), new DotSheet()];
  for (const sheet of [one, other]) sheet.paint(canvas(), [{ ...look, places: many(300) }]);
  one.close();
  expect(other.isHolding).toBe(true);
});

it("a layer is drawn anew when its key changes, and copied while it does not", () => {
  const layer = new KeptLayer();
  let drawn = 0;
  const paint = (key: readonly unknown[], colour: string) => {
    const context = canvas();
    layer.paint(context, key, (on) => {
      drawn++;
      on.fillStyle = colour;
      on.fillRect(10.3, 10.6, 50.2, 20.7);
    });
    return pixelsOf(context);
  };
  const first = paint([1], "#123");
  expect(layer.isHolding).toBe(false);
  paint([1], "#123");
  expect(layer.isHolding).toBe(true);
  expect(paint([1], "#123")).toBe(first);
  expect(drawn).toBe(2);
  expect(paint([2], "#456")).not.toBe(first);
  expect(drawn).toBe(3);
  paint([2], "#456");
  layer.close();
  expect(layer.isHolding).toBe(false);
});
