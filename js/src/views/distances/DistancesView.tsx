import { plural } from "../../model/format";
import { useApp } from "../../state/app";
import { SearchRequired } from "../SearchRequired";
import { CoarsePicture } from "./CoarsePicture";
import { FinePicture } from "./FinePicture";

/** How far everything is from the query that the search has compared with it. */
export function DistancesView() {
  const { probed } = useApp().exploration;
  return (
    <SearchRequired
      purpose="how far its neighbours are"
      next={({ nlist }) => `The coarse search measures its distance to ${plural(nlist, "centroid")}.`}
      picture={(search) =>
        probed.value === 0 ? <CoarsePicture search={search} /> : <FinePicture search={search} />
      }
    />
  );
}
