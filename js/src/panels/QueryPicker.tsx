import { useState } from "preact/hooks";
import { useApp } from "../app";
import { Picture } from "./Picture";
import { Strip } from "./Strip";

const ID = /^\s*[-+]?\d{1,19}\s*$/;

/** What is being searched, and the ways to search for something else. */
export function QueryPicker() {
  const { exploration } = useApp();
  const [typed, setTyped] = useState("");
  const search = exploration.search.value;
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed.trim() === "") return;
    if (!ID.test(typed)) {
      exploration.complain(`id must be a whole number, got “${typed.slice(0, 40)}”`);
      return;
    }
    exploration.ask({ id: BigInt(typed.trim().replace(/^\+/, "")).toString(), cluster: null });
    setTyped("");
  };
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
        <b>{search === null ? "No query" : search.id === null ? "free vector" : `#${search.id}`}</b>
        <span class="feder-muted">{search?.label ? `query · ${search.label}` : "query"}</span>
      </div>
      <button type="button" class="feder-button" onClick={() => exploration.ask({ random: true })}>
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <rect x="2" y="2" width="12" height="12" rx="2.5" />
          <path d="M5.5 5.5h.01M10.5 5.5h.01M8 8h.01M5.5 10.5h.01M10.5 10.5h.01" />
        </svg>
        Random query
      </button>
      <form class="feder-search-id" onSubmit={submit}>
        <input
          type="text"
          inputMode="numeric"
          aria-label="Search by id"
          placeholder="id"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="feder-button">
          Search
        </button>
      </form>
    </div>
  );
}
