import { useEffect, useRef, useState } from "preact/hooks";
import { rowIdIn } from "../protocol/decode";
import { useApp } from "../state/app";

interface Props {
  readonly name: string;
  readonly button: string;
  readonly submit: (id: bigint, input: HTMLElement) => void;
  /** Takes what is no row id; without it, that is an error. */
  readonly submitWords?: (words: string) => void;
}

/** A field for a row id, and a button. */
export function IdForm({ name, button, submit, submitWords }: Props) {
  const { exploration } = useApp();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const search = exploration.search.value;
  // Another search comes on screen: an id that was asked about before is no more of use, unless it is being typed.
  useEffect(() => {
    if (field.current?.matches(":focus") === false) setTyped("");
  }, [search]);
  const isEmpty = typed.trim() === "";
  const id = rowIdIn(typed.trim().replace(/^\+(?=\d)/, ""));
  return (
    <form
      class="feder-search-id"
      data-words={submitWords !== undefined}
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty) return;
        if (id === null && submitWords === undefined) {
          exploration.complain(`id must be a whole number, got “${typed.slice(0, 40)}”`);
          return;
        }
        exploration.dismiss();
        const input = event.currentTarget.elements[0] as HTMLInputElement;
        if (id !== null) submit(id, input);
        else submitWords?.(typed.trim().slice(0, exploration.summary.peek().constants.wordsLimit));
        // The text stays, in case the id is not in the index; typing replaces it.
        input.select();
      }}
    >
      <input
        ref={field}
        type="text"
        inputMode={submitWords === undefined ? "numeric" : "text"}
        aria-label={submitWords === undefined ? name : `${name} or words`}
        aria-invalid={!isEmpty && id === null && submitWords === undefined}
        placeholder={submitWords === undefined ? "row id" : "row id or words"}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" class="feder-button">
        {button}
      </button>
    </form>
  );
}
