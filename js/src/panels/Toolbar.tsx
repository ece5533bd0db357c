import { Button } from "../controls/Button";
import { Tabs } from "../controls/Tabs";
import { useApp } from "../state/app";
import { acceptedViews } from "../views";
import { FullScreen } from "./FullScreen";
import { QueryPicker } from "./QueryPicker";
import { ShareMenu } from "./share/ShareMenu";
import { entriesOf } from "./share/shareEntries";

/** The query, and the views of its search. */
export function Toolbar({ root }: { root: () => HTMLElement | null }) {
  const app = useApp();
  const { exploration, table, elementId, sharing } = app;
  const { settings } = exploration;
  const summary = exploration.summary.value;
  return (
    <div class="feder-toolbar" role="toolbar" aria-label="Search">
      <QueryPicker />
      <div class="feder-ways">
        <Tabs
          name="View"
          tabs={acceptedViews(summary.constants).map(({ name, label }) => ({ id: name, name: label }))}
          chosen={settings.view.value}
          controls={`${elementId}-stage`}
          choose={(id) => {
            settings.view.value = id;
            table.value = false;
          }}
        />
        <Button
          kind="square"
          aria-label="View as table"
          title="View as table"
          aria-pressed={table.value}
          onClick={() => {
            table.value = !table.value;
          }}
        >
          <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2 3h12v10H2zM2 6.5h12M2 9.8h12M6 6.5V13" />
          </svg>
        </Button>
        <ShareMenu
          entries={entriesOf(app)}
          sharing={sharing}
          isPossible={exploration.search.value !== null}
          root={root}
          complain={(message) => exploration.complain(message)}
        />
        <FullScreen root={root} />
      </div>
    </div>
  );
}
