import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../../state/app";
import { wantsStillness } from "../interruption";
import { drawings } from "./drawing";
import { fly } from "./transition";

/** When the view changes, rows in both pictures move from their places in the old one to those in the new one. */
export function ViewTransition() {
  const app = useApp();
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { settings, search, probed, results, map } = app.exploration;
    let view = settings.view.peek();
    let query = search.peek();
    let end = () => {};
    const stop = effect(() => {
      // Any other change ends the transition: only the new picture shows it.
      for (const signal of [results, map, app.palette, app.table]) signal.value;
      end();
      const isNext = settings.view.value !== view && search.value === query && probed.peek() > 0;
      const from = isNext && !wantsStillness() ? drawings.get(app)?.() : null;
      view = settings.view.value;
      query = search.value;
      if (from) end = fly(app, from, layer.current as HTMLDivElement);
    });
    return () => {
      stop();
      end();
    };
  }, [app]);
  return <div ref={layer} class="feder-transition" aria-hidden="true" />;
}
