import { isShortcut } from "../../controls/sliderKeys";
import { areTexts } from "../../model/labels";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import type { Colouring, Labels } from "../../state/labels";
import { Optional } from "../Optional";

const NAMES: Readonly<Record<Colouring, string>> = {
  rank: "rank",
  label: "label",
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
 * The choice of what colours mean, where there is one.
 *
 * @param hasClusters  whether clusters are what is coloured: only these have a recall
 */
export function ColourBy({ hasClusters = false }: { hasClusters?: boolean }) {
  const { exploration } = useApp();
  const { wanted } = exploration.labels;
  const choices: Colouring[] = ["rank"];
  if (exploration.summary.value.labels) choices.push("label");
  if (hasClusters && exploration.canColourByRecall.value) choices.push("recall");
  if (choices.length === 1) return null;
  const chosen = choices.includes(wanted.value) ? wanted.value : "rank";
  const note = noteOf(exploration, chosen);
  return (
    <>
      <span
        class="feder-colour-by"
        role="radiogroup"
        aria-label="Colour by"
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
          if (by === undefined || isShortcut(event)) return;
          event.preventDefault();
          const to = (choices.indexOf(chosen) + by + choices.length) % choices.length;
          wanted.value = choices[to];
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
              onClick={() => {
                wanted.value = choice;
              }}
            >
              <Name choice={choice} />
            </button>
          ))}
        </span>
      </span>
      {note !== null && <span role="status">{note}</span>}
    </>
  );
}

/** Why the colours that are wanted are not there. */
function noteOf({ labels, clusterRecall, recallRefusal }: Exploration, chosen: Colouring): string | null {
  if (chosen === "label") return labelNote(labels);
  if (chosen === "recall" && clusterRecall.value === null) return recallRefusal.value ?? "reading recalls…";
  return null;
}

function labelNote({ counts }: Labels): string | null {
  const known = counts.value;
  if (known === null || (!known.final && areTexts(known))) return "counting labels…";
  if (areTexts(known)) return "labels differ from row to row: too many for colours";
  if (known.names.length === 0)
    return known.failed > 0 ? "no label could be read" : "the counted rows have no label";
  return null;
}
