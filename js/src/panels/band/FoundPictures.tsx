import { Picture } from "../../controls/Picture";
import { count } from "../../model/format";
import { ABOVE_AXIS, type FoundSpot, SIDE } from "./foundSpots";
import type { Axis } from "./scale";

/** A missed row, and the nprobe that finds it. */
export interface FoundRow {
  readonly id: bigint;
  readonly cluster: number | null;
  readonly at: number;
}

/** Room around the largest picture, in CSS pixels. */
const AROUND = 8;

interface Props {
  readonly axis: Axis;
  readonly pictures: readonly FoundRow[];
  /** Where these stand. */
  readonly spots: readonly FoundSpot[];
  /** Whether rows have pictures; of texts, which are unreadable at this size, the number is shown. */
  readonly hasPictures: boolean;
}

/** The missed rows, each at the nprobe that finds it; the ranked strip says the same in words. */
export function FoundPictures({ axis, pictures, spots, hasPictures }: Props) {
  const { bottom, top } = axis.frame;
  if (bottom - top < SIDE + AROUND) return null;
  return (
    <span aria-hidden="true">
      {spots.map(({ at, x, side, shown, count: rows }) => (
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
