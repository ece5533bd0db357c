import { useMemo, useRef } from "preact/hooks";
import { drag } from "../../controls/drag";
import { Stepper } from "../../controls/Stepper";
import { slideByKey } from "../../controls/sliderKeys";
import { useSize } from "../../look/size";
import { count, percent, plural } from "../../model/format";
import { FoundPictures } from "../../panels/band/FoundPictures";
import { Axis } from "../../panels/band/scale";
import { foundOf, isReturnedAt, turnsOf } from "../model/truth";
import { useGraphApp } from "../state/graphApp";

const MARGIN = { left: 50, right: 60, top: 9, bottom: 21 };
const LABEL = { around: 26, letter: 7 };
const LABEL_GAP = 10;

/** efSearch and k, the cost, and recall at every efSearch; dragging along it sets efSearch. */
export function EfBand() {
  const { exploration } = useGraphApp();
  const { settings } = exploration;
  const facts = exploration.facts.value;
  return (
    <div class="feder-parameters">
      <div class="feder-parameter-row">
        <span class="feder-parameter">
          <b>efSearch</b>
          <Stepper
            name="efSearch"
            help="Nodes kept while the walk goes on: it stops where so many visited ones are nearer than the next"
            value={settings.efSearch}
            max={facts.efLimit}
          />
        </span>
        <span class="feder-parameter">
          <b>k</b>
          <Stepper name="k" help="Results returned" value={settings.k} max={facts.kMax} />
          <input
            class="feder-scrubber feder-k"
            type="range"
            aria-label="k"
            title="Results returned"
            min={1}
            max={facts.kMax}
            step={1}
            value={settings.k.value}
            style={{
              "--feder-share": `${(100 * (settings.k.value - 1)) / Math.max(1, facts.kMax - 1)}%`,
            }}
            onInput={(event) => {
              settings.k.value = Number(event.currentTarget.value);
            }}
          />
        </span>
        <Cost />
      </div>
      <EfChart />
    </div>
  );
}

function Cost() {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const { ntotal, dim, family, metric, levelSizes, width } = exploration.facts.value;
  if (walk === null) {
    return (
      <div class="feder-cost">
        <span class="feder-muted">
          {plural(ntotal, "vector")} × {count(dim)}, {plural(levelSizes.length, "level")}, at most{" "}
          {count(width)} links at level 0, {family}, {metric}
        </span>
      </div>
    );
  }
  const ef = exploration.efUsed.value;
  if (!walk.tells(ef)) return <div class="feder-cost" />;
  const total = walk.distancesAt(ef);
  const expanded = walk.expandedBy(ef);
  return (
    <div class="feder-cost">
      <span title={`${family}, ${metric}`}>
        <b>{plural(total, "distance")}</b>
        <span class="feder-detail">
          {" "}
          = {count(walk.descentDistances)} descent + {count(total - walk.descentDistances)} walk
        </span>
      </span>
      <span title={`Brute force computes ${count(ntotal)}`}>
        <b>{percent(total / ntotal)}</b> of brute force
      </span>
      <span class="feder-detail">{plural(expanded, "node")} expanded</span>
    </div>
  );
}

/** Recall against efSearch over the distances computed: the slider of efSearch. */
function EfChart() {
  const { exploration } = useGraphApp();
  const { efSearch, k } = exploration.settings;
  const { storedEf } = exploration.facts.value;
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  const top = exploration.efTop.value;
  const least = exploration.efLeast.value;
  const { element: box, width, height: tall } = useSize<HTMLDivElement>();
  const input = useRef<HTMLInputElement>(null);
  const right = width - MARGIN.right;
  const bottom = tall - MARGIN.bottom;
  const axis = useMemo(
    () => new Axis({ left: MARGIN.left, right, top: MARGIN.top, bottom }, top),
    [right, bottom, top],
  );
  const curve = useMemo(() => {
    if (truth === null || truth.neighbours.length === 0) return null;
    const at = turnsOf(truth, Math.min(top, truth.holdsUntil));
    const values = at.map((ef) => foundOf(truth, (row) => isReturnedAt(row, ef)) / truth.neighbours.length);
    return { at, values, until: Math.min(top, truth.holdsUntil) };
  }, [truth, top]);
  const cost = useMemo(() => {
    if (walk === null) return null;
    const last = Math.min(top, walk.exhausted ? top : walk.efMax);
    // Where distances tie, a walk does not tell the cost of others.
    if (!walk.isSure(last)) return null;
    const at = steps(last);
    const values = at.map((ef) => walk.distancesAt(Math.max(ef, least)));
    const most = values[values.length - 1] ?? 1;
    return { at, values: values.map((value) => value / most), most };
  }, [walk, top, least]);
  const count_ = truth?.neighbours.length ?? 0;
  const height = count_ === 0 ? 0 : exploration.found.value / count_;
  const label = truth === null ? "" : `recall@${k.value} = ${exploration.found.value}/${count_}`;
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
  const isTied = truth !== null && truth.holdsUntil < top;
  const name = `Recall of this query at every efSearch from 1 to ${count(top)}, over the distances computed`;
  const pictures = exploration.missed.value.flatMap(({ id, from }) =>
    from === null || from > top ? [] : [{ id, cluster: null, at: from }],
  );
  return (
    <div ref={box} class="feder-chart" data-name="efSearch" {...drag(follow, start)}>
      <svg width={width} height={tall} role="img" aria-label={name}>
        {width >= 80 && tall >= 40 && (
          <>
            {cost !== null && (
              <path class="feder-share" d={axis.below(cost.at, cost.values)}>
                <title>distances computed</title>
              </path>
            )}
            {cost !== null && pictures.length === 0 && (
              <text class="feder-share-name" x={right - 6} y={bottom - 6}>
                distances computed
              </text>
            )}
            <text
              class="feder-axis-name"
              transform={`translate(13 ${(MARGIN.top + bottom) / 2}) rotate(-90)`}
            >
              recall@{k.value}
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
              <text key={tick} class="feder-tick" x={axis.x(tick)} y={tall - 5}>
                {count(tick)}
              </text>
            ))}
            {curve !== null && <path class="feder-curve" d={curvePath(axis, curve)} />}
            {storedEf <= top && (
              <path class="feder-stored" d={`M${axis.x(storedEf) - 4.5} ${MARGIN.top + 4}h9l-4.5 8z`}>
                <title>stored in the index</title>
              </path>
            )}
          </>
        )}
        <path class="feder-now" d={`M${x} ${MARGIN.top}V${bottom}`} />
      </svg>
      <FoundPictures axis={axis} pictures={pictures} />
      {isTied && (
        <p
          class="feder-remark"
          title="Nodes at one distance are expanded in an order that depends on efSearch"
        >
          Distances tie: beyond efSearch {count(truth.holdsUntil)}, each value takes a search.
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
function curvePath(
  axis: Axis,
  { at, values, until }: { at: readonly number[]; values: readonly number[]; until: number },
): string {
  if (until < 1) return "";
  const place = (value: number) => value.toFixed(1);
  const steps = at.map(
    (ef, i) => `${i === 0 ? "M" : "H"}${place(axis.x(ef))}${i === 0 ? " " : "V"}${place(axis.y(values[i]))}`,
  );
  return `${steps.join("")}H${place(axis.x(until))}`;
}

/** Every value up to 128, then ever sparser ones. */
function steps(last: number): number[] {
  const at: number[] = [];
  for (let ef = 1; ef < last; ef = Math.max(ef + 1, Math.floor(ef * 1.01))) at.push(ef);
  return [...at, last];
}
