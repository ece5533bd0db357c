import { describe, expect, it } from "vitest";
import { print } from "../src/graph/views/nodes/dotSheet";

function pixels(width: number, height: number) {
  return { data: new Uint8ClampedArray(4 * width * height), width, height };
}

/** A dot of 4 x 4 pixels: opaque red, but for corners that it covers by half. */
function dot() {
  const made = pixels(4, 4);
  for (let at = 0; at < 16; at++) {
    const isCorner = [0, 3, 12, 15].includes(at);
    made.data.set([200, 0, 0, isCorner ? 128 : 255], 4 * at);
  }
  return made;
}

function at({ data, width }: ReturnType<typeof pixels>, x: number, y: number): number[] {
  return Array.from(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4));
}

describe("dots written pixel by pixel", () => {
  it("stand in the middle of their places, in device pixels", () => {
    const onto = pixels(20, 20);
    print(onto, [[5, 5]], 2, dot());
    expect(at(onto, 9, 9)).toEqual([200, 0, 0, 255]);
    expect(at(onto, 8, 8)).toEqual([200, 0, 0, 128]);
    expect(at(onto, 11, 11)).toEqual([200, 0, 0, 128]);
    expect(at(onto, 12, 10)).toEqual([0, 0, 0, 0]);
    expect(at(onto, 7, 10)).toEqual([0, 0, 0, 0]);
  });

  it("leave no holes where their edges lie on one another", () => {
    const onto = pixels(20, 20);
    const white = { ...dot(), data: dot().data.map((value, i) => (i % 4 === 3 ? value : 100)) };
    print(onto, [[10, 10]], 1, dot());
    print(onto, [[11, 11]], 1, white);
    // The corner of the second one lies on the first.
    const [red, green, , alpha] = at(onto, 9, 9);
    expect(alpha).toBe(255);
    expect(red).toBe(150);
    expect(green).toBe(50);
  });

  it("are cut at the edges of the canvas and left out beyond it", () => {
    const onto = pixels(8, 8);
    print(
      onto,
      [
        [0, 0],
        [8, 8],
        [-50, 4],
        [4, 900],
        [Number.NaN, 3],
      ],
      1,
      dot(),
    );
    expect(at(onto, 0, 0)).toEqual([200, 0, 0, 255]);
    expect(at(onto, 7, 7)).toEqual([200, 0, 0, 255]);
    expect(onto.data.filter((value, i) => i % 4 === 3 && value > 0)).toHaveLength(8);
  });
});
