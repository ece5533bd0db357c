import { useMemo } from "preact/hooks";
import { distance } from "../../model/format";
import { useApp } from "../../state/app";
import { ColourBy } from "../labels/ColourBy";
import { LabelKeys } from "../labels/LabelKeys";
import { type Domain, isCompressed } from "./radialScale";
import { rankCandidates } from "./rankedCandidates";

/** The scale of the radius, and the meaning of the angle. */
export function Legend() {
  const { exploration } = useApp();
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const set = exploration.candidates.value;
  const order = exploration.candidateOrder.value;
  const probe = exploration.probe.value;
  const missed = exploration.missed.value;
  const domain = useMemo(
    () =>
      search && set && order && rankCandidates(set, order, probe, missed, search, summary.similarity).domain,
    [search, set, order, probe, missed, summary],
  );
  const isByLabel = exploration.labels.coloursBy.value === "label";
  if (domain === null) return null;
  return (
    <div class="feder-legend">
      <ColourBy />
      {isByLabel && <LabelKeys />}
      <span>
        radius: {summary.distance}
        {scaleText(domain)}
      </span>
      {!isByLabel && <span>sector width: vectors</span>}
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
