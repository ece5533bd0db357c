import { useMemo, useRef } from "preact/hooks";
import { drag } from "../../controls/drag";
import { slideByKey } from "../../controls/sliderKeys";
import { useSize } from "../../look/size";
import { count } from "../../model/format";
import { useApp } from "../../state/app";
import type { Box } from "../../views/placer";
import { FoundPictures, type FoundRow } from "./FoundPictures";
import { foundBoxes, foundSpots } from "./foundSpots";
import { freeSpot, placesBeside, stepBoxes } from "./freeSpot";
import { RankAxis } from "./RankAxis";
import { Axis } from "./scale";

/** The words beside the handle: each letter is so wide at most, and they are so far from its middle, in CSS pixels. */
const WORDS = { letter: 7.5, around: 14, height: 18, beside: 10 };
/** Those at the mark of the stored nprobe. */
const STORED = { text: "stored in the index", width: 106, height: 15, beside: 8 };
/** Half of the height of the words above which recall leaves more room below the curve. */
const HIGH = 0.8;
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
  const { nlist, storedNprobe, images, labels } = exploration.summary.value;
  const { element: box, width, height: tall } = useSize<HTMLDivElement>();
  const input = useRef<HTMLInputElement>(null);
  const right = width - MARGIN.right;
  const bottom = tall - MARGIN.bottom;
  const axis = useMemo(
    () => new Axis({ left: MARGIN.left, right, top: MARGIN.top, bottom }, nlist),
    [right, bottom, nlist],
  );
  const bounds = { left: MARGIN.left, top: 0, right: width, bottom: bottom - 2 };
  // The words keep off the line, off the pictures, and off each other.
  const drawn = useMemo(
    () => (curve === null || isApart ? [] : stepBoxes(axis, curve.at, curve.values)),
    [axis, curve, isApart],
  );
  const stored = useMemo(() => storedPlace(axis, storedNprobe, drawn), [axis, storedNprobe, drawn]);
  const spots = useMemo(
    () =>
      foundSpots(
        pictures.map(({ at }) => at),
        axis,
      ),
    [pictures, axis],
  );
  const taken = useMemo(
    () => [...drawn, ...foundBoxes(spots, axis), ...(stored === null ? [] : [stored])],
    [drawn, spots, axis, stored],
  );
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
          <path
            class="feder-stored"
            d={`M${axis.x(storedNprobe) - 4.5} ${(stored?.bottom ?? bottom - 2) - STORED.height / 2 - 4}h9l-4.5 8z`}
          />
          {stored !== null && (
            <text class="feder-stored-name" x={stored.left} y={stored.bottom - 4}>
              {STORED.text}
            </text>
          )}
        </>
      ),
    [axis, axisName, width, tall, share, curve, band, isApart, storedNprobe, stored, isCovered, target],
  );
  const x = axis.x(nprobe.value);
  const y = axis.y(height);
  const wide = WORDS.around + WORDS.letter * label.length;
  const [before, after] = [x - MARGIN.left, width - x].map((room) => room - WORDS.beside);
  const isLeft = before > Math.min(after, wide);
  const room = Math.max(before, after);
  const words =
    label === ""
      ? null
      : freeSpot(
          placesBeside(x, y, { ...WORDS, width: Math.min(wide, room) }, bounds, {
            isLeft,
            isAbove: height < HIGH,
          }),
          taken,
        );
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
      <FoundPictures axis={axis} pictures={pictures} spots={spots} hasPictures={images || !labels} />
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
      <span class="feder-handle" aria-hidden="true" style={{ transform: `translate(${x}px, ${y}px)` }}>
        <i />
        {words !== null && (
          <span
            data-left={words.right <= x}
            style={{
              left: words.right <= x ? "auto" : `${words.left - x}px`,
              right: words.right <= x ? `${x - words.right}px` : "auto",
              top: `${words.top - y}px`,
              maxWidth: `${words.right <= x ? words.right - bounds.left : bounds.right - words.left}px`,
            }}
          >
            {label}
          </span>
        )}
      </span>
    </div>
  );
}

/** Where the mark of the stored nprobe is named: at its height, beside it, as low as finds room. */
function storedPlace(axis: Axis, nprobe: number, drawn: readonly Box[]): Box | null {
  const { left, right, top, bottom } = axis.frame;
  const x = axis.x(nprobe);
  const bounds = { left, top: top - 4, right, bottom: bottom - 2 };
  const places = placesBeside(x, bottom - 2, STORED, bounds, {
    isLeft: x > (left + right) / 2,
    isAbove: true,
  });
  return freeSpot(places, drawn);
}
