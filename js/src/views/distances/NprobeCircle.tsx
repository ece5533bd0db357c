import type { Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { drag } from "../../controls/drag";
import { plural } from "../../model/format";
import { type CoarseLayout, nprobeAt, nprobeRadius } from "./coarseScene";
import { NprobeHandle } from "./NprobeHandle";
import { angleOf } from "./sectors";

/** First angle of the handle, clockwise from 12 o'clock: away from the discs of the nearest clusters. */
const ANGLE = 1.77;

interface Props {
  readonly layout: CoarseLayout;
  readonly nprobe: Signal<number>;
  readonly nlist: number;
}

/** The handle of the circle around the probed clusters. */
export function NprobeCircle({ layout, nprobe, nlist }: Props) {
  const { circle } = layout;
  const [angle, setAngle] = useState(ANGLE);
  const radius = nprobeRadius(layout, nprobe.value);
  return (
    <NprobeHandle
      class="feder-nprobe-circle"
      name="nprobe circle"
      text={`the first ${plural(nprobe.value, "cluster")} by rank`}
      x={circle.x + radius * Math.sin(angle)}
      y={circle.y - radius * Math.cos(angle)}
      title="Drag to probe more or fewer clusters"
      {...drag((event) => {
        const box = (event.currentTarget.parentElement as HTMLElement).getBoundingClientRect();
        const dx = event.clientX - box.left - circle.x;
        const dy = event.clientY - box.top - circle.y;
        setAngle(angleOf(dx, dy));
        nprobe.value = Math.min(nlist, nprobeAt(layout, Math.hypot(dx, dy)));
      })}
    >
      <i />
      <span>nprobe = {nprobe.value}</span>
    </NprobeHandle>
  );
}
