import { useEffect, useMemo } from "preact/hooks";
import { DotSheet } from "./dotSheet";

/** A sheet to draw dots on, for as long as the view is there. */
export function useDotSheet(): DotSheet {
  const sheet = useMemo(() => new DotSheet(), []);
  useEffect(() => () => sheet.close(), [sheet]);
  return sheet;
}
