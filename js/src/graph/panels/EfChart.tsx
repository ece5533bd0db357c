import { useMemo, useRef } from "preact/hooks";
import { drag } from "../../controls/drag";
import { slideByKey } from "../../controls/sliderKeys";
import { useSize } from "../../look/size";
import { count } from "../../model/format";
import { FoundPictures, type FoundRow } from "../../panels/band/FoundPictures";
import { foundSpots } from "../../panels/band/foundSpots";
import { Axis } from "../../panels/band/scale";
import { useGraphApp } from "../state/graphApp";

const MARGIN = { left: 50, right: 60, top: 9, bottom: 21 };
const LABEL = { around: 26, letter: 7 };
const LABEL_GAP = 10;

/** Values from 0 to 1 that hold from one efSearch to the next. */
export interface EfSteps {
  readonly at: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Beyond this efSearch nothing is known. */
  readonly until: number;
}

interface Props {
  /** The recall that is wanted, as a line. */
  readonly target?: number;
  /** The picture in words. */
  readonly name: string;
  readonly axisName: string;
  /** The efSearch at the right end. */
  readonly top: number;
  readonly curve: EfSteps | null;
  /** Further curves, from the highest to the lowest; the areas between them are shaded. */
  readonly band?: readonly EfSteps[];
  /** The cost as a share of the greatest, which `most` is, in distances. */
  readonly cost: (Omit<EfSteps, "until"> & { readonly most: number }) | null;
  /** Text beside the handle, also read aloud. */
  readonly label: string;
  /** Height of the handle, from 0 to 1. */
  readonly height: number;
  readonly pictures: readonly FoundRow[];
  readonly remark: { readonly text: string; readonly reason: string } | null;
}

/** Recall against efSearch over the distances computed: the slider of efSearch. */
export function EfChart(props: Props) {
  const { name, axisName, top, curve, band = [], cost, label, height, pictures, remark, target } = props;
  const { exploration } = useGraphApp();
  const { efSearch } = exploration.settings;
  const { storedEf, images, labels } = exploration.facts.value;
  const { element: box, width, height: tall } = useSize<HTMLDivElement>();
  const input = useRef<HTMLInputElement>(null);
  const right = width - MARGIN.right;
  const bottom = tall - MARGIN.bottom;
  const axis = useMemo(
    () => new Axis({ left: MARGIN.left, right, top: MARGIN.top, bottom }, top),
    [right, bottom, top],
  );
  const hasNames = pictures.length === 0 && remark === null;
  const still = useMemo(
    () =>
      width < 80 || tall < 40 ? null : (
        <>
          {cost !== null && (
            <path class="feder-share" d={axis.below(cost.at, cost.values)}>
              <title>distances computed</title>
            </path>
          )}
          {cost !== null && hasNames && (
            <text class="feder-share-name" x={right - 6} y={bottom - 6}>
              distances computed
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
              {cost !== null && (
                <text class="feder-cost-tick" x={right + 7} y={axis.y(value) + 4}>
                  {count(Math.round(value * cost.most))}
                </text>
              )}
            </g>
          ))}
          <text class="feder-axis-name feder-percent" x={MARGIN.left - 7} y={tall - 5}>
            ef
          </text>
          {axis.ticks().map((tick) => (
            <text key={tick} class="feder-tick" x={axis.labelX(tick)} y={tall - 5}>
              {count(tick)}
            </text>
          ))}
          {band.slice(1).map(({ at, values }, i) => (
            <path key={i} class="feder-band" d={axis.below(at, band[i].values) + axis.below(at, values)} />
          ))}
          {curve !== null && <path class="feder-curve" d={curvePath(axis, curve)} />}
          {target !== undefined && (
            <path class="feder-target-line" d={`M${MARGIN.left} ${axis.y(target)}H${right}`}>
              <title>the recall wanted: {target}</title>
            </path>
          )}
          {storedEf <= top && (
            <path class="feder-stored" d={`M${axis.x(storedEf) - 4.5} ${MARGIN.top + 4}h9l-4.5 8z`}>
              <title>stored in the index</title>
            </path>
          )}
        </>
      ),
    [axis, axisName, width, tall, cost, curve, band, storedEf, hasNames, target],
  );
  const x = axis.x(Math.min(efSearch.value, top));
  const [before, after] = [x - MARGIN.left, width - x];
  const isLeft = before > Math.min(after, LABEL.around + LABEL.letter * label.length);
  const follow = (event: PointerEvent) => {
    const { left } = (box.current as HTMLDivElement).getBoundingClientRect();
    efSearch.value = axis.nprobeAt(event.clientX - left);
  };
  const start = (event: PointerEvent) => {
    event.preventDefault();
    input.current?.focus({ focusVisible: false } as FocusOptions);
    follow(event);
  };
  return (
    <div ref={box} class="feder-chart" data-name="efSearch" {...drag(follow, start)}>
      <svg width={width} height={tall} role="img" aria-label={name}>
        {still}
        <path class="feder-now" d={`M${x} ${MARGIN.top}V${bottom}`} />
      </svg>
      <FoundPictures
        axis={axis}
        pictures={pictures}
        spots={foundSpots(
          pictures.map(({ at }) => at),
          axis,
        )}
        hasPictures={images || !labels}
      />
      {remark !== null && (
        <p class="feder-remark" title={remark.reason}>
          {remark.text}
        </p>
      )}
      <input
        ref={input}
        type="range"
        aria-label="efSearch"
        aria-valuetext={`${efSearch.value}${label === "" ? "" : `: ${label}`}`}
        min={1}
        max={top}
        step={1}
        value={efSearch.value}
        onInput={(event) => {
          efSearch.value = Number(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          const to = slideByKey(event, efSearch.peek(), top);
          if (to === null) return;
          efSearch.value = to;
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

/** A line of steps that ends where nothing more is known. */
function curvePath(axis: Axis, { at, values, until }: EfSteps): string {
  if (until < 1) return "";
  const place = (value: number) => value.toFixed(1);
  const steps = Array.from(at, (ef, i) =>
    i === 0
      ? `M${place(axis.x(ef))} ${place(axis.y(values[i]))}`
      : `H${place(axis.x(ef))}V${place(axis.y(values[i]))}`,
  );
  return `${steps.join("")}H${place(axis.x(until))}`;
}
