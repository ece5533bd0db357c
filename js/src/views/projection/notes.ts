import { count, plural } from "../../model/format";
import type { Status } from "../../state/conversation";
import type { Awaited, Projected } from "../../state/projections";
import { isOnePlace } from "./fit";

interface State {
  readonly drawn: Projected | null;
  readonly awaited: Awaited;
  readonly nprobe: number;
  /** Clusters probed as shown. */
  readonly probed: number;
  readonly status: Status;
}

/** The projection in one line: method, sample, and the projection still to come. */
export function statement({ drawn, awaited, nprobe }: State): string {
  if (drawn === null) return "";
  const parts = [drawn.method];
  if (drawn.sampled) {
    parts.push(`a sample: ${count(drawn.ids.length)} of ${plural(drawn.total, "candidate")}`);
  }
  if (drawn.drawnIn > 0) parts.push(`${plural(drawn.drawnIn, "far point")} drawn nearer`);
  if (drawn.ranks !== nprobe) {
    parts.push(
      `for nprobe ${count(drawn.ranks)}${awaited === null ? "" : `; nprobe ${count(nprobe)} follows`}`,
    );
  } else if (awaited === "better") parts.push("refining…");
  return parts.join(" · ");
}

/** The reason for a picture with few or no points; null when there are enough. */
export function explanation({ drawn, awaited, probed, status }: State, reason: string | null): string | null {
  if (drawn === null) {
    if (reason !== null) return `No projection: ${reason}`;
    if (status === "disconnected") return "No projection: the kernel that computes it is disconnected.";
    return awaited === null ? null : "Projecting the candidates…";
  }
  if (drawn.total === 0) {
    return `No candidates: the ${plural(drawn.ranks, "probed cluster")} ${drawn.ranks === 1 ? "is" : "are"} empty.`;
  }
  if (probed === 0) {
    return "Only centroids are compared in the coarse search: candidates come with the first probed cluster.";
  }
  if (drawn.ids.length === 1) return "There is only one candidate.";
  if (isOnePlace(drawn)) {
    const what = drawn.method.includes("direction") ? "point in the same direction" : "are the same vector";
    return `All ${plural(drawn.ids.length, "candidate")} ${what}: they lie at one place.`;
  }
  return null;
}
