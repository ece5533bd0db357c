import { Picture, usePicture } from "../../controls/Picture";
import { RowMetadata } from "../../controls/RowMetadata";
import { css, rankColour } from "../../look/palette";
import { count, distance as formatted } from "../../model/format";
import { useApp } from "../../state/app";
import { rowDistance, rowLoss } from "../../state/rowTexts";
import { useCardPlace, useRested } from "../cardPlace";
import { type Mark, markText } from "./marks";

const SIDE = 96;
/** Columns of metadata that a card has room for. */
const FACTS = 6;
/** Milliseconds that the pointer rests on a point before its picture and its values are asked for. */
export const REST = 60;

interface Props {
  readonly id: bigint;
  readonly distance: number;
  readonly rank: number;
  readonly mark: Mark | undefined;
  readonly x: number;
  readonly y: number;
  readonly within: { current: HTMLElement | null };
}

/** Picture, distances and cluster of the candidate under the pointer. */
export function PointCard({ id, distance, rank, mark, x, y, within }: Props) {
  const { exploration, palette } = useApp();
  const card = useCardPlace(x, y, within);
  const rested = useRested(id, REST);
  const cluster = exploration.search.value?.order[rank - 1];
  if (cluster === undefined) return null;
  const missed = mark?.isMissed
    ? exploration.missed.value.find(({ place }) => place === mark.place)
    : undefined;
  return (
    <div ref={card} class="feder-card feder-point-card" aria-hidden="true">
      {rested ? <Portrait id={id} cluster={cluster} /> : <span class="feder-picture feder-loading" />}
      <p>
        <b>Row {id.toString()}</b>
        {mark !== undefined && <> · {markText(mark)}</>}
        {id === exploration.leftOut.value && " · the query itself"}
      </p>
      <p class="feder-muted">
        {missed === undefined
          ? `${exploration.summary.value.distance} ${formatted(distance)}`
          : rowDistance(exploration, missed)}
        <br />
        {missed === undefined && exploration.labels.coloursBy.value === "rank" && (
          <span class="feder-swatch" style={{ background: css(rankColour(palette.value, rank)) }} />
        )}
        cluster {cluster}, rank {count(rank)}
        {missed !== undefined && (
          <>
            <br />
            {rowLoss(exploration, missed)}
          </>
        )}
      </p>
      {rested && <RowMetadata id={id} most={FACTS} />}
    </div>
  );
}

function Portrait({ id, cluster }: { id: bigint; cluster: number }) {
  const picture = usePicture(id, cluster, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  return (
    <>
      {picture.state !== "text" && <Picture id={id} cluster={cluster} side={SIDE} alt="" />}
      {label !== null && <p class="feder-point-label">{label}</p>}
    </>
  );
}
