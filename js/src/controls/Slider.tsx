import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { count } from "../model/format";
import { drag } from "./drag";

interface Props {
  readonly name: string;
  readonly help: string;
  readonly value: Signal<number>;
  readonly max: number;
  readonly scale: "linear" | "log";
}

/**
 * A range input from 1 to `max`. On the log scale the pointer moves along powers of two, where small values matter
 * most; keys and assistive technology step by one.
 */
export function Slider({ name, help, value, max, scale }: Props) {
  const track = useRef<HTMLSpanElement>(null);
  const share = place(value.value, max, scale);
  const follow = (event: PointerEvent) => {
    const box = (track.current as HTMLElement).getBoundingClientRect();
    const along = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    value.value = Math.round(valueAt(along, max, scale));
  };
  return (
    <label class="feder-slider" data-name={name} title={help}>
      <span class="feder-slider-name">{name}</span>
      <span
        class="feder-slider-box"
        {...drag(follow, (event) => {
          event.preventDefault();
          event.currentTarget.querySelector("input")?.focus({ focusVisible: false } as FocusOptions);
          follow(event);
        })}
      >
        <input
          type="range"
          aria-label={name}
          min={1}
          max={max}
          step={1}
          value={value.value}
          onInput={(event) => {
            value.value = Number(event.currentTarget.value);
          }}
        />
        <span class="feder-track" ref={track} aria-hidden="true">
          <span class="feder-track-fill" style={{ width: `${100 * share}%` }} />
          <span class="feder-thumb" style={{ left: `${100 * share}%` }} />
        </span>
      </span>
      <output class="feder-slider-value">
        <b style={{ minWidth: `${count(max).length}ch` }}>{count(value.value)}</b>
        {scale === "log" ? ` / ${count(max)}` : ""}
      </output>
    </label>
  );
}

function place(value: number, max: number, scale: Props["scale"]): number {
  if (max <= 1) return 1;
  return scale === "log" ? Math.log(value) / Math.log(max) : (value - 1) / (max - 1);
}

function valueAt(share: number, max: number, scale: Props["scale"]): number {
  return scale === "log" ? max ** share : 1 + share * (max - 1);
}
