import { describe, expect, it } from "vitest";
import { type Box, BoxPlacer, boxAround, centreOf, DiscPlacer } from "../src/views/placer";
import { randomOf } from "./random";

const box = (left: number, top: number, right: number, bottom: number): Box => ({ left, top, right, bottom });

describe("boxes", () => {
  it("do not lie on each other, and may touch", () => {
    const placer = new BoxPlacer({ taken: [box(0, 0, 10, 10)] });
    expect(placer.placeFree([box(5, 5, 15, 15)])).toBeNull();
    expect(placer.placeFree([box(10, 0, 20, 10)])).toEqual(box(10, 0, 20, 10));
    expect(placer.placeFree([box(19, 9, 30, 30)])).toBeNull();
  });

  it("take the first place that is free, else the one that covers the least", () => {
    const placer = new BoxPlacer({ taken: [box(0, 0, 10, 10)] });
    const places = [box(0, 0, 10, 10), box(9, 0, 19, 10), box(20, 0, 30, 10), box(40, 0, 50, 10)];
    expect(placer.choose(places)).toEqual({ place: places[2], covered: 0 });
    expect(placer.choose(places.slice(0, 2))).toEqual({ place: places[1], covered: 10 });
    expect(placer.choose([])).toBeNull();
  });

  it("that are chosen are not taken until they are placed", () => {
    const placer = new BoxPlacer();
    placer.choose([box(0, 0, 10, 10)]);
    expect(placer.coveredBy(box(0, 0, 10, 10))).toEqual([]);
    placer.place([box(0, 0, 10, 10)]);
    placer.place([box(5, 0, 15, 10)]);
    expect(placer.coveredBy(box(2, 2, 4, 4))).toEqual([0]);
    expect(placer.coveredBy(box(6, 2, 8, 4))).toEqual([0, 1]);
  });

  it("keep a gap, or lap over by a share of the smaller", () => {
    const apart = new BoxPlacer({ taken: [box(0, 0, 10, 10)], gap: 3 });
    expect(apart.placeFree([box(12, 0, 22, 10)])).toBeNull();
    expect(apart.placeFree([box(13, 0, 23, 10)])).not.toBeNull();
    const lapping = new BoxPlacer({ taken: [box(0, 0, 10, 10)], lap: 0.2 });
    expect(lapping.placeFree([box(7, 0, 27, 10)])).toBeNull();
    expect(lapping.placeFree([box(8, 0, 28, 10)])).not.toBeNull();
  });

  it("stand around their centres", () => {
    expect(boxAround(5, 6, 4, 2)).toEqual(box(3, 5, 7, 7));
    expect(centreOf(box(3, 5, 7, 7))).toEqual([5, 6]);
  });
});

describe("discs", () => {
  it("keep off each other where there is room, at their radius and between their angles", () => {
    const random = randomOf(5);
    const placer = new DiscPlacer(1);
    const radii = Array.from({ length: 60 }, () => 100 + 100 * random()).sort((a, b) => a - b);
    const discs = radii.map((radius) => ({ radius, angle: placer.place(radius, 3, 0.5, 3) }));
    let least = Number.POSITIVE_INFINITY;
    discs.forEach((one, i) => {
      expect(one.angle).toBeGreaterThanOrEqual(0.5);
      expect(one.angle).toBeLessThanOrEqual(3);
      for (const other of discs.slice(0, i)) {
        const dx = one.radius * Math.sin(one.angle) - other.radius * Math.sin(other.angle);
        const dy = one.radius * Math.cos(one.angle) - other.radius * Math.cos(other.angle);
        least = Math.min(least, Math.hypot(dx, dy));
      }
    });
    expect(least).toBeGreaterThan(6);
  });

  it("find a place where there is no room", () => {
    const placer = new DiscPlacer(1);
    for (let i = 0; i < 20; i++) expect(placer.place(10, 8, 0, 0.1)).toBeGreaterThanOrEqual(0);
  });
});
