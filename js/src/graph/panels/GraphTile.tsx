import { useComputed } from "@preact/signals";
import { Picture, usePicture } from "../../controls/Picture";
import { useGraphApp } from "../state/graphApp";

const SIDE = 90;

interface Props {
  readonly id: bigint;
  readonly distance: number;
  /** The distance as it is shown below the picture. */
  readonly text: string;
  readonly name: string;
  readonly rank: number | null;
  readonly isMissed?: boolean;
  /** Not visited yet, while the player shows a part of the search. */
  readonly isPending?: boolean;
  readonly tag?: string;
  readonly tabIndex?: number;
}

/** The picture of a row that can be opened. */
export function GraphTile({ id, distance, text, name, rank, isMissed, isPending, tag, tabIndex }: Props) {
  const { exploration, card } = useGraphApp();
  const row = exploration.hoveredRow;
  const hovered = useComputed(() => row.value === id);
  const picture = usePicture(id, null, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  const point = () => {
    row.value = id;
  };
  const leave = () => {
    if (row.peek() === id) row.value = null;
  };
  return (
    <button
      type="button"
      class="feder-tile"
      style={{ "--feder-frame": isMissed ? "var(--feder-danger)" : "var(--feder-accent)" }}
      data-missed={isMissed === true}
      data-pending={isPending === true}
      data-hovered={hovered.value}
      tabIndex={tabIndex}
      aria-label={[name, label].filter((part) => part !== null).join(", ")}
      aria-haspopup="dialog"
      aria-pressed={exploration.settings.selection.value.includes(id)}
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
        card.value = { id, distance, opener: event.currentTarget };
      }}
    >
      <Picture id={id} cluster={null} side={SIDE} alt="" />
      {picture.state !== "text" && exploration.facts.value.labels && (
        <span class="feder-label" dir="auto" title={label ?? ""}>
          {label ?? "\u00a0"}
        </span>
      )}
      <span class="feder-caption" title={`${rank ?? ""} · ${text}`}>
        <b>{rank ?? ""}</b>
        <span>{text}</span>
      </span>
      {tag !== undefined && <span class="feder-tag">{tag}</span>}
    </button>
  );
}
