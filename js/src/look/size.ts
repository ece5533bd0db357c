import { useEffect, useRef, useState } from "preact/hooks";

/** The inner size of an element in CSS pixels, 0 × 0 before layout, and the reference to attach. */
export function useSize<E extends HTMLElement>() {
  const element = useRef<E>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const box = element.current as E;
    const observer = new ResizeObserver(() => setSize({ width: box.clientWidth, height: box.clientHeight }));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return { element, ...size };
}
