import { isShortcut } from "../../controls/sliderKeys";
import { areTexts } from "../../model/labels";
import { useApp } from "../../state/app";
import type { Colouring, Labels } from "../../state/labels";

const CHOICES: readonly Colouring[] = ["rank", "label"];

/** The choice of what colours mean, where rows have labels. */
export function ColourBy() {
  const { exploration } = useApp();
  const { wanted } = exploration.labels;
  if (!exploration.summary.value.labels) return null;
  const note = noteOf(exploration.labels);
  return (
    <>
      <span
        class="feder-colour-by"
        role="radiogroup"
        aria-label="Colour by"
        onKeyDown={(event) => {
          const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
          if (!keys.includes(event.key) || isShortcut(event)) return;
          event.preventDefault();
          const to = CHOICES.findIndex((choice) => choice !== wanted.peek());
          wanted.value = CHOICES[to];
          event.currentTarget.querySelectorAll("button")[to].focus();
        }}
      >
        Colour by
        <span>
          {CHOICES.map((choice) => (
            <button
              key={choice}
              type="button"
              role="radio"
              aria-checked={choice === wanted.value}
              tabIndex={choice === wanted.value ? 0 : -1}
              onClick={() => {
                wanted.value = choice;
              }}
            >
              {choice}
            </button>
          ))}
        </span>
      </span>
      {note !== null && <span role="status">{note}</span>}
    </>
  );
}

/** Why labels are wanted as colours and are none, or how many rows the colours come from. */
function noteOf({ wanted, counts }: Labels): string | null {
  const known = counts.value;
  if (wanted.value === "rank") return null;
  if (known === null || (!known.final && areTexts(known))) return "counting labels…";
  if (areTexts(known)) return "labels differ from row to row: too many for colours";
  if (known.names.length === 0)
    return known.failed > 0 ? "no label could be read" : "the counted rows have no label";
  return null;
}
