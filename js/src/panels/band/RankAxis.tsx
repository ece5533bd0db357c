import { css, rankColour } from "../../look/palette";
import { useApp } from "../../state/app";
import type { Axis } from "./scale";

/** Ranks that have a colour of their own. */
const COLOURS = 8;

/** The axis in the colours of the clusters that are probed. */
export function RankAxis({ axis }: { axis: Axis }) {
  const { exploration, palette } = useApp();
  const probe = exploration.probe.value;
  const nprobe = exploration.settings.nprobe.value;
  const { bottom } = axis.frame;
  const colour = (rank: number) => css(rankColour(palette.value, rank));
  const ranks = Array.from({ length: Math.min(nprobe, COLOURS) }, (_, i) => i + 1).filter((rank) =>
    probe.has(rank),
  );
  return (
    <g class="feder-rank-axis">
      {nprobe > COLOURS && (
        <path d={`M${axis.x(COLOURS)} ${bottom}H${axis.x(nprobe)}`} style={{ stroke: colour(COLOURS + 1) }} />
      )}
      {ranks.slice(1).map((rank) => (
        <path
          key={rank}
          d={`M${axis.x(rank - 1)} ${bottom}H${axis.x(rank)}`}
          style={{ stroke: colour(rank) }}
        />
      ))}
      {ranks.map((rank) => (
        <circle key={rank} cx={axis.x(rank)} cy={bottom} r={3.5} style={{ fill: colour(rank) }} />
      ))}
    </g>
  );
}
