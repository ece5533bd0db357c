import { Button } from "../controls/Button";
import { IdForm } from "../controls/IdForm";
import { Picture } from "../controls/Picture";
import { Strip } from "../controls/Strip";
import { useApp } from "../state/app";

/** The query, and the ways to pick another. */
export function QueryPicker() {
  const { exploration } = useApp();
  const search = exploration.search.value;
  return (
    <div class="feder-query">
      <span class="feder-query-picture">
        {search === null ? null : search.id === null ? (
          <Strip vector={search.vector} />
        ) : (
          <Picture id={search.id} cluster={search.order[0]} side={44} alt={`Query, row ${search.id}`} />
        )}
      </span>
      <div class="feder-query-text">
        <b>{search === null ? "Pick a query" : search.id === null ? "Your vector" : `#${search.id}`}</b>
        <span class="feder-muted">{search?.label ? `query · ${search.label}` : "query"}</span>
      </div>
      <Button onClick={() => exploration.ask({ random: true })}>
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <rect x="2" y="2" width="12" height="12" rx="2.5" />
          <path d="M5.5 5.5h.01M10.5 5.5h.01M8 8h.01M5.5 10.5h.01M10.5 10.5h.01" />
        </svg>
        Random query
      </Button>
      <IdForm
        name="Search by id"
        button="Search"
        submit={(id) => exploration.ask({ id: id.toString(), cluster: null })}
      />
    </div>
  );
}
