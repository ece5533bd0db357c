import type { Domain } from "../../model/distanceDomain";
import { distance } from "../../model/format";
import { useApp } from "../../state/app";
import { ColourBy } from "../labels/ColourBy";
import { ColourKeys } from "../labels/ColourKeys";
import { isCompressed } from "./radialScale";

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

/** The part of the scale that is linear. */
function scaleText(domain: Domain): string {
  const value = (key: number) => distance(domain.similarity ? -key : key);
  if (domain.step === 0) return `, ${value(domain.start)} for all`;
  const inner = domain.best < domain.start;
  if (!isCompressed(domain)) return inner ? ", linear but for the query itself (dashed)" : ", linear";
  return `, linear to ${value(domain.bulk)}; dashed rings: not to scale`;
}
