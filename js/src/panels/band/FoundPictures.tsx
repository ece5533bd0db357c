import { Picture } from "../../controls/Picture";
import { count } from "../../model/format";
import type { Axis } from "./scale";

/** A missed row, and the nprobe that finds it. */
export interface FoundRow {
  readonly id: bigint;
  readonly cluster: number | null;
  readonly at: number;
}

const SIDE = 30;
const GAP = 2;

/** The missed pictures, each at the nprobe that finds it; the ranked strip says the same in words. */
export function FoundPictures({ axis, pictures }: { axis: Axis; pictures: readonly FoundRow[] }) {
  const { right, bottom, top } = axis.frame;
  if (bottom - top < SIDE + 8) return null;
  const groups = [...new Set(pictures.map(({ at }) => at))].sort((a, b) => a - b);
  let free = -Infinity;
  return (
    <span aria-hidden="true">
      {groups.map((at) => {
        const rows = pictures.filter((picture) => picture.at === at);
        const x = Math.max(free, axis.x(at) + 3);
        const room = Math.floor((right - x) / (SIDE + GAP));
        const shown = rows.length <= room ? rows : rows.slice(0, Math.max(0, room - 1));
        const end = x + Math.min(rows.length, shown.length + 1) * (SIDE + GAP);
        if (room < 1) return null;
        free = end + GAP;
        return (
          <span key={at} class="feder-found" style={{ left: `${x}px`, top: `${bottom - SIDE - 5}px` }}>
            <i style={{ left: `${axis.x(at) - x}px`, height: `${bottom - top}px`, bottom: "-5px" }} />
            {shown.map(({ id, cluster }, i) => (
              <Picture key={i} id={id} cluster={cluster} side={SIDE} alt="" />
            ))}
            {shown.length < rows.length && <b>+{count(rows.length - shown.length)}</b>}
          </span>
        );
      })}
    </span>
  );
}
