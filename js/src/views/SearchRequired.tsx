import type { ComponentChildren } from "preact";
import type { Search } from "../model/search";
import { useApp } from "../state/app";

interface Props {
  /** What a query is needed for. */
  readonly purpose: string;
  /** What comes after the overview, in a sentence. */
  readonly next: (search: Search) => string;
  readonly picture: (search: Search) => ComponentChildren;
}

/** A picture of a search, or why there is none: no query yet, or the player stands before the coarse search. */
export function SearchRequired({ purpose, next, picture }: Props) {
  const { exploration } = useApp();
  const search = exploration.search.value;
  if (search !== null && exploration.step.value !== 0) return picture(search);
  return (
    <div class="feder-points">
      <p class="feder-waiting">
        {search === null ? (
          `No query yet: pick one to see ${purpose}.`
        ) : (
          <>
            Nothing has been compared with the query yet.
            <br />
            {next(search)}
          </>
        )}
      </p>
    </div>
  );
}
