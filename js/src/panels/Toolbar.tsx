import { useApp } from "../app";
import { VIEWS } from "../views";
import { PlayerButtons } from "./PlayerButtons";
import { QueryPicker } from "./QueryPicker";
import { Slider } from "./Slider";

export function Toolbar() {
  const { exploration, table } = useApp();
  const { settings, summary } = exploration;
  return (
    <div class="feder-toolbar" role="toolbar" aria-label="Search">
      <QueryPicker />
      <div class="feder-sliders">
        <Slider
          name="nprobe"
          help="Clusters probed by the fine search"
          value={settings.nprobe}
          max={summary.nlist}
          scale="log"
        />
        <Slider name="k" help="Results returned" value={settings.k} max={summary.kMax} scale="linear" />
      </div>
      <div class="feder-ways">
        <PlayerButtons />
        <div class="feder-tabs" role="tablist" aria-label="View">
          {VIEWS.map((view) => (
            <button
              key={view.id}
              type="button"
              role="tab"
              aria-selected={settings.view.value === view.id}
              aria-controls="feder-stage"
              onClick={() => {
                settings.view.value = view.id;
                table.value = false;
              }}
            >
              {view.name}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="feder-button"
          aria-pressed={table.value}
          onClick={() => {
            table.value = !table.value;
          }}
        >
          View as table
        </button>
      </div>
    </div>
  );
}
