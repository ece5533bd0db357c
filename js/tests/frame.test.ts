import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Frame } from "../src/views/frame";
import { Frames } from "./frames";

describe("a frame", () => {
  let frames: Frames;
  beforeEach(() => {
    frames = new Frames();
  });
  afterEach(() => frames.end());

  it("draws once, however often it is requested", () => {
    let drawn = 0;
    const frame = new Frame(() => {
      drawn++;
      return false;
    });
    frame.request();
    frame.request();
    expect([frame.isPending, drawn]).toEqual([true, 0]);
    frames.next();
    frames.next();
    expect([frame.isPending, drawn]).toEqual([false, 1]);
  });

  it("goes on as long as its drawing asks for more", () => {
    const times: number[] = [];
    const frame = new Frame((now) => times.push(now) < 3);
    frame.request();
    for (let i = 0; i < 5; i++) frames.next(10);
    expect(times.map((time) => time - times[0])).toEqual([0, 10, 20]);
    expect(frames.waiting).toBe(0);
  });

  it("that is cancelled does not draw, and can be requested again", () => {
    let drawn = 0;
    const frame = new Frame(() => {
      drawn++;
      return false;
    });
    frame.request();
    frame.cancel();
    frames.next();
    expect(drawn).toBe(0);
    frame.request();
    frames.next();
    expect(drawn).toBe(1);
  });
});
