import { readGraphSummary } from "../../protocol/decode";
import type { Finding } from "../../protocol/messages";

/** The graph in the kernel; see `graph_summary.py`. */
export interface GraphFacts {
  readonly indexVersion: number;
  readonly ntotal: number;
  readonly dim: number;
  readonly family: string;
  readonly metric: string;
  /** Names of the distances of a walk, of results, and of true neighbours. */
  readonly distance: string;
  readonly resultDistance: string;
  readonly trueDistance: string;
  readonly similarity: boolean;
  readonly basis: "vectors" | "lists" | "codes";
  /** Nodes handed to a second pass for each result; 0 where there is none. */
  readonly kFactor: number;
  /** Nodes of each level, from 0 up. */
  readonly levelSizes: readonly number[];
  /** Links that a node has on level 0 at most. */
  readonly width: number;
  /** Whether results have the distances that the walk compares: not after a second pass. */
  readonly areResultsOfWalk: boolean;
  /** Whether true neighbours have them. */
  readonly isTruthOfWalk: boolean;
  readonly storedEf: number;
  /** The largest efSearch that can be shown. */
  readonly efLimit: number;
  /** Whether a search for k results uses k where efSearch is less. */
  readonly leastIsK: boolean;
  readonly kMax: number;
  readonly images: boolean;
  readonly labels: boolean;
  readonly findings: readonly Finding[];
  readonly constants: {
    readonly thumbnailSizes: readonly number[];
    readonly views: readonly string[];
    /** Queries of a workload. */
    readonly sampleLimit: number;
  };
}

/** Read the trait; throws `MalformedMessage` where it is not of the form declared. */
export function readGraphFacts(value: unknown): GraphFacts {
  const said = readGraphSummary(value);
  return {
    indexVersion: said.index_version,
    ntotal: said.ntotal,
    dim: said.dim,
    family: said.family,
    metric: said.metric,
    distance: said.distance,
    resultDistance: said.result_distance,
    trueDistance: said.basis === "vectors" ? "distance by the original vectors" : said.true_distance,
    similarity: said.similarity,
    basis: said.basis,
    kFactor: said.k_factor,
    // Two codes may have distances of one name and of different sizes.
    areResultsOfWalk: said.k_factor === 0,
    isTruthOfWalk: said.k_factor === 0 && said.basis !== "vectors" && said.distance === said.true_distance,
    levelSizes: said.level_sizes,
    width: said.width,
    storedEf: said.ef_search,
    efLimit: said.ef_limit,
    leastIsK: said.least_is_k,
    kMax: said.k_max,
    images: said.images,
    labels: said.labels,
    findings: said.findings,
    constants: {
      thumbnailSizes: said.constants.thumbnail_sizes,
      views: said.constants.views,
      sampleLimit: said.constants.sample_limit,
    },
  };
}
