import type { ComponentChildren } from "preact";
import type { Search } from "../model/search";
import { useApp } from "../state/app";

interface Props {
  /** Ends the sentence “No query yet: pick one to see …”. */
  readonly purpose: string;
  /** A sentence about the step after the overview. */
  readonly next: (search: Search) => string;
  readonly picture: (search: Search) => ComponentChildren;
}

/** The picture of a search; before a query or a coarse search, a sentence instead. */
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
