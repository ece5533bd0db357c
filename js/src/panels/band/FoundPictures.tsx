import { Picture } from "../../controls/Picture";
import { count } from "../../model/format";
import { foundSpots } from "./foundSpots";
import type { Axis } from "./scale";

/** A missed row, and the nprobe that finds it. */
export interface FoundRow {
  readonly id: bigint;
  readonly cluster: number | null;
  readonly at: number;
}

/** Height of the largest picture, and of the room around it, in CSS pixels. */
const SIDE = 30;
const AROUND = 8;
const ABOVE_AXIS = 5;

interface Props {
  readonly axis: Axis;
  readonly pictures: readonly FoundRow[];
  /** Whether rows have pictures; of texts, which are unreadable at this size, the number is shown. */
  readonly hasPictures: boolean;
}

/** The missed rows, each at the nprobe that finds it; the ranked strip says the same in words. */
export function FoundPictures({ axis, pictures, hasPictures }: Props) {
  const { bottom, top } = axis.frame;
  if (bottom - top < SIDE + AROUND) return null;
  const ats = pictures.map(({ at }) => at);
  return (
    <span aria-hidden="true">
      {foundSpots(ats, axis).map(({ at, x, side, shown, count: rows }) => (
        <span key={at} class="feder-found" style={{ left: `${x}px`, top: `${bottom - SIDE - ABOVE_AXIS}px` }}>
          <i
            style={{
              left: `${axis.x(at) - x}px`,
              height: `${bottom - top}px`,
              bottom: `${-ABOVE_AXIS}px`,
            }}
          />
          {hasPictures &&
            pictures
              .filter((picture) => picture.at === at)
              .slice(0, shown)
              .map(({ id, cluster }, i) => (
                <span key={i} style={{ width: `${side}px`, height: `${side}px` }}>
                  <Picture id={id} cluster={cluster} side={SIDE} alt="" />
                </span>
              ))}
          {side > 0 && (shown < rows || !hasPictures) && <b>×{count(rows)}</b>}
        </span>
      ))}
    </span>
  );
}
