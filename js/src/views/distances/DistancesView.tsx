import { useApp } from "../../app";
import { plural } from "../../format";
import { Nothing } from "../points/Nothing";
import { CoarsePicture } from "./CoarsePicture";
import { FinePicture } from "./FinePicture";

/** How far everything is from the query that the search has compared with it. */
export function DistancesView() {
  const { exploration } = useApp();
  const search = exploration.search.value;
  if (search === null) return <Nothing>No query yet: pick one to see how far its neighbours are.</Nothing>;
  if (exploration.step.value === 0) {
    return (
      <Nothing>
        Nothing has been compared with the query yet.
        <br />
        The coarse search measures its distance to {plural(search.nlist, "centroid")}.
      </Nothing>
    );
  }
  return exploration.probed.value === 0 ? <CoarsePicture search={search} /> : <FinePicture search={search} />;
}
