import { describe, expect, it } from "vitest";
import { bisect } from "../src/cells/bisection";
import { partition } from "../src/cells/cells";
import { area, clip, moments, type Polygon } from "../src/cells/polygon";
import { type Diagram, powerDiagram } from "../src/cells/power";
import { roundCells } from "../src/cells/relaxation";
import { type Places, type Sites, SiteTree } from "../src/cells/sitetree";
import { spread } from "../src/cells/spreading";
import { roundTiling } from "../src/cells/tiling";
import type { Drawn } from "../src/cells/transport";

const WIDTH = 1.4;
const RECTANGLE: Polygon = [0, 0, WIDTH, 0, WIDTH, 1, 0, 1];

/** Numbers in [0, 1), the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function scattered(n: number, heaviest: number, seed = 1): Sites {
  const next = random(seed);
  return {
    x: Float64Array.from({ length: n }, () => next() * WIDTH),
    y: Float64Array.from({ length: n }, next),
    weight: Float64Array.from({ length: n }, () => next() * heaviest),
  };
}

/** A cell cut by every other site. */
function cellOf({ x, y, weight }: Sites, i: number): Polygon {
  let cell = RECTANGLE;
  for (let j = 0; j < x.length; j++) {
    if (j === i) continue;
    const offset = (x[j] ** 2 + y[j] ** 2 - weight[j] - x[i] ** 2 - y[i] ** 2 + weight[i]) / 2;
    cell = clip(cell, x[j] - x[i], y[j] - y[i], offset, -1);
  }
  return cell;
}

function expectExact(diagram: Diagram, sites: Sites) {
  for (let i = 0; i < sites.x.length; i++) {
    expect(Math.abs(diagram.area[i] - area(cellOf(sites, i)))).toBeLessThan(1e-12);
  }
}

/** Areas in proportion to sizes, over the rectangle. */
function shares(sizes: readonly number[]): Float64Array {
  const total = sizes.reduce((a, b) => a + b, 0);
  return Float64Array.from(sizes, (size) => (size / total) * WIDTH);
}

const weighted = [
  ["alike", 0],
  ["a little apart", 0.003],
  ["so far apart that some sites have no cell", 0.3],
] as const;

describe("a power diagram", () => {
  it.each(weighted)("of weights %s has the cells that clipping by all sites gives", (_, heaviest) => {
    const sites = scattered(250, heaviest);
    expectExact(finish(powerDiagram(sites, finish(SiteTree.of(sites)), WIDTH)), sites);
  });

  it.each(weighted)("of weights %s is no other with a wrong guess", (_, heaviest) => {
    const sites = scattered(250, heaviest);
    const tree = finish(SiteTree.of(sites));
    const guess = finish(powerDiagram({ ...sites, weight: new Float64Array(250) }, tree, WIDTH));
    expectExact(finish(powerDiagram(sites, tree, WIDTH, guess)), sites);
  });

  it("is exact where the sites are no longer those that the tree was made of", () => {
    const tree = finish(SiteTree.of(scattered(200, 0)));
    const others = scattered(200, 0.01, 5);
    expectExact(finish(powerDiagram(others, tree, WIDTH)), others);
  });

  it("of one heavy site among many has a cell of many corners", () => {
    const sites = scattered(2000, 0);
    sites.x[0] = WIDTH / 2;
    sites.y[0] = 0.5;
    sites.weight[0] = 0.16;
    const diagram = finish(powerDiagram(sites, finish(SiteTree.of(sites)), WIDTH));
    expect(diagram.start[1]).toBeGreaterThan(64);
    expect(Math.abs(diagram.area[0] - area(cellOf(sites, 0)))).toBeLessThan(1e-12);
  });

  it("names the site beyond each edge", () => {
    const sites = scattered(100, 0.003);
    const { start, corners, beyond } = finish(powerDiagram(sites, finish(SiteTree.of(sites)), WIDTH));
    for (let i = 0; i < 100; i++) {
      for (let k = start[i], j = start[i + 1] - 1; k < start[i + 1]; j = k++) {
        const x = sites.x[i] + (corners[2 * k] + corners[2 * j]) / 2;
        const y = sites.y[i] + (corners[2 * k + 1] + corners[2 * j + 1]) / 2;
        const other = beyond[k];
        if (other < 0) {
          expect(Math.min(x, WIDTH - x, y, 1 - y)).toBeCloseTo(0, 12);
        } else {
          const here = (x - sites.x[i]) ** 2 + (y - sites.y[i]) ** 2 - sites.weight[i];
          const there = (x - sites.x[other]) ** 2 + (y - sites.y[other]) ** 2 - sites.weight[other];
          expect(there).toBeCloseTo(here, 12);
        }
      }
    }
  });
});

