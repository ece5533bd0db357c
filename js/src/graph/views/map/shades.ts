import { nearness } from "../../../views/clusters/scene";
import { byNearness } from "../../model/districts";

/** How strongly each district is coloured: 1 for the nearest to the query, 0 where the shades end. */
export function districtShares(distances: Float32Array, similarity: boolean): Float32Array {
  const share = nearness(Float32Array.from(byNearness(distances, similarity), (i) => distances[i]));
  return distances.map(share);
}
