import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { rowNames } from "../../model/rowNames";
import type { Projected } from "../../state/projections";
import { Frame } from "../frame";
import { onAction, wantsStillness } from "../interruption";
import type { Fitted } from "./fit";

/** Milliseconds of the motion to a better projection. */
const LONG = 550;
/** More points than this jump: their frames would be late. */
const MOST = 10_000;

/** A picture of candidates as it is on screen. */
export interface PlacedPicture extends Fitted {
  readonly picture: Projected;
  /** How much of the way here is done, from 0 to 1. */
  readonly share: number;
}

/**
 * Places of the points of `to` when the motion begins: points of `from` at their old places, new ones at their final
 * places. Null when no point is in both.
 */
export function startOf(from: PlacedPicture, to: PlacedPicture): Float32Array | null {
  const names = ({ picture: { ids, rankOf } }: PlacedPicture) => rowNames(ids, rankOf);
  const at = new Map(names(to).map((name, i) => [name, i]));
  const start = to.positions.slice();
  let found = 0;
  names(from).forEach((name, j) => {
    const i = at.get(name);
    if (i === undefined) return;
    start[2 * i] = from.positions[2 * j];
    start[2 * i + 1] = from.positions[2 * j + 1];
    found++;
  });
  return found === 0 ? null : start;
}

/** The picture between two others, at a share of the time from 0 to 1: quick at first, then slower. */
export function between(
  start: Float32Array,
  from: PlacedPicture,
  to: PlacedPicture,
  time: number,
): PlacedPicture {
  const share = 1 - (1 - time) ** 3;
  const blend = (a: number, b: number) => a + (b - a) * share;
  const positions = new Float32Array(start.length);
  for (let i = 0; i < start.length; i++) positions[i] = blend(start[i], to.positions[i]);
  const query = { x: blend(from.query.x, to.query.x), y: blend(from.query.y, to.query.y) };
  return { picture: to.picture, positions, query, share };
}

/** The picture to draw: `target`, or one on the way to it from the former picture of the same search. */
export function useMotion(target: PlacedPicture | null): PlacedPicture | null {
  const [shown, setShown] = useState(target);
  const current = useRef(target);
  const goal = useRef(target);
  const step = useRef((_now: number): boolean => false);
  const frame = useMemo(() => new Frame((now) => step.current(now)), []);
  const show = (picture: PlacedPicture | null) => {
    current.current = picture;
    setShown(picture);
  };
  useLayoutEffect(() => {
    const from = current.current;
    frame.cancel();
    goal.current = target;
    const start = from === null || target === null || !moves(from, target) ? null : startOf(from, target);
    if (from === null || target === null || start === null) {
      show(target);
      return;
    }
    let begin: number | null = null;
    step.current = (now) => {
      begin ??= now;
      const time = Math.min(1, (now - begin) / LONG);
      show(time === 1 ? target : between(start, from, target, time));
      return time < 1;
    };
    frame.request();
  }, [target]);
  useEffect(() => {
    const abort = new AbortController();
    const finish = () => {
      if (!frame.isPending) return;
      frame.cancel();
      show(goal.current);
    };
    onAction(finish, abort.signal);
    return () => {
      abort.abort();
      frame.cancel();
    };
  }, []);
  // A picture of another search, or none, is replaced at once.
  return shown?.picture.serial === target?.picture.serial ? shown : target;
}

function moves(from: PlacedPicture, to: PlacedPicture): boolean {
  return (
    from.picture !== to.picture &&
    from.picture.serial === to.picture.serial &&
    to.picture.ids.length <= MOST &&
    !wantsStillness()
  );
}