describe("a power diagram of no cell below a least area", () => {
  const sites = scattered(200, 0);
  const tree = finish(SiteTree.of(sites));
  const whole = finish(powerDiagram(sites, tree, WIDTH));
  const smallest = Math.min(...whole.area);

  it("is exact where there is none", () => {
    expectExact(finish(powerDiagram(sites, tree, WIDTH, whole, 0.99 * smallest)) as Diagram, sites);
  });

  it("is given up where there is one", () => {
    expect(finish(powerDiagram(sites, tree, WIDTH, whole, 1.01 * smallest))).toBeNull();
  });
});

describe("sites that are spread", () => {
  const n = 400;
  // Most of them in one corner.
  const { x, y } = scattered(n, 0);
  const crowded = { x: x.map((v) => v ** 2 / WIDTH), y: y.map((v) => v ** 2) };
  const wanted = shares(new Array(n).fill(1));
  const even = finish(spread(crowded, { x, y }, wanted, WIDTH));

  it("are about as dense everywhere", () => {
    const inCorner = ({ x, y }: Places) => x.filter((v, i) => v < WIDTH / 2 && y[i] < 0.5).length / n;
    expect(inCorner(crowded)).toBeGreaterThan(0.4);
    expect(inCorner(even as Places)).toBeCloseTo(0.25, 1);
  });

  it("keep their order: optimal transport is monotone", () => {
    const { x, y } = even as Places;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const along =
          (x[i] - x[j]) * (crowded.x[i] - crowded.x[j]) + (y[i] - y[j]) * (crowded.y[i] - crowded.y[j]);
        expect(along).toBeGreaterThan(0);
      }
    }
  });

  it("need not be distinct", () => {
    const twice = {
      x: crowded.x.map((_, i) => crowded.x[i >> 1]),
      y: crowded.y.map((_, i) => crowded.y[i >> 1]),
    };
    const { x: px, y: py } = finish(spread(twice, { x, y }, wanted, WIDTH)) as Places;
    expect(new Set(Array.from(px, (v, i) => `${v} ${py[i]}`)).size).toBe(n);
  });

  it.each([
    ["in one place", () => [0.5, 0.5]],
    ["on a level line", (i: number) => [i / n, 0.5]],
    ["on a slope", (i: number) => [(WIDTH * i) / n, i / n]],
  ])("are not had of positions %s", (_, at) => {
    const places = { x: x.map((_, i) => at(i)[0]), y: y.map((_, i) => at(i)[1]) };
    expect(finish(spread(places, { x, y }, wanted, WIDTH))).toBeNull();
  });
});

describe("round cells", () => {
  const next = random(11);
  const wild = Array.from({ length: 400 }, () => Math.ceil(10_000 ** next()));
  const uneven: [string, number[]][] = [
    ["one", [3]],
    ["two", [1, 5]],
    ["equal", new Array(300).fill(7)],
    ["between 1 and 10,000", wild],
    ["one half of all and many small", [300, ...new Array(300).fill(1)]],
    ["two of 10,000 and many of 1", [10_000, ...new Array(300).fill(1), 10_000]],
  ];

  it.each(uneven)("of sizes %s have their areas to a millionth", (_, sizes) => {
    const { x, y } = scattered(sizes.length, 0);
    const wanted = shares(sizes);
    const round = finish(roundCells({ x, y }, wanted, WIDTH));
    expect(round).not.toBeNull();
    round?.diagram.area.forEach((got, i) => {
      expect(Math.abs(got / wanted[i] - 1)).toBeLessThan(1e-6);
    });
  });

  it("have their sites near their centres", () => {
    const { x, y } = scattered(400, 0);
    const wanted = shares(new Array(400).fill(1));
    const { start, corners } = (finish(roundCells({ x, y }, wanted, WIDTH)) as Drawn).diagram;
    const off = Array.from({ length: 400 }, (_, i) => {
      const { x: cx, y: cy } = moments(Array.from(corners.subarray(2 * start[i], 2 * start[i + 1])));
      return Math.hypot(cx, cy) / Math.sqrt(wanted[i]);
    }).sort((a, b) => a - b);
    expect(off[200]).toBeLessThan(0.1);
  });

  it("cannot be had of sites in one place", () => {
    const half = new Float64Array(5).fill(0.5);
    expect(finish(roundCells({ x: half, y: half }, shares([1, 1, 1, 1, 1]), WIDTH))).toBeNull();
  });
});

