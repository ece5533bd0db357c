import { useMemo } from "preact/hooks";
import { drag } from "../../controls/drag";
import { NprobeHandle } from "../../controls/NprobeHandle";
import { useSize } from "../../look/size";
import { count } from "../../model/format";
import { useApp } from "../../state/app";
import { Axis } from "./scale";

const HEIGHT = 150;
/** Room for the words beside the handle. */
const LABEL = 170;
/** Radius of a value that stands alone. */
const DOT = 3.5;
const MARGIN = { left: 50, right: 16, top: 12, bottom: 22 };

/** Values that hold from one nprobe to the next. */
export interface Steps {
  readonly at: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

interface Props {
  /** Accessible name. */
  readonly name: string;
  readonly curve: Steps | null;
  /** Further curves, from the highest to the lowest; the areas between them are shaded. */
  readonly band?: readonly Steps[];
  /** The share of the vectors compared. */
  readonly share: Steps | null;
  /** Whether values hold where they stand only, and nothing is known in between. */
  readonly isApart?: boolean;
  /** Text beside the handle, also read aloud. */
  readonly label: string;
  /** Height of the handle, from 0 to 1. */
  readonly height: number;
  /** The nprobe that the index has stored. */
  readonly stored?: number;
}

/** A mark at the nprobe that the index has stored. */
function Stored({ nprobe, axis }: { nprobe: number; axis: Axis }) {
  const { left, right, top, bottom } = axis.frame;
  const x = axis.x(nprobe);
  const isRight = x > (left + right) / 2;
  return (
    <>
      <path class="feder-stored" d={`M${x} ${top}V${bottom}`} />
      <text class="feder-stored-name" data-left={isRight} x={x} y={bottom - (isRight ? 20 : 6)}>
        stored nprobe
      </text>
    </>
  );
}

/** Recall against nprobe; dragging sets nprobe. */
export function RecallChart({
  name,
  curve,
  band = [],
  share,
  isApart = false,
  label,
  height,
  stored,
}: Props) {
  const { exploration } = useApp();
  const { nprobe } = exploration.settings;
  const { nlist } = exploration.summary.value;
  const { element: box, width } = useSize<HTMLDivElement>();
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const axis = useMemo(
    () => new Axis({ left: MARGIN.left, right, top: MARGIN.top, bottom }, nlist),
    [right, nlist],
  );
  const still = useMemo(
    () =>
      width < 80 ? null : (
        <>
          {share !== null && <path class="feder-share" d={axis.below(share.at, share.values)} />}
          {share !== null && curve !== null && (
            <text class="feder-share-name" x={right - 6} y={bottom - 6}>
              share of the vectors compared
            </text>
          )}
          {[0, 0.5, 1].map((value) => (
            <g key={value}>
              <path class="feder-gridline" d={`M${MARGIN.left} ${axis.y(value)}H${right}`} />
              <text class="feder-percent" x={MARGIN.left - 7} y={axis.y(value) + 4}>
                {100 * value} %
              </text>
            </g>
          ))}
          {axis.ticks().map((tick) => (
            <text key={tick} class="feder-tick" x={axis.x(tick)} y={HEIGHT - 6}>
              {count(tick)}
            </text>
          ))}
          {stored !== undefined && <Stored nprobe={stored} axis={axis} />}
          {band
            .slice(1)
            .map(({ at, values }, i) =>
              isApart ? (
                <path key={i} class="feder-band feder-spread" d={axis.bars(at, band[i].values, values)} />
              ) : (
                <path
                  key={i}
                  class="feder-band"
                  d={axis.below(at, band[i].values) + axis.below(at, values)}
                />
              ),
            )}
          {curve !== null &&
            (isApart ? (
              Array.from(curve.at, (at, i) => (
                <circle key={at} class="feder-dot" cx={axis.x(at)} cy={axis.y(curve.values[i])} r={DOT} />
              ))
            ) : (
              <path class="feder-curve" d={axis.steps(curve.at, curve.values)} />
            ))}
        </>
      ),
    [axis, width, share, curve, band, isApart, stored],
  );
  const x = axis.x(nprobe.value);
  const isRight = x > right - LABEL;
  const follow = (event: PointerEvent) => {
    const { left } = (box.current as HTMLDivElement).getBoundingClientRect();
    nprobe.value = axis.nprobeAt(event.clientX - left);
  };
  return (
    <div ref={box} class="feder-chart" {...drag(follow, follow)}>
      <svg width={width} height={HEIGHT} role="img" aria-label={name}>
        {still}
        <path class="feder-now" d={`M${x} ${MARGIN.top}V${bottom}`} />
      </svg>
      <NprobeHandle
        class="feder-handle"
        name="nprobe on the curve"
        text={`nprobe ${nprobe.value}: ${label}`}
        x={x}
        y={axis.y(height)}
      >
        <i />
        <span data-left={isRight} data-low={height < 0.2}>
          {label}
        </span>
      </NprobeHandle>
    </div>
  );
}
