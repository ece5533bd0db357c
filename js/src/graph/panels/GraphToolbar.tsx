import { Button } from "../../controls/Button";
import { Picture } from "../../controls/Picture";
import { Strip } from "../../controls/Strip";
import { Tabs } from "../../controls/Tabs";
import { FullScreen } from "../../panels/FullScreen";
import { SavedQueries } from "../../panels/SavedQueries";
import { ShareMenu } from "../../panels/share/ShareMenu";
import { useGraphApp } from "../state/graphApp";
import { acceptedGraphViews } from "../views";
import { graphEntriesOf } from "./graphEntries";
import { RowField } from "./RowField";

/** The query, the ways to pick another, and the views of its search. */
export function GraphToolbar({ root }: { root: () => HTMLElement | null }) {
  const app = useGraphApp();
  const { exploration, table, elementId, sharing } = app;
  const { settings } = exploration;
  return (
    <div class="feder-toolbar" role="toolbar" aria-label="Search">
      <Query />
      <div class="feder-ways">
        <Tabs
          name="View"
          tabs={acceptedGraphViews(exploration.facts.value).map(({ name, label }) => ({
            id: name,
            name: label,
          }))}
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
          <Icon path="M2 3h12v10H2zM2 6.5h12M2 9.8h12M6 6.5V13" />
        </Button>
        <ShareMenu
          entries={graphEntriesOf(app)}
          sharing={sharing}
          isPossible={exploration.walk.value !== null}
          root={root}
          complain={(message) => exploration.complain(message)}
        />
        <FullScreen root={root} />
      </div>
    </div>
  );
}

function Query() {
  const { exploration } = useGraphApp();
  const { recorded } = exploration.asker;
  const walk = exploration.walk.value;
  return (
    <div class="feder-query">
      <span class="feder-history" role="group" aria-label="Earlier queries">
        <Button
          kind="bare"
          aria-label="Back to the query before"
          title="Back to the query before ([)"
          disabled={!exploration.canGoBack.value}
          onClick={() => exploration.go(-1)}
        >
          <Icon path="M10 3 5 8l5 5" />
        </Button>
        <Button
          kind="bare"
          aria-label="Forward to the next query"
          title="Forward to the next query (])"
          disabled={!exploration.canGoForward.value}
          onClick={() => exploration.go(1)}
        >
          <Icon path="M6 3l5 5-5 5" />
        </Button>
      </span>
      {walk !== null && (
        <span class="feder-query-picture">
          {walk.id === null ? (
            <Strip vector={walk.vector} />
          ) : (
            <Picture id={walk.id} cluster={null} side={36} alt={`Query, row ${walk.id}`} />
          )}
        </span>
      )}
      <div class="feder-query-text">
        <b title={walk?.title ?? ""}>
          {walk === null
            ? "Pick a query"
            : walk.id === null
              ? (walk.title ?? "Your vector")
              : `row ${walk.id}`}
        </b>
        {walk?.label && <span class="feder-muted">{walk.label}</span>}
      </div>
      {recorded === null ? (
        <Ways />
      ) : (
        <SavedQueries queries={recorded} shown={walk} ask={(query) => exploration.ask(query)} />
      )}
    </div>
  );
}

/** The ways to pick a query of a kernel. */
function Ways() {
  const { exploration } = useGraphApp();
  return (
    <>
      <RowField
        name="Search by id"
        button="Search"
        submit={(id) => exploration.ask({ id: id.toString(), cluster: null })}
      />
      <Button
        kind="square"
        aria-label="Random query"
        title="A row drawn at random (r)"
        onClick={() => exploration.ask({ random: true })}
      >
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <rect x="2" y="2" width="12" height="12" rx="2.5" />
          <path d="M5.5 5.5h.01M10.5 5.5h.01M8 8h.01M5.5 10.5h.01M10.5 10.5h.01" />
        </svg>
      </Button>
    </>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
