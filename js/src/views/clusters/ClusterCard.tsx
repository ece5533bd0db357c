import { useEffect, useMemo } from "preact/hooks";
import { ClusterValues } from "../../controls/ClusterValues";
import { Composition } from "../../controls/Composition";
import { Picture } from "../../controls/Picture";
import { css, rankColour, recallColour } from "../../look/palette";
import { clusterRecallText, recallShade } from "../../model/clusterRecall";
import { count, distance, plural } from "../../model/format";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { MemberList } from "../../state/members";
import { useCardPlace, useRested } from "../cardPlace";

const SHOWN = 9;
const SIDE = 52;
/** Labels shown of rows without pictures, and their width. */
const SHOWN_TEXTS = 4;
const TEXT_SIDE = 168;
/** Milliseconds that the pointer rests on a cell before its pictures are asked for. */
const REST = 70;

interface Props {
  readonly cluster: number;
  readonly x: number;
  readonly y: number;
  readonly within: { current: HTMLElement | null };
}

/** Size, rank, distance, labels and first pictures of a cluster. */
export function ClusterCard({ cluster, x, y, within }: Props) {
  const { exploration, palette } = useApp();
  const card = useCardPlace(x, y, within);
  const rested = useRested(cluster, REST);
  const search = exploration.search.value;
  const rank = search?.rankIn(cluster) ?? null;
  const probed = rank !== null && exploration.probe.value.has(rank);
  const recall = exploration.clusterRecall.value;
  const mean = recall?.means[cluster] ?? Number.NaN;
  const tellsRank = recall === null && exploration.labels.coloursBy.value === "rank";
  const swatch =
    tellsRank && probed && rank !== null
      ? rankColour(palette.value, rank)
      : recall === null || Number.isNaN(mean)
        ? null
        : recallColour(palette.value, recallShade(recall, mean));
  const missed = exploration.missed.value.filter((one) => one.cluster === cluster).length;
  return (
    <div ref={card} class="feder-card feder-hover" aria-hidden="true">
      <p>
        {swatch !== null && <span class="feder-swatch" style={{ background: css(swatch) }} />}
        <b>Cluster {cluster}</b>
      </p>
      <p class="feder-muted">
        {plural(exploration.summary.value.sizes[cluster], "vector")}
        {rank === null && search !== null && (
          <>
            <br />
            rank beyond {count(search.ranked)}
          </>
        )}
        {rank !== null && search !== null && (
          <>
            <br />
            rank {count(rank)} · centroid at {distance(search.distances[rank - 1])}
            <br />
            {probeText(exploration, cluster, rank)}
          </>
        )}
      </p>
      {recall !== null && <p>{clusterRecallText(recall, cluster)}</p>}
      <ClusterValues cluster={cluster} />
      {missed > 0 && <p class="feder-danger">{plural(missed, "missed neighbour")}</p>}
      {rested && <Composition cluster={cluster} most={3} />}
      {rested ? <Nine cluster={cluster} /> : <div class="feder-nine" />}
    </div>
  );
}

/** Whether the search probes a cluster, and why. */
function probeText(exploration: Exploration, cluster: number, rank: number): string {
  const isProbed = exploration.wanted.value.has(rank);
  if (exploration.switched.value.has(cluster))
    return isProbed ? "switched on by hand" : "switched off by hand";
  if (exploration.probe.value.has(rank)) return "probed";
  if (isProbed) return "probed in a later step";
  if (rank > (exploration.search.value?.reach ?? rank))
    return "never probed: the coarse search does not come to it";
  return exploration.isSteady.value ? `probed from nprobe ${count(rank)}` : "not probed";
}

function Nine({ cluster }: { cluster: number }) {
  const { exploration, asker } = useApp();
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const members = useMemo(
    () => new MemberList(cluster, summary, search, asker),
    [cluster, summary, search, asker],
  );
  const revision = members.revision.value;
  const isText = summary.labels && !summary.images;
  const side = isText ? TEXT_SIDE : SIDE;
  const shown = Math.min(isText ? SHOWN_TEXTS : SHOWN, members.total);
  useEffect(() => members.need(0, shown), [members, shown, revision]);
  return (
    <div class="feder-nine" data-text={isText}>
      {Array.from({ length: shown }, (_, i) => {
        const member = members.at(i);
        return member === null ? (
          <span key={i} class="feder-picture feder-loading" />
        ) : (
          <Picture key={i} id={member.id} cluster={cluster} side={side} alt="" />
        );
      })}
    </div>
  );
}
