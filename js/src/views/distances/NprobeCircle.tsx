import type { Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { plural } from "../../format";
import { slideByKey } from "../../panels/keys";
import { type CoarseLayout, nprobeAt, nprobeRadius } from "./coarse";
import { angleOf } from "./sectors";

/** Where on the circle its handle is at first, clockwise from 12 o'clock. */
const ANGLE = (2 * Math.PI) / 3;

interface Props {
  readonly layout: CoarseLayout;
  readonly nprobe: Signal<number>;
  readonly nlist: number;
}

/** The handle of the circle that has the probed clusters inside. */
export function NprobeCircle({ layout, nprobe, nlist }: Props) {
  const { circle } = layout;
  const [angle, setAngle] = useState(ANGLE);
  const radius = nprobeRadius(layout, nprobe.value);
  const x = circle.x + radius * Math.sin(angle);
  const y = circle.y - radius * Math.cos(angle);
  const press = (event: KeyboardEvent) => {
    const to = slideByKey(event, nprobe.peek(), nlist);
    if (to === null) return;
    nprobe.value = to;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="feder-nprobe-circle"
      role="slider"
      tabIndex={0}
      aria-label="nprobe circle"
      aria-valuemin={1}
      aria-valuemax={nlist}
      aria-valuenow={nprobe.value}
      aria-valuetext={`${plural(nprobe.value, "nearest cluster")} probed`}
      title="Drag to probe more or fewer clusters"
      style={{ transform: `translate(${x}px, ${y}px)` }}
      onKeyDown={press}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const box = (event.currentTarget.parentElement as HTMLElement).getBoundingClientRect();
        const dx = event.clientX - box.left - circle.x;
        const dy = event.clientY - box.top - circle.y;
        setAngle(angleOf(dx, dy));
        nprobe.value = Math.min(nlist, nprobeAt(layout, Math.hypot(dx, dy)));
      }}
    >
      <i />
      <span>nprobe = {nprobe.value}</span>
    </div>
  );
}
