import { css, labelColour } from "../look/palette";
import { plural, wholePercent } from "../model/format";
import { type LabelShare, mainLabels } from "../model/labels";
import { useApp } from "../state/app";

interface Props {
  readonly cluster: number;
  /** Labels that are named at most. */
  readonly most: number;
  /** Whether a bar shows the shares. */
  readonly hasBar?: boolean;
}

/** The labels of a cluster, the commonest first, in percent of its rows. */
export function Composition({ cluster, most, hasBar }: Props) {
  const { exploration } = useApp();
  // Asked for anew when the index has changed.
  exploration.summary.value.indexVersion;
  const column = exploration.labels.column.value;
  const composition = exploration.compositions.of(cluster, column).value;
  const shares = mainLabels(composition, hasBar ? Number.POSITIVE_INFINITY : most);
  if (composition === null || shares.length === 0) return null;
  const { counted, total } = composition;
  const named = [
    ...shares.filter(({ name }) => name !== null).slice(0, most),
    ...shares.filter(({ name }) => name === null),
  ];
  return (
    <div class="feder-composition">
      {hasBar && <Bar shares={shares} />}
      <p>
        {named.map(({ name, share }, i) => (
          <span key={name} dir="auto">
            {i === 0 && name !== null ? <b>{name}</b> : (name ?? nothing(column))} {wholePercent(share)}
          </span>
        ))}
        {counted < total && <span class="feder-muted">of {plural(counted, "sampled row")}</span>}
      </p>
    </div>
  );
}

/** The shares of labels side by side, in the labels' colours. */
function Bar({ shares }: { shares: readonly LabelShare[] }) {
  const { exploration, palette } = useApp();
  const { coloursBy, counts, placeOf } = exploration.labels;
  const named = counts.value?.names.length ?? 0;
  if (coloursBy.value !== "label") return null;
  return (
    <span class="feder-composition-bar" aria-hidden="true">
      {shares.map(({ name, share }) => (
        <i
          key={name}
          style={{
            flexGrow: share,
            background: css(labelColour(palette.value, placeOf(name), named)),
          }}
        />
      ))}
    </span>
  );
}

/** The labels of a cluster in words, for those who do not see them; empty where there are none. */
export function compositionText(shares: readonly LabelShare[], column: number | null): string {
  return shares.map(({ name, share }) => `${name ?? nothing(column)} ${wholePercent(share)}`).join(", ");
}

/** What rows without a label, or without a value in a column, are called. */
function nothing(column: number | null): string {
  return column === null ? "no label" : "no value";
}
