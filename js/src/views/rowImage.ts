import { effect } from "@preact/signals";
import type { Pictures } from "../state/pictures";

/** Loads the picture of a row for a canvas, or its label where it has only that; the function returned releases it. */
export function loadImage(
  pictures: Pictures,
  id: bigint,
  cluster: number | null,
  side: number,
  loaded: (image: HTMLImageElement) => void,
  labelled: (label: string) => void = () => {},
): () => void {
  const { picture, release } = pictures.acquire(id, cluster, side);
  let isHeld = true;
  const stop = effect(() => {
    const now = picture.value;
    if (now.state === "text" && isHeld) labelled(now.label);
    if (now.state !== "ready") return;
    const image = new Image();
    image.decoding = "async";
    image.referrerPolicy = "no-referrer";
    image.onload = () => isHeld && loaded(image);
    image.src = now.url;
  });
  return () => {
    isHeld = false;
    stop();
    release();
  };
}
