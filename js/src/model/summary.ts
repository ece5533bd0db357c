import { readIndexSummary } from "../protocol/decode";
import type { Finding } from "../protocol/messages";

/** The index in the kernel, told when the widget is made and again when the index has changed; see `summary.py`. */
export interface Summary {
  readonly nlist: number;
  readonly ntotal: number;
  readonly dim: number;
  /** Its parts: "IVF1024,PQ16x8". */
  readonly family: string;
  readonly metric: string;
  /** Names of the distances in the lists, of the coarse search, and of a second pass where there is one. */
  readonly distance: string;
  readonly coarseDistance: string;
  readonly refinedDistance: string | null;
  /** Name of the distance of a true neighbour. */
  readonly trueDistance: string;
  /** Whether a larger distance means nearer, in the lists and in the coarse search. */
  readonly similarity: boolean;
  readonly coarseSimilarity: boolean;
  /** Whether the coarse search looks at every centroid. */
  readonly coarseExact: boolean;
  /** Whether coarse distances are those to the centroids. */
  readonly coarseMeasured: boolean;
  /** Whether vectors are stored whole. */
  readonly exact: boolean;
  /** Whether results are the best of the candidates. */
  readonly replayable: boolean;
  /** Whether, of candidates at one distance, other ones than their ids tell can be results. */
  readonly renamed: boolean;
  /** Whether another nprobe probes these clusters and more, or fewer, at the same distances. */
  readonly steady: boolean;
  /** Whether the original vectors were given, and true neighbours are by them. */
  readonly given: boolean;
  /** Why there are no true neighbours to compare with. */
  readonly unexplained: string | null;
  /** Why recall takes a search at each nprobe; null where one pass tells it for all. */
  readonly noCurve: string | null;
  /** The values of nprobe that a workload is evaluated at by searching, ascending; none where it is at all. */
  readonly evaluatedAt: readonly number[];
  readonly kMax: number;
  /** The index's own nprobe. */
  readonly storedNprobe: number;
  readonly images: boolean;
  readonly labels: boolean;
  /** Whether pictures, and words, can be queries. */
  readonly asksPictures: boolean;
  readonly asksWords: boolean;
  /** Names of the columns of the rows' metadata. */
  readonly columns: readonly string[];
  /** The places of the columns of categories, which have a colour each. */
  readonly categories: readonly number[];
  /** The places of the columns of numbers and dates, which have colours on a scale. */
  readonly scales: readonly number[];
  readonly findings: readonly Finding[];
  /** Vectors in each cluster. */
  readonly sizes: Int32Array;
  /** Counts the changes of the index that the kernel has noticed. */
  readonly indexVersion: number;
  readonly constants: Constants;
}

/** Numbers and names that the kernel checks requests and traits by. */
export interface Constants {
  readonly views: readonly string[];
  /** Sides of pictures in device pixels, ascending. */
  readonly thumbnailSizes: readonly number[];
  /** Characters of a saved picture. */
  readonly snapshotLimit: number;
  /** Queries of a workload. */
  readonly sampleLimit: number;
  /** Rows or clusters in one request. */
  readonly batchLimit: number;
  /** Bytes of a picture that is a query. */
  readonly queryBytes: number;
  /** Characters of a query that is words. */
  readonly wordsLimit: number;
  /** Rows whose values are asked for at once. */
  readonly valuesLimit: number;
}

/** Read the trait; throws `MalformedMessage` where it is not of the form declared. */
export function readSummary(value: unknown): Summary {
  const { sizes: bytes, ...content } = value as { sizes: DataView };
  const said = readIndexSummary(content, bytes);
  const {
    views,
    thumbnail_sizes,
    snapshot_limit,
    sample_limit,
    batch_limit,
    query_bytes,
    words_limit,
    values_limit,
  } = said.constants;
  return {
    nlist: said.nlist,
    ntotal: said.ntotal,
    dim: said.dim,
    family: said.family,
    metric: said.metric,
    distance: said.distance,
    trueDistance: said.given ? "distance by the original vectors" : said.distance,
    coarseDistance: said.coarse_distance,
    refinedDistance: said.refined_distance,
    similarity: said.similarity,
    coarseSimilarity: said.coarse_similarity,
    coarseExact: said.coarse_exact,
    coarseMeasured: said.coarse_measured,
    exact: said.exact,
    replayable: said.replayable,
    renamed: said.renamed,
    steady: said.steady,
    given: said.given,
    unexplained: said.unexplained,
    noCurve: said.no_curve,
    evaluatedAt: said.evaluated_at,
    kMax: said.k_max,
    storedNprobe: said.nprobe,
    images: said.images,
    labels: said.labels,
    asksPictures: said.asks_pictures,
    asksWords: said.asks_words,
    columns: said.columns,
    categories: said.categories,
    scales: said.scales,
    findings: said.findings,
    sizes: said.sizes,
    indexVersion: said.index_version,
    constants: {
      views,
      thumbnailSizes: thumbnail_sizes,
      snapshotLimit: snapshot_limit,
      sampleLimit: sample_limit,
      batchLimit: batch_limit,
      queryBytes: query_bytes,
      wordsLimit: words_limit,
      valuesLimit: values_limit,
    },
  };
}
