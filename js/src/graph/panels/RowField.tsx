import { useEffect, useRef, useState } from "preact/hooks";
import { rowIdIn } from "../../protocol/decode";
import { useGraphApp } from "../state/graphApp";

interface Props {
  readonly name: string;
  readonly button: string;
  readonly submit: (id: bigint, field: HTMLElement) => void;
}

/** A field for a row id, and a button. */
export function RowField({ name, button, submit }: Props) {
  const { exploration } = useGraphApp();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const walk = exploration.walk.value;
  // Another search comes on screen: what was asked about before is no more of use, unless it is being typed.
  useEffect(() => {
    if (field.current?.matches(":focus") === false) setTyped("");
  }, [walk?.id, walk?.vector]);
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
        submit(id, field.current as HTMLElement);
        field.current?.select();
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
