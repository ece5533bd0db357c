import type { ComponentChildren, JSX } from "preact";
import { slideByKey } from "../../controls/sliderKeys";
import { useApp } from "../../state/app";

interface Props extends JSX.HTMLAttributes<HTMLDivElement> {
  readonly name: string;
  /** The value in words. */
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly children: ComponentChildren;
}

/** A slider for nprobe, drawn as a handle at a place in a picture. Keys move it; the picture handles dragging. */
export function NprobeHandle({ name, text, x, y, ...others }: Props) {
  const { settings } = useApp().exploration;
  const summary = useApp().exploration.summary.value;
  const { nprobe } = settings;
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={1}
      aria-valuemax={summary.nlist}
      aria-valuenow={nprobe.value}
      aria-valuetext={text}
      style={{ transform: `translate(${x}px, ${y}px)` }}
      onKeyDown={(event) => {
        const to = slideByKey(event, nprobe.peek(), summary.nlist);
        if (to === null) return;
        nprobe.value = to;
        event.preventDefault();
        event.stopPropagation();
      }}
      {...others}
    />
  );
}
