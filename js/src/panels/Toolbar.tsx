import { Button } from "../controls/Button";
import { Slider } from "../controls/Slider";
import { Tabs } from "../controls/Tabs";
import { useApp } from "../state/app";
import { acceptedViews } from "../views";
import { PlayerButtons } from "./PlayerButtons";
import { QueryPicker } from "./QueryPicker";

export function Toolbar() {
  const { exploration, table } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
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
        <Tabs
          name="View"
          tabs={acceptedViews(summary.constants).map(({ name, label }) => ({ id: name, name: label }))}
          chosen={settings.view.value}
          controls="feder-stage"
          choose={(id) => {
            settings.view.value = id;
            table.value = false;
          }}
        />
        <Button
          aria-pressed={table.value}
          onClick={() => {
            table.value = !table.value;
          }}
        >
          View as table
        </Button>
      </div>
    </div>
  );
}
