import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** From the pointer to the card, in CSS pixels. */
const APART = 18;
const EDGE = 8;

/** A card that stays beside a place of the frame, and inside it. */
export function useBeside(x: number, y: number, within: { current: HTMLElement | null }) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { offsetWidth: width, offsetHeight: height, style } = card.current as HTMLDivElement;
    const frame = within.current as HTMLElement;
    const left = x + APART + width > frame.clientWidth ? x - APART - width : x + APART;
    const top = Math.min(y - APART, frame.clientHeight - height - EDGE);
    style.transform = `translate(${Math.max(EDGE / 2, left)}px, ${Math.max(EDGE / 2, top)}px)`;
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