describe("tilings", () => {
  const n = 300;
  const { x, y } = scattered(n, 0);
  const next = random(2);
  const weights = Float64Array.from({ length: n }, (_, i) =>
    i % 10 === 0 ? 0 : 1 + Math.floor(60 * next()),
  );
  const bisected = finish(bisect(x, y, weights, RECTANGLE));
  const round = finish(roundTiling(bisected, { x, y }, weights, WIDTH)) as Polygon[];
  const both: [string, Polygon[]][] = [
    ["bisected", bisected],
    ["round", round],
  ];

  it.each(both)("%s: cells have the weights' shares of the area", (_, cells) => {
    const wanted = shares(Array.from(weights));
    cells.forEach((cell, i) => {
      expect(Math.abs(area(cell) - wanted[i])).toBeLessThanOrEqual(1e-6 * wanted[i]);
    });
  });

  it("round cells are rounder than bisected ones", () => {
    const spread = (cells: Polygon[], share: number) => {
      const spreads = cells.filter((cell) => cell.length > 0).map((cell) => moments(cell).spread);
      return spreads.sort((a, b) => a - b)[Math.floor(share * spreads.length)];
    };
    // Second moment over squared area, above the disc's 1/2π.
    const excess = (cells: Polygon[], share: number) => spread(cells, share) - 1 / (2 * Math.PI);
    expect(excess(round, 0.5)).toBeLessThan(0.6 * excess(bisected, 0.5));
    expect(excess(round, 0.95)).toBeLessThan(0.6 * excess(bisected, 0.95));
  });

  it("round cells keep more of the ten nearest positions near than bisected ones", () => {
    const kept = (cells: Polygon[]) => {
      const centres = cells.map((cell, i) => (cell.length > 0 ? moments(cell) : { x: x[i], y: y[i] }));
      const near = (places: { x: number; y: number }[], i: number) => {
        const far = places.map((place) => Math.hypot(place.x - places[i].x, place.y - places[i].y));
        return Array.from(far.keys())
          .sort((a, b) => far[a] - far[b])
          .slice(1, 11);
      };
      const places = Array.from(x, (px, i) => ({ x: px, y: y[i] }));
      const shared = places.map((_, i) => {
        const wanted = new Set(near(places, i));
        return near(centres, i).filter((j) => wanted.has(j)).length;
      });
      return shared.reduce((a, b) => a + b, 0) / (10 * n);
    };
    expect(kept(round)).toBeGreaterThan(kept(bisected) + 0.05);
  });

  it("positions on a line start from the bisected cells", () => {
    const line = { x: x.map((_, i) => (WIDTH * i) / n), y: y.map((_, i) => i / n) };
    const equal = new Float64Array(n).fill(1);
    const cut = finish(bisect(line.x, line.y, equal, RECTANGLE));
    const cells = finish(roundTiling(cut, line, equal, WIDTH)) as Polygon[];
    const far = cells.map((cell, i) => {
      const [from, to] = [moments(cut[i]), moments(cell)];
      return Math.hypot(to.x - from.x, to.y - from.y);
    });
    // The average cell is 0.07 wide.
    expect(far.sort((a, b) => a - b)[n / 2]).toBeLessThan(0.05);
  });

  it("too many cells to be seen are left as they are cut", () => {
    const many = new Float64Array(20_001).fill(1);
    const cells: Polygon[] = Array.from(many, () => []);
    expect(finish(roundTiling(cells, { x: many, y: many }, many, WIDTH))).toBeNull();
  });

  it("a map whose areas round cells cannot have is left as it is cut", () => {
    const sizes = [1e200, 1, 1e-200, 5];
    const map = finish(partition(Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1), sizes, WIDTH));
    expect(map.find(0.7, 0.5)).toBe(0);
  });
});

it("round cells are made in many short steps", () => {
  const { x, y } = scattered(2000, 0);
  const work = roundCells({ x, y }, shares(new Array(2000).fill(1)), WIDTH);
  let steps = 0;
  while (!work.next().done) steps++;
  expect(steps).toBeGreaterThan(100);
});
