import { batch } from "@preact/signals";
import { isShortcut } from "../../controls/sliderKeys";
import { hasValues } from "../../model/columnScale";
import { areTexts } from "../../model/labels";
import { useApp } from "../../state/app";
import type { Colouring } from "../../state/colouring";
import type { ColumnScales } from "../../state/columnScales";
import type { Exploration } from "../../state/exploration";
import type { Labels } from "../../state/labels";
import { Optional } from "../Optional";

const NAMES: Readonly<Record<Colouring, string>> = {
  rank: "rank",
  label: "label",
  scale: "number",
  recall: "workload recall",
};

/** A narrow page shows the last word only. */
function Name({ choice }: { choice: Colouring }) {
  const words = NAMES[choice].split(" ");
  return (
    <>
      {words.length > 1 && <Optional>{words.slice(0, -1).join(" ")}&nbsp;</Optional>}
      {words.at(-1)}
    </>
  );
}

/**
 * The choice of what colours mean, where there is one: a switch, or a list where columns of the metadata are among it.
 *
 * @param hasClusters  whether clusters are what is coloured: only these have a recall
 */
export function ColourBy({ hasClusters = false }: { hasClusters?: boolean }) {
  const { exploration } = useApp();
  const { wanted, column, scale } = exploration.labels;
  const { categories, scales } = exploration.summary.value;
  const choices: Colouring[] = ["rank"];
  if (exploration.summary.value.labels) choices.push("label");
  if (hasClusters && exploration.canColourByRecall.value) choices.push("recall");
  const hasColumns = categories.length + scales.length > 0;
  if (choices.length === 1 && !hasColumns) return null;
  const ofColumn =
    wanted.value === "label" ? column.value : wanted.value === "scale" ? scale.column.value : null;
  const chosen = ofColumn === null && !choices.includes(wanted.value) ? "rank" : wanted.value;
  const choose = (choice: Colouring, of: number | null = null) => {
    const isOnScale = of !== null && scales.includes(of);
    batch(() => {
      const label = isOnScale ? null : of;
      if (label !== column.peek()) exploration.labels.chosen.value = null;
      column.value = label;
      if (isOnScale) scale.column.value = of;
      wanted.value = isOnScale ? "scale" : choice;
    });
  };
  const note = noteOf(exploration, chosen);
  return (
    <>
      {hasColumns ? (
        <ColourList choices={choices} chosen={chosen} ofColumn={ofColumn} choose={choose} />
      ) : (
        <ColourSwitch choices={choices} chosen={chosen} choose={choose} />
      )}
      {note !== null && <span role="status">{note}</span>}
    </>
  );
}

interface Props {
  readonly choices: readonly Colouring[];
  readonly chosen: Colouring;
  readonly choose: (choice: Colouring, ofColumn?: number | null) => void;
}

function ColourSwitch({ choices, chosen, choose }: Props) {
  return (
    <span
      class="feder-colour-by"
      role="radiogroup"
      aria-label="Colour by"
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
        if (by === undefined || isShortcut(event)) return;
        event.preventDefault();
        const to = (choices.indexOf(chosen) + by + choices.length) % choices.length;
        choose(choices[to]);
        event.currentTarget.querySelectorAll("button")[to].focus();
      }}
    >
      <span>Colour by</span>
      <span>
        {choices.map((choice) => (
          <button
            key={choice}
            type="button"
            role="radio"
            aria-label={NAMES[choice]}
            aria-checked={choice === chosen}
            tabIndex={choice === chosen ? 0 : -1}
            onClick={() => choose(choice)}
          >
            <Name choice={choice} />
          </button>
        ))}
      </span>
    </span>
  );
}

function ColourList({ choices, chosen, ofColumn, choose }: Props & { ofColumn: number | null }) {
  const { columns, categories, scales } = useApp().exploration.summary.value;
  const places = [...categories, ...scales].sort((left, right) => left - right);
  return (
    <label class="feder-colour-by">
      <span>Colour by</span>
      <select
        aria-label="Colour by"
        value={ofColumn ?? chosen}
        onChange={({ currentTarget: { value } }) => {
          const choice = choices.find((each) => each === value);
          if (choice === undefined) choose("label", Number(value));
          else choose(choice);
        }}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {NAMES[choice]}
          </option>
        ))}
        {places.map((place) => (
          <option key={place} value={place}>
            {columns[place]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Why the colours that are wanted are not there. */
function noteOf({ labels, clusterRecall, recallRefusal }: Exploration, chosen: Colouring): string | null {
  if (chosen === "label") return labelNote(labels);
  if (chosen === "scale") return scaleNote(labels.scale);
  if (chosen === "recall" && clusterRecall.value === null) return recallRefusal.value ?? "reading recalls…";
  return null;
}

function scaleNote({ shown, refusal }: ColumnScales): string | null {
  if (refusal.value !== null) return refusal.value;
  if (shown.value === null) return "reading values…";
  return hasValues(shown.value) ? null : "the rows read have no value";
}

function labelNote({ counts, column }: Labels): string | null {
  const known = counts.value;
  const label = column.value === null ? "label" : "value";
  if (known === null || (!known.final && areTexts(known))) return `counting ${label}s…`;
  if (areTexts(known)) return `too many different ${label}s for colours`;
  if (known.names.length === 0)
    return known.failed > 0 ? `no ${label} could be read` : `the counted rows have no ${label}`;
  return null;
}
