import { useComputed } from "@preact/signals";
import { Picture, usePicture } from "../controls/Picture";
import { useColouredValue, useRowNumbers, useRowValues } from "../controls/RowFacts";
import { css, labelColour, rankColour, valueColour } from "../look/palette";
import { shareOf } from "../model/columnScale";
import { shortDistance } from "../model/format";
import { useApp } from "../state/app";
import { shownScale } from "../state/columnScales";

interface Props {
  readonly id: bigint;
  readonly cluster: number;
  readonly distance: number;
  readonly distanceName: string;
  /** The cluster's rank when it is probed, which gives the frame its colour. */
  readonly clusterRank: number | null;
  readonly side: number;
  readonly name: string;
  /** The distance as it is shown; its short form unless given. */
  readonly distanceText?: string;
  /** Shown below the picture, with the distance. */
  readonly rank?: number | null;
  /** What the distance is by, where the place is not known. */
  readonly measure?: string;
  /** Shown below that. */
  readonly note?: string;
  readonly isMissed?: boolean;
  /** Not compared yet, while the player shows a part of the search. */
  readonly isPending?: boolean;
  readonly isResult?: boolean;
  readonly tag?: string;
  /** -1 where arrow keys lead to it and the tab key does not. */
  readonly tabIndex?: number;
}

/** The place of a picture, and its distance where both have room. */
function Caption({ rank, measure, text }: { rank: number | null; measure: string; text: string }) {
  return (
    <span class="feder-caption" title={rank === null ? `${measure} ${text}`.trim() : `${rank} · ${text}`}>
      {rank === null ? <small>{measure}</small> : <b>{rank}</b>}
      <span>{text}</span>
    </span>
  );
}

/** A picture that can be opened. */
export function Tile(props: Props) {
  const {
    id,
    cluster,
    distance,
    distanceName,
    distanceText,
    clusterRank,
    side,
    name,
    rank,
    measure = "",
    note,
    isResult,
    isMissed,
    isPending,
    tag,
    tabIndex,
  } = props;
  const { exploration, card, palette } = useApp();
  const row = exploration.hoveredRow;
  const hovered = useComputed(() => row.value === id);
  const selected = useComputed(() => exploration.selected.value.has(id));
  const point = () => {
    row.value = id;
    exploration.hovered.value = cluster;
  };
  const leave = () => {
    if (row.peek() !== id) return;
    row.value = null;
    exploration.hovered.value = null;
  };
  const picture = usePicture(id, cluster, side);
  const label = picture.state === "loading" ? null : picture.label;
  const { labels } = exploration;
  const scale = shownScale(labels);
  const column = scale?.column ?? labels.column.value;
  const values = useRowValues(column === null ? null : id);
  const numbers = useRowNumbers(scale === null ? null : id);
  const category = column === null ? label : (values?.[column] ?? null);
  const named = useColouredValue(id);
  const isDim = labels.chosenPlace.value !== null && category !== labels.chosen.value;
  const colour =
    clusterRank === null
      ? "var(--feder-control)"
      : css(
          scale !== null
            ? valueColour(palette.value, shareOf(scale, numbers?.[scale.column] ?? Number.NaN))
            : labels.coloursBy.value === "label"
              ? labelColour(palette.value, labels.placeOf(category), labels.counts.value?.names.length ?? 0)
              : rankColour(palette.value, clusterRank),
        );
  return (
    <button
      type="button"
      class="feder-tile"
      style={{ "--feder-frame": colour }}
      data-result={isResult === true}
      data-missed={isMissed === true}
      data-pending={isPending === true}
      data-dim={isDim}
      tabIndex={tabIndex}
      aria-label={[name, label, named, picture.state === "ready" ? picture.note : null]
        .filter((part) => part !== null)
        .join(", ")}
      aria-haspopup="dialog"
      data-hovered={hovered.value}
      aria-pressed={selected.value}
      onPointerMove={point}
      onPointerLeave={leave}
      onFocus={point}
      onBlur={leave}
      onClick={(event) => {
        if (event.shiftKey || event.ctrlKey || event.metaKey) {
          exploration.toggleSelected(id);
          return;
        }
        exploration.settings.selection.value = [id];
        card.value = { id, cluster, distance, distanceName, opener: event.currentTarget };
      }}
    >
      <Picture id={id} cluster={cluster} side={side} alt="" />
      {picture.state !== "text" && exploration.summary.value.labels && (
        <span class="feder-label" dir="auto" title={label ?? ""}>
          {label ?? "\u00a0"}
        </span>
      )}
      {rank !== undefined && (
        <Caption
          rank={rank}
          measure={measure}
          text={Number.isNaN(distance) ? "" : (distanceText ?? shortDistance(distance))}
        />
      )}
      {note !== undefined && <span class="feder-note">{note}</span>}
      {tag !== undefined && <span class="feder-tag">{tag}</span>}
    </button>
  );
}
