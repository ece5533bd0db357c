import type { ComponentChildren } from "preact";
import { isShortcut } from "../../controls/sliderKeys";
import { css, labelColour } from "../../look/palette";
import { count, plural } from "../../model/format";
import { type LabelCounts, whereLabelLives } from "../../model/labels";
import { useApp } from "../../state/app";

/**
 * The labels and their colours; a click on one makes it stand out from all others.
 *
 * @param children  keys of other marks, on the line below
 */
export function LabelKeys({ children }: { children?: ComponentChildren }) {
  const { exploration, palette } = useApp();
  const { counts, chosen, column } = exploration.labels;
  const known = counts.value;
  if (known === null) return null;
  const { names, distinct } = known;
  const colour = (place: number) => css(labelColour(palette.value, place, names.length));
  const choose = (name: string | null) => {
    chosen.value = name === chosen.peek() ? null : name;
  };
  const reached = Math.max(0, names.indexOf(chosen.value ?? ""));
  const others = distinct - names.length;
  return (
    <div class="feder-labels">
      {/* A wheel that turns one way only scrolls it too. */}
      <div
        class="feder-label-row"
        onWheel={(event) => {
          const { currentTarget: row, deltaX, deltaY } = event;
          if (row.scrollWidth <= row.clientWidth || deltaX !== 0) return;
          event.preventDefault();
          row.scrollLeft += deltaY;
        }}
      >
        <span
          class="feder-label-keys"
          role="group"
          aria-label={column.value === null ? "Labels" : exploration.summary.value.columns[column.value]}
          onKeyDown={(event) => {
            const buttons = [...event.currentTarget.querySelectorAll("button")];
            const from = buttons.indexOf(event.target as HTMLButtonElement);
            const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: buttons.length - 1 }[
              event.key
            ];
            if (event.key === "Escape" && chosen.peek() !== null) chosen.value = null;
            else if (to === undefined || isShortcut(event)) return;
            else buttons[(to + buttons.length) % buttons.length].focus();
            event.preventDefault();
            event.stopPropagation();
          }}
        >
          {names.map((name, place) => (
            <button
              key={name}
              type="button"
              class="feder-label-key"
              aria-pressed={name === chosen.value}
              data-dim={chosen.value !== null && name !== chosen.value}
              tabIndex={place === reached ? 0 : -1}
              title={name}
              onClick={() => choose(name)}
            >
              <i style={{ background: colour(place) }} />
              <span dir="auto">{name}</span>
            </button>
          ))}
        </span>
        {others > 0 && (
          <span class="feder-label-others" data-dim={chosen.value !== null}>
            <i style={{ background: colour(names.length) }} />
            {count(others)}
            {known.counted < known.total ? " or more" : ""} {others === 1 ? "other" : "others"}
          </span>
        )}
        {known.unlabelled + known.failed > 0 && (
          <span class="feder-label-others" data-dim={chosen.value !== null}>
            <i style={{ background: colour(names.length + 1) }} />
            {column.value === null ? "no label" : "no value"}
          </span>
        )}
      </div>
      <div class="feder-label-facts">
        {children}
        <span role="status">{statement(known, chosen.value)}</span>
      </div>
    </div>
  );
}

/** Where the chosen label lives, and of how many rows that is told. */
function statement(known: LabelCounts, chosen: string | null): string {
  const sample = known.counted < known.total ? `by ${plural(known.counted, "sampled row")}` : "";
  const place = chosen === null ? -1 : known.names.indexOf(chosen);
  if (place < 0) return sample;
  const found = whereLabelLives(known, place);
  return found === null
    ? sample
    : `${plural(found.rows, "row")}, half of them in ${plural(found.clusters, "cluster")}`;
}
