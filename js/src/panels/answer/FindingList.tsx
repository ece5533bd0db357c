import type { Finding } from "../../protocol/messages";

const SEVERITIES = { error: "Error", warning: "Warning", info: "Note" } as const;
const ORDER: readonly Finding["severity"][] = ["error", "warning", "info"];

/** Findings with what to do about them, the gravest first. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  const ordered = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return (
    <>
      {ordered.map(({ code, severity, sentence, remedy }) => (
        <p key={code} class="feder-finding" data-severity={severity}>
          <b>{SEVERITIES[severity]}:</b> {sentence}{" "}
          {remedy !== null && <span class="feder-muted">{remedy}</span>}
        </p>
      ))}
    </>
  );
}

/** Whether a finding makes answers wrong, so that it comes before all else. */
export function isGrave({ severity }: Finding): boolean {
  return severity === "error";
}
