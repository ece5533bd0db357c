import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** From the pointer to the card, in CSS pixels. */
const APART = 18;
const EDGE = 8;

/** A card that stays beside a place of the frame, and inside it. */
export function useCardPlace(x: number, y: number, within: { current: HTMLElement | null }) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { offsetWidth: width, style } = card.current as HTMLDivElement;
    const frame = within.current as HTMLElement;
    const left = x + APART + width > frame.clientWidth ? x - APART - width : x + APART;
    // The browser looks at the height again when a label comes later.
    const top = `min(${y - APART}px, ${frame.clientHeight - EDGE}px - 100%)`;
    style.transform = `translate(${Math.max(EDGE / 2, left)}px, max(${EDGE / 2}px, ${top}))`;
  });
  return card;
}

/**
 * Whether this has been the same thing for a while, as when the pointer has stayed with it: one that passes over it is
 * not a question.
 *
 * @param first  what counts as having been there before
 */
export function useRested<T>(thing: T, milliseconds: number, first: T | null = null): boolean {
  const [rested, setRested] = useState(first);
  useEffect(() => {
    const timer = setTimeout(() => setRested(() => thing), milliseconds);
    return () => clearTimeout(timer);
  }, [thing, milliseconds]);
  return rested === thing;
}
