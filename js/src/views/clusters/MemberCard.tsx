import { Picture, usePicture } from "../../controls/Picture";
import { RowMetadata } from "../../controls/RowMetadata";
import { css, rankColour } from "../../look/palette";
import { count, distance, ordinal } from "../../model/format";
import { useApp } from "../../state/app";
import { rowDistance, rowLoss } from "../../state/rowTexts";
import { useCardPlace, useRested } from "../cardPlace";
import type { Tile } from "./mosaic/tile";

const SIDE = 96;
/** Columns of metadata that a card has room for. */
const FACTS = 6;
/** Milliseconds that the pointer rests on a tile before its picture is asked for. */
const REST = 60;

interface Props {
  readonly tile: Tile;
  readonly x: number;
  readonly y: number;
  readonly within: { current: HTMLElement | null };
}

/** Picture, label, distance and cluster of the row under the pointer. */
export function MemberCard({ tile, x, y, within }: Props) {
  const { exploration, palette } = useApp();
  const card = useCardPlace(x, y, within);
  const { id, cluster, mark } = tile;
  const rested = useRested(`${cluster}/${id}`, REST);
  const rank = exploration.search.value?.rankIn(cluster) ?? null;
  const missed = mark?.isMissed
    ? exploration.missed.value.find(({ place }) => place === mark.place)
    : undefined;
  const told =
    missed === undefined
      ? measured(exploration.summary.value.distance, tile)
      : rowDistance(exploration, missed);
  const status = [
    tile.isQuery ? "the query" : null,
    mark?.place == null ? null : `${ordinal(mark.place)} true neighbour`,
    mark === null ? null : mark.isMissed ? "missed" : "a result",
  ].filter((part) => part !== null);
  return (
    <div ref={card} class="feder-card feder-point-card" aria-hidden="true">
      {rested ? <MemberPicture id={id} cluster={cluster} /> : <span class="feder-picture feder-loading" />}
      <p>
        <b>Row {id.toString()}</b>
        {status.length > 0 && <> · {status.join(", ")}</>}
      </p>
      <p class="feder-muted">
        {told !== null && (
          <>
            {told}
            <br />
          </>
        )}
        {tile.rank > 0 && (
          <span class="feder-swatch" style={{ background: css(rankColour(palette.value, tile.rank)) }} />
        )}
        cluster {cluster}
        {rank !== null && `, rank ${count(rank)}`}
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

function measured(name: string, tile: Tile): string | null {
  return Number.isNaN(tile.distance) ? null : `${name} ${distance(tile.distance)}`;
}

function MemberPicture({ id, cluster }: { id: bigint; cluster: number }) {
  const picture = usePicture(id, cluster, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  return (
    <>
      <Picture id={id} cluster={cluster} side={SIDE} alt="" />
      {label !== null && <p class="feder-point-label">{label}</p>}
    </>
  );
}
