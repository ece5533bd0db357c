/** What the page asks of the kernel, sent as it stands: `wire.py` reads these names. */

export type RequestName = string | number;

export type QuerySpec =
  | { readonly id: string; readonly cluster: number | null }
  | { readonly vector: true }
  | { readonly random: true }
  | { readonly workload: number }
  | { readonly resume: true };

export type Request =
  | { kind: "search"; request: RequestName; query: QuerySpec; nprobe: number; k: number }
  | { kind: "thumbnails"; request: RequestName; ids: string[]; clusters: number[]; size: number }
  | { kind: "members"; request: RequestName; cluster: number; offset: number; limit: number }
  | { kind: "candidates"; request: RequestName; serial: number; first_rank: number; last_rank: number }
  | { kind: "medoids"; request: RequestName; clusters: number[] }
  | {
      kind: "projection";
      request: RequestName;
      serial: number;
      ranks: number;
      k: number;
      flips: number[];
      extra: string[];
      extra_clusters: number[];
    }
  | { kind: "rest"; request: RequestName; serial: number; last_rank: number }
  | { kind: "results"; request: RequestName; serial: number; nprobe: number; k: number }
  | { kind: "truth"; request: RequestName; serial: number; nprobe: number; k: number }
  | { kind: "verdict"; request: RequestName; serial: number; id: string }
  | { kind: "evaluate"; request: RequestName; sample: number; seed: number; k: number }
  | { kind: "workload"; request: RequestName }
  | { kind: "map"; request: RequestName }
  | { kind: "cancel"; request: RequestName };
