import { Button } from "../controls/Button";
import { IdForm } from "../controls/IdForm";
import { Picture } from "../controls/Picture";
import { Strip } from "../controls/Strip";
import { useApp } from "../state/app";
import { AskWithPicture } from "./ask/AskWithPicture";
import { SavedQueries } from "./SavedQueries";

/** The query, the way back to earlier ones, and the ways to pick another. */
export function QueryPicker() {
  const { exploration } = useApp();
  const { history } = exploration;
  const { recorded } = exploration.asker;
  const search = exploration.search.value;
  return (
    <div class="feder-query">
      <span class="feder-history" role="group" aria-label="Earlier queries">
        <Button
          kind="bare"
          aria-label="Back to the query before"
          title="Back to the query before ([)"
          disabled={!history.canGoBack.value}
          onClick={() => history.go(-1)}
        >
          <Icon path="M10 3 5 8l5 5" />
        </Button>
        <Button
          kind="bare"
          aria-label="Forward to the next query"
          title="Forward to the next query (])"
          disabled={!history.canGoForward.value}
          onClick={() => history.go(1)}
        >
          <Icon path="M6 3l5 5-5 5" />
        </Button>
      </span>
      {search !== null && (
        <span class="feder-query-picture">
          {search.id === null && search.picture !== null ? (
            <img
              class="feder-picture"
              src={search.picture}
              alt={`Query, ${search.title}`}
              draggable={false}
            />
          ) : search.id === null ? (
            <Strip vector={search.vector} />
          ) : (
            <Picture id={search.id} cluster={search.order[0]} side={36} alt={`Query, row ${search.id}`} />
          )}
        </span>
      )}
      <div class="feder-query-text">
        <b title={search?.title ?? ""}>
          {search === null
            ? "Pick a query"
            : search.id === null
              ? (search.title ?? "Your vector")
              : `row ${search.id}`}
        </b>
        {search?.label && <span class="feder-muted">{search.label}</span>}
      </div>
      {recorded === null ? (
        <Ways />
      ) : (
        <SavedQueries queries={recorded} shown={search} ask={(query) => exploration.ask(query)} />
      )}
    </div>
  );
}

/** The ways to pick a query of a kernel. */
function Ways() {
  const { exploration } = useApp();
  const { misses } = exploration;
  return (
    <>
      <IdForm
        name="Search by id"
        button="Search"
        submit={(id) => exploration.ask({ id: id.toString(), cluster: null })}
        {...(exploration.summary.value.asksWords
          ? { submitWords: (words: string) => exploration.ask({ words }) }
          : {})}
      />
      <AskWithPicture />
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
      <Button
        title="The next row of a sample that misses true neighbours (m)"
        disabled={!misses.isPossible.value}
        onClick={() => misses.next()}
      >
        <Icon path="M8 1.8v2.4M8 11.8v2.4M1.8 8h2.4M11.8 8h2.4M8 4.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6" />
        Find a miss
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
