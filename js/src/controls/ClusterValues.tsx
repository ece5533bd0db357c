import { css, meanColour } from "../look/palette";
import { clusterValuesText, meanOf, shareOf } from "../model/columnScale";
import { useApp } from "../state/app";
import { shownScale } from "../state/columnScales";
import type { Exploration } from "../state/exploration";

/** The mean and the range of a cluster's numbers, where these are what colours mean. */
export function ClusterValues({ cluster }: { cluster: number }) {
  const { exploration, palette } = useApp();
  const { labels, summary } = exploration;
  const scale = shownScale(labels);
  if (scale === null) return null;
  const { columns, sizes } = summary.value;
  const { mean, range } = clusterValuesText(scale, cluster, sizes[cluster]);
  const colour = css(meanColour(palette.value, shareOf(scale, meanOf(scale, cluster))));
  return (
    <p class="feder-cluster-values">
      <span>
        <span class="feder-swatch" style={{ background: colour }} />
        <b dir="auto">{columns[scale.column]}</b> {mean}
      </span>
      {range !== null && <span class="feder-muted">{range}</span>}
    </p>
  );
}

/** The same in words; null where colours mean something else. */
export function clusterValues({ labels, summary }: Exploration, cluster: number): string | null {
  const scale = shownScale(labels);
  if (scale === null) return null;
  const { columns, sizes } = summary.value;
  const { mean, range } = clusterValuesText(scale, cluster, sizes[cluster]);
  return `${columns[scale.column]} ${range === null ? mean : `${mean}, ${range}`}`;
}
