import type { Snapshot } from "../state/snapshot";

/** The saved picture of a widget whose notebook was opened without its kernel. */
export function Saved({ snapshot: [picture, caption] }: { snapshot: Snapshot }) {
  return (
    <>
      <div class="feder-notice" role="alert">
        {picture ? "Saved picture: " : "No picture was saved. "}
        {caption && `${caption}. `}The kernel is not running; run the cell to explore.
      </div>
      {picture && <img class="feder-saved" src={picture} alt={caption} />}
    </>
  );
}
