import { Button } from "../../controls/Button";
import { useGraphApp } from "../state/graphApp";

/** An error in words; the answer on screen stays. */
export function GraphNotice() {
  const { exploration } = useGraphApp();
  const isLost = exploration.status.value === "disconnected";
  const failure = exploration.failure.value;
  if (!isLost && failure === null && exploration.isOutdated.value) {
    return (
      <div class="feder-notice" role="alert">
        <span>The index has changed since this search.</span>
        <Button onClick={() => exploration.ask({ resume: true })}>Search again</Button>
      </div>
    );
  }
  return (
    <div class="feder-notice" role="alert" hidden={!isLost && failure === null} data-lost={isLost}>
      {isLost ? (
        <span>
          <b>kernel disconnected</b> — The last answer stays on screen. Run the cell again to continue.
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
