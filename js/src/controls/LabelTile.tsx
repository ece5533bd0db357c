interface Props {
  readonly label: string;
  /** CSS pixels; in little room, lines stand for the text. */
  readonly side: number;
}

/** The least side of a tile whose text can be read. */
const LEGIBLE = 56;

/** The label of a row that has no picture, in its place. */
export function LabelTile({ label, side }: Props) {
  if (side >= LEGIBLE) {
    return (
      <span class="feder-picture feder-label-tile" dir="auto" title={label}>
        <span>{label}</span>
      </span>
    );
  }
  return (
    <span class="feder-picture feder-label-icon" title={label}>
      <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M3 4h10M3 8h10M3 12h6" />
      </svg>
    </span>
  );
}
