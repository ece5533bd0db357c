import { useApp } from "../../state/app";
import { ColourBy } from "../labels/ColourBy";
import { ColourKeys } from "../labels/ColourKeys";
import { scaleText } from "./radialScale";

/** The scale of the radius, and the meaning of the angle. */
export function Legend() {
  const { probed, ranked, summary, labels } = useApp().exploration;
  const domain = probed.value === 0 ? null : (ranked.value?.domain ?? null);
  const isByRank = labels.coloursBy.value === "rank";
  if (domain === null) return null;
  return (
    <div class="feder-legend">
      <ColourBy />
      {!isByRank ? (
        <ColourKeys />
      ) : (
        <div class="feder-legend-rest">
          <span>
            radius: {summary.value.distance}
            {scaleText(domain)}
          </span>
          <span>sector width: vectors</span>
        </div>
      )}
    </div>
  );
}
