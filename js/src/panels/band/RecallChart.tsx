import { useMemo, useRef } from "preact/hooks";
import { drag } from "../../controls/drag";
import { slideByKey } from "../../controls/sliderKeys";
import { useSize } from "../../look/size";
import { count } from "../../model/format";
import { useApp } from "../../state/app";
import { FoundPictures, type FoundRow } from "./FoundPictures";
import { RankAxis } from "./RankAxis";
import { Axis } from "./scale";

/** Room for the words beside the handle: around them, and for each letter. */
const LABEL = { around: 26, letter: 7 };
/** Between the handle and its words. */
const LABEL_GAP = 10;
/** Radius of a value that stands alone. */
const DOT = 3.5;
const MARGIN = { left: 50, right: 22, top: 9, bottom: 21 };

/** Values that hold from one nprobe to the next. */
export interface Steps {
  readonly at: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

interface Props {
  /** The recall that is wanted, as a line. */
  readonly target?: number;
  /** The picture in words. */
  readonly name: string;
  readonly axisName: string;
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
  readonly pictures: readonly FoundRow[];
  /** Whether the axis shows the colours of the clusters probed. */
  readonly hasRanks: boolean;
  /** Why there is no curve. */
  readonly remark: { readonly text: string; readonly reason: string } | null;
}

/** Recall against nprobe: the slider of nprobe. */
export function RecallChart(props: Props) {
  const {
    name,
    axisName,
    curve,
    band = [],
    share,
    isApart = false,
    label,
    height,
    pictures,
    hasRanks,
    remark,
    target,
  } = props;
  const { exploration } = useApp();
  const { nprobe } = exploration.settings;
  const { nlist, storedNprobe } = exploration.summary.value;
  const { element: box, width, height: tall } = useSize<HTMLDivElement>();
  const input = useRef<HTMLInputElement>(null);
  const right = width - MARGIN.right;
  const bottom = tall - MARGIN.bottom;
  const axis = useMemo(
    () => new Axis({ left: MARGIN.left, right, top: MARGIN.top, bottom }, nlist),
    [right, bottom, nlist],
  );
  const isHigh = height >= 0.5;
  // Pictures, or a remark, stand where the name of the share would.
  const isCovered = pictures.length > 0 || remark !== null;
  const still = useMemo(
    () =>
      width < 80 || tall < 40 ? null : (
        <>
          {share !== null && (
            <path class="feder-share" d={axis.below(share.at, share.values)}>
              <title>share of the vectors compared</title>
            </path>
          )}
          {share !== null && !isCovered && (
            <text class="feder-share-name" x={right - 6} y={bottom - 6}>
              share of the vectors compared
            </text>
          )}
          <text class="feder-axis-name" transform={`translate(13 ${(MARGIN.top + bottom) / 2}) rotate(-90)`}>
            {axisName}
          </text>
          {[0, 0.5, 1].map((value) => (
            <g key={value}>
              <path class="feder-gridline" d={`M${MARGIN.left} ${axis.y(value)}H${right}`} />
              <text class="feder-percent" x={MARGIN.left - 7} y={axis.y(value) + 4}>
                {value}
              </text>
            </g>
          ))}
          <text class="feder-axis-name feder-percent" x={MARGIN.left - 7} y={tall - 5}>
            nprobe
          </text>
          {axis.ticks().map((tick) => (
            <text key={tick} class="feder-tick" x={axis.labelX(tick)} y={tall - 5}>
              {count(tick)}
            </text>
          ))}
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
          {target !== undefined && (
            <path class="feder-target-line" d={`M${MARGIN.left} ${axis.y(target)}H${right}`}>
              <title>the recall wanted: {target}</title>
            </path>
          )}
          {curve !== null &&
            (isApart ? (
              Array.from(curve.at, (at, i) => (
                <circle key={at} class="feder-dot" cx={axis.x(at)} cy={axis.y(curve.values[i])} r={DOT} />
              ))
            ) : (
              <path class="feder-curve" d={axis.steps(curve.at, curve.values)} />
            ))}
          <Stored nprobe={storedNprobe} axis={axis} isLow={isHigh} />
        </>
      ),
    [axis, axisName, width, tall, share, curve, band, isApart, storedNprobe, isHigh, isCovered, target],
  );
  const x = axis.x(nprobe.value);
  const [before, after] = [x - MARGIN.left, width - x];
  const isLeft = before > Math.min(after, LABEL.around + LABEL.letter * label.length);
  const follow = (event: PointerEvent) => {
    const { left } = (box.current as HTMLDivElement).getBoundingClientRect();
    nprobe.value = axis.nprobeAt(event.clientX - left);
  };
  const start = (event: PointerEvent) => {
    event.preventDefault();
    input.current?.focus({ focusVisible: false } as FocusOptions);
    follow(event);
  };
  return (
    <div ref={box} class="feder-chart" data-name="nprobe" {...drag(follow, start)}>
      <svg width={width} height={tall} role="img" aria-label={name}>
        {still}
        {hasRanks && width >= 80 && <RankAxis axis={axis} />}
        <path class="feder-now" d={`M${x} ${MARGIN.top}V${bottom}`} />
      </svg>
      <FoundPictures axis={axis} pictures={pictures} />
      {remark !== null && (
        <p class="feder-remark" title={remark.reason}>
          {remark.text}
        </p>
      )}
      <input
        ref={input}
        type="range"
        aria-label="nprobe"
        aria-valuetext={`${nprobe.value}${label === "" ? "" : `: ${label}`}`}
        min={1}
        max={nlist}
        step={1}
        value={nprobe.value}
        onInput={(event) => {
          nprobe.value = Number(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          const to = slideByKey(event, nprobe.peek(), nlist);
          if (to === null) return;
          nprobe.value = to;
          event.preventDefault();
        }}
      />
      <span
        class="feder-handle"
        aria-hidden="true"
        style={{ transform: `translate(${x}px, ${axis.y(height)}px)` }}
      >
        <i />
        {label !== "" && (
          <span
            data-left={isLeft}
            data-low={height < 0.8}
            style={{ maxWidth: `${(isLeft ? before : after) - LABEL_GAP}px` }}
          >
            {label}
          </span>
        )}
      </span>
    </div>
  );
}

/** A mark at the nprobe that the index has stored, at the end that the words of the handle leave free. */
function Stored({ nprobe, axis, isLow }: { nprobe: number; axis: Axis; isLow: boolean }) {
  const { left, right, top, bottom } = axis.frame;
  const x = axis.x(nprobe);
  const y = isLow ? bottom - 17 : top;
  const isRight = x > (left + right) / 2;
  return (
    <>
      <path class="feder-stored" d={`M${x - 4.5} ${y + 4}h9l-4.5 8z`} />
      <text class="feder-stored-name" data-left={isRight} x={x} y={y + 12}>
        stored in the index
      </text>
    </>
  );
}
