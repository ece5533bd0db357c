import { useEffect, useRef, useState } from "preact/hooks";
import { rowIdIn } from "../protocol/decode";
import { useApp } from "../state/app";

interface Props {
  readonly name: string;
  readonly button: string;
  readonly submit: (id: bigint, input: HTMLElement) => void;
}

/** A field for a row id, and a button. */
export function IdForm({ name, button, submit }: Props) {
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
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty) return;
        if (id === null) {
          exploration.complain(`id must be a whole number, got “${typed.slice(0, 40)}”`);
          return;
        }
        exploration.dismiss();
        const input = event.currentTarget.elements[0] as HTMLInputElement;
        submit(id, input);
        // The text stays, in case the id is not in the index; typing replaces it.
        input.select();
      }}
    >
      <input
        ref={field}
        type="text"
        inputMode="numeric"
        aria-label={name}
        aria-invalid={!isEmpty && id === null}
        placeholder="row id"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" class="feder-button">
        {button}
      </button>
    </form>
  );
}
