import { Button } from "../controls/Button";
import { useApp } from "../state/app";

/** An error in words; the answer on screen stays. */
export function Notice() {
  const { exploration } = useApp();
  const lost = exploration.status.value === "disconnected";
  const failure = exploration.failure.value;
  if (!lost && failure === null && exploration.isOutdated.value) {
    return (
      <div class="feder-notice" role="alert">
        <span>The index has changed since this search.</span>
        <Button onClick={() => exploration.ask({ resume: true })}>Search again</Button>
      </div>
    );
  }
  return (
    <div class="feder-notice" role="alert" hidden={!lost && failure === null} data-lost={lost}>
      {lost ? (
        <span>
          <b>kernel disconnected</b> — The last answer stays on screen; only data that have arrived are shown.
          Run the cell again to continue.
        </span>
      ) : (
        <>
          <span>{failure}</span>
          <Button onClick={() => exploration.dismiss()}>Dismiss</Button>
        </>
      )}
    </div>
  );
}
