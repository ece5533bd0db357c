import { css } from "../../../look/palette";
import { distanceRange } from "../../../model/format";
import { rampEnd, shade } from "../../../views/clusters/scene";
import { byNearness } from "../../model/districts";
import { useGraphApp } from "../../state/graphApp";
import { NodeLegend } from "../nodes/NodeLegend";
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
  return (
    <NodeLegend
      before={
        <span class="feder-legend-ramp" title="from the query to the middle of a district">
          {nearest}
          <i style={{ background: `linear-gradient(90deg, ${ramp})` }} />
          {farthest} <span class="feder-optional">from query to district</span>
        </span>
      }
    >
      <span class="feder-optional">area: vectors, places: rough</span>
      <span class="feder-optional">
        <i data-kind="grain" /> others of upper levels
      </span>
    </NodeLegend>
  );
}
