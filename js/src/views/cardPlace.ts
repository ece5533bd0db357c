import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** CSS pixels between the pointer and the card. */
const APART = 18;
const EDGE = 8;

/** Keeps a card beside a place, and inside the frame. */
export function useCardPlace(x: number, y: number, within: { current: HTMLElement | null }) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { offsetWidth: width, style } = card.current as HTMLDivElement;
    const frame = within.current as HTMLElement;
    const left = x + APART + width > frame.clientWidth ? x - APART - width : x + APART;
    // A CSS expression: the height changes when a label comes later.
    const top = `min(${y - APART}px, ${frame.clientHeight - EDGE}px - 100%)`;
    style.transform = `translate(${Math.max(EDGE / 2, left)}px, max(${EDGE / 2}px, ${top}))`;
  });
  return card;
}

/**
 * Whether this has been the same thing for a while. A pointer that only passes over something does not ask about it.
 *
 * @param first  the thing that counts as rested from the start
 */
export function useRested<T>(thing: T, milliseconds: number, first: T | null = null): boolean {
  const [rested, setRested] = useState(first);
  useEffect(() => {
    const timer = setTimeout(() => setRested(() => thing), milliseconds);
    return () => clearTimeout(timer);
  }, [thing, milliseconds]);
  return rested === thing;
}
