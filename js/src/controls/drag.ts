import type { TargetedPointerEvent } from "preact";

type Event = TargetedPointerEvent<HTMLElement>;

/** Listeners for dragging with the main button: `press` is called once, then `follow` at every move. */
export function drag(follow: (event: Event) => void, press: (event: Event) => void = () => {}) {
  return {
    onPointerDown: (event: Event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      press(event);
    },
    onPointerMove: (event: Event) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
    },
  };
}
