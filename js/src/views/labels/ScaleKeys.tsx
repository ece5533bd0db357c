import type { ComponentChildren } from "preact";
import { css, meanColour, noValueColour, valueColour } from "../../look/palette";
import { endsText, shareOf, valueText } from "../../model/columnScale";
import { useApp } from "../../state/app";

const STOPS = 15;

interface Props {
  /** Keys of other marks, on the line below. */
  readonly children?: ComponentChildren;
  /** Whether clusters are what is coloured, by the means of their rows. */
  readonly isOfClusters?: boolean;
}

/** The scale of a column: its name, its colours, the values at its ends, and what these are. */
export function ScaleKeys({ children, isOfClusters = false }: Props) {
  const { exploration, palette } = useApp();
  const scale = exploration.labels.scale.shown.value;
  if (scale === null) return null;
  const colours = palette.value;
  const colourOf = isOfClusters ? meanColour : valueColour;
  const name = exploration.summary.value.columns[scale.column];
  const { low, high, least, greatest, missing } = scale;
  const ramp = Array.from({ length: STOPS }, (_, i) => css(colourOf(colours, i / (STOPS - 1)))).join();
  const lowest = low === null ? "" : `${least !== null && least < low ? "≤ " : ""}${valueText(scale, low)}`;
  const highest =
    high === null ? "" : `${greatest !== null && greatest > high ? "≥ " : ""}${valueText(scale, high)}`;
  const isOneValue = low !== null && low === high;
  const { short, detail } = endsText(scale);
  const only = css(colourOf(colours, shareOf(scale, low ?? 0)));
  return (
    <div class="feder-labels">
      <div class="feder-label-row">
        <span class="feder-scale" role="group" aria-label={`Scale of ${name}`} title={detail}>
          <b dir="auto" title={name}>
            {name}
          </b>
          {!isOneValue && <span>{lowest}</span>}
          <i style={{ background: isOneValue ? only : `linear-gradient(90deg, ${ramp})` }} />
          <span>{highest}</span>
        </span>
        {missing > 0 && (
          <span class="feder-label-others">
            <i style={{ background: css(noValueColour(colours)) }} />
            no value
          </span>
        )}
      </div>
      <div class="feder-label-facts">
        {children}
        {isOfClusters && <span>cells: mean</span>}
        <span role="status" title={detail}>
          {short}
        </span>
      </div>
    </div>
  );
}
