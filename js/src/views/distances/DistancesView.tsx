import { plural } from "../../model/format";
import { useApp } from "../../state/app";
import { SearchRequired } from "../SearchRequired";
import { CoarsePicture } from "./CoarsePicture";
import { FinePicture } from "./FinePicture";

/** The distances that the search has computed: to centroids, then to candidates. */
export function DistancesView() {
  const { probed } = useApp().exploration;
  const summary = useApp().exploration.summary.value;
  return (
    <SearchRequired
      purpose="how far its neighbours are"
      next={({ nlist }) =>
        summary.coarseExact
          ? `The coarse search measures its distance to ${plural(nlist, "centroid")}.`
          : `An approximate coarse search ranks ${plural(nlist, "cluster")}.`
      }
      picture={(search) =>
        probed.value === 0 ? <CoarsePicture search={search} /> : <FinePicture search={search} />
      }
    />
  );
}
