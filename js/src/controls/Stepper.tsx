import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { count } from "../model/format";
import { isShortcut, slideByKey } from "./sliderKeys";

interface Props {
  readonly name: string;
  readonly help: string;
  readonly value: Signal<number>;
  /** The largest value; the least is 1. */
  readonly max: number;
}

/** What is being typed, and the value that it is to replace. */
interface Draft {
  readonly text: string;
  readonly instead: number;
}

/** A whole number that can be typed, with a button on either side. */
export function Stepper({ name, help, value, max }: Props) {
  const now = value.value;
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  // A value that comes from elsewhere replaces what is being typed.
  if (draft !== null && draft.instead !== now) setDraft(null);
  const typed = draft?.instead === now ? draft.text : null;
  // Once it is taken, what is typed next replaces it.
  useLayoutEffect(() => {
    if (typed === null && input.current?.matches(":focus")) input.current.select();
  }, [typed]);
  const take = () => {
    const number = draft?.instead === value.peek() ? numberIn(draft.text) : Number.NaN;
    if (Number.isInteger(number)) value.value = Math.max(1, Math.min(max, number));
    setDraft(null);
  };
  return (
    <span class="feder-stepper" title={help}>
      <button
        type="button"
        aria-label={`Decrease ${name}`}
        disabled={now <= 1}
        onClick={() => {
          value.value = now - 1;
        }}
      >
        −
      </button>
      <input
        ref={input}
        type="text"
        inputMode="numeric"
        role="spinbutton"
        aria-label={`${name} as a number`}
        aria-valuemin={1}
        aria-valuemax={max}
        aria-valuenow={now}
        style={{ width: `calc(${Math.max(2, count(max).length)}ch + 18px)` }}
        value={typed ?? count(now)}
        onFocus={(event) => event.currentTarget.select()}
        onInput={(event) => setDraft({ text: event.currentTarget.value, instead: value.peek() })}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter") take();
          else if (event.key === "Escape") setDraft(null);
          const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
          const to = isSideways || isShortcut(event) ? null : slideByKey(event, now, max);
          if (to === null || event.key === "Home" || event.key === "End") return;
          event.preventDefault();
          setDraft(null);
          value.value = to;
        }}
      />
      <button
        type="button"
        aria-label={`Increase ${name}`}
        disabled={now >= max}
        onClick={() => {
          value.value = now + 1;
        }}
      >
        +
      </button>
    </span>
  );
}

/** The number that a text stands for, also where its digits are grouped as on the screen; NaN for none. */
function numberIn(text: string): number {
  const digits = text.trim();
  if (digits === "") return Number.NaN;
  return Number(/^\d{1,3}(,\d{3})+$/.test(digits) ? digits.replaceAll(",", "") : digits);
}
