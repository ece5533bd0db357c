import { useRef } from "preact/hooks";
import { Button } from "../../controls/Button";
import { useApp } from "../../state/app";
import { askWithPicture } from "./pictureAsker";

/** A button that lets a picture be chosen as the query; nothing where pictures cannot be embedded. */
export function AskWithPicture() {
  const { exploration } = useApp();
  const chooser = useRef<HTMLInputElement>(null);
  if (!exploration.summary.value.asksPictures) return null;
  return (
    <>
      <Button
        kind="square"
        aria-label="Search with a picture"
        title="Search with a picture: choose one, drop it here, or paste it"
        onClick={() => chooser.current?.click()}
      >
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 4.5h2.6l1-1.7h4.8l1 1.7H14v8.7H2z M8 6.3a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5" />
        </svg>
      </Button>
      <input
        ref={chooser}
        type="file"
        accept="image/*"
        hidden
        aria-label="Picture to search with"
        onChange={(event) => {
          const input = event.currentTarget;
          void askWithPicture(exploration, [...(input.files ?? [])]);
          // The same file can be chosen again.
          input.value = "";
        }}
      />
    </>
  );
}
