import { PALETTES } from "../../look/palette";
import type { FigureRequest } from "../../protocol/messages";
import type { App } from "../../state/app";
import { fileOf } from "./handOver";

/** The view on screen as SVG, drawn by the kernel; throws where it cannot be, with the reason. */
export async function figureOfKernel({ asker, exploration, palette }: App): Promise<Blob> {
  const { settings, isHypothetical } = exploration;
  if (isHypothetical.peek()) {
    throw new Error(
      "An SVG shows a finished search, without clusters switched by hand. A PNG shows this one.",
    );
  }
  const { view, nprobe, k, includeSelf } = settings;
  const answer = await asker.figure(
    view.peek() as FigureRequest["view"],
    nprobe.peek(),
    k.peek(),
    includeSelf.peek(),
    palette.peek() === PALETTES.dark ? "dark" : "light",
  );
  return fileOf(answer);
}
