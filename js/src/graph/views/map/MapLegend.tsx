import { css } from "../../../look/palette";
import { distanceRange } from "../../../model/format";
import { rampEnd, shade } from "../../../views/clusters/scene";
import { byNearness } from "../../model/districts";
import { useGraphApp } from "../../state/graphApp";
import { gateOf } from "../nodes/nodeScene";
import { districtColour } from "./districtPainter";

const STOPS = 9;

/** What colours, sizes and lines of the map mean. */
export function MapLegend() {
  const { exploration, palette } = useGraphApp();
  const facts = exploration.facts.value;
  const distances = exploration.districts.distances.value;
  const sorted = distances && Float32Array.from(byNearness(distances, facts.similarity), (i) => distances[i]);
  const [nearest, farthest] = sorted === null ? ["", ""] : distanceRange(sorted[0], rampEnd(sorted));
  const ramp = Array.from({ length: STOPS }, (_, i) =>
    css(districtColour(palette.value, shade(1 - i / (STOPS - 1)))),
  ).join();
  const [walk, missed, visits] = [exploration.walk.value, exploration.missed.value, exploration.visits.value];
  const isLedTo = walk !== null && missed.some((row) => gateOf(row, walk, visits) !== null);
  return (
    <div class="feder-legend feder-walk-legend feder-map-legend">
      <div class="feder-legend-rest">
        <span class="feder-legend-ramp" title="from the query to the middle of a district">
          {nearest}
          <i style={{ background: `linear-gradient(90deg, ${ramp})` }} />
          {farthest} <span class="feder-optional">from query to district</span>
        </span>
        <span>
          <i data-kind="visited" /> visited
        </span>
        <span>
          <i data-kind="expanded" /> expanded
        </span>
        <span>
          <i data-kind="result" /> result
        </span>
        {missed.length > 0 && (
          <>
            <span>
              <i data-kind="missed" /> missed
            </span>
            {isLedTo && (
              <span>
                <i data-kind="gate" /> leads to it
              </span>
            )}
          </>
        )}
        <span>
          <i data-kind="descent" /> descent
        </span>
        <span class="feder-optional">area: vectors, places: rough</span>
        <span class="feder-optional">
          <i data-kind="grain" /> others of upper levels
        </span>
      </div>
    </div>
  );
}
