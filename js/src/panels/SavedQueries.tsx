import { Button } from "../controls/Button";
import type { RecordedQuery } from "../protocol/transport";

interface Props {
  readonly queries: readonly RecordedQuery[];
  /** The search on screen. */
  readonly shown: { readonly id: bigint | null; readonly vector: Float32Array } | null;
  readonly ask: (query: RecordedQuery["wish"]) => void;
}

/** The queries of a saved page: nothing but these can be searched for. */
export function SavedQueries({ queries, shown, ask }: Props) {
  const place = queries.findIndex(({ isOf }) => shown !== null && isOf(shown.id, shown.vector));
  if (queries.length < 2) return null;
  return (
    <>
      <select
        class="feder-saved-queries"
        aria-label="Saved queries"
        value={place}
        onChange={(event) => {
          const query = queries[Number(event.currentTarget.value)];
          if (query !== undefined) ask(query.wish);
        }}
      >
        {queries.map(({ name }, i) => (
          <option key={i} value={i}>
            {i + 1} of {queries.length}: {name}
          </option>
        ))}
      </select>
      <Button
        kind="square"
        aria-label="Next saved query"
        title="Next saved query (r)"
        onClick={() => ask({ random: true })}
      >
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 8h10M8.5 4l4 4-4 4" />
        </svg>
      </Button>
    </>
  );
}
