import type { App } from "../../state/app";

/** Device pixels per CSS pixel of a picture that is saved. */
const RATIO = 2;
/** Frames without a change of any canvas after which a view is drawn. */
const STILL = 4;
/** Frames after which a view that does not rest is taken as it is. */
const MOST = 240;
/** CSS pixels of the line below the picture. */
const LINE = 34;

/** Thrown where a picture of another site is on the view: the browser lets it be seen, not read. */
export class Tainted extends Error {
  constructor() {
    super("The view holds pictures of another site, which the browser lets nobody save.");
  }
}

/** The view on screen as a PNG of twice its size, with a line of text below. */
export async function viewPicture(
  root: HTMLElement,
  { leastRatio, palette }: App,
  caption: string,
): Promise<Blob> {
  const layers = () => [
    ...root.querySelectorAll<HTMLCanvasElement>(".feder-stage canvas:not(.feder-picture)"),
  ];
  leastRatio.value = RATIO;
  try {
    await atRest(layers);
    const shown = layers();
    const [first] = shown;
    if (first === undefined) throw new Error("There is no picture in this view.");
    const canvas = document.createElement("canvas");
    const ratio = first.width / Math.max(1, first.clientWidth);
    canvas.width = first.width;
    canvas.height = first.height + LINE * ratio;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    const style = getComputedStyle(root);
    context.fillStyle = style.getPropertyValue("--feder-background") || style.backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const layer of shown) context.drawImage(layer, 0, 0, first.width, first.height);
    context.fillStyle = style.getPropertyValue("--feder-text");
    context.font = `${13 * ratio}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.fillText(caption, 12 * ratio, first.height + (LINE * ratio) / 2, canvas.width - 24 * ratio);
    palette.peek();
    return await encoded(canvas);
  } finally {
    leastRatio.value = 1;
  }
}

function encoded(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    try {
      canvas.toBlob((blob) =>
        blob === null ? reject(new Error("The picture is too large.")) : resolve(blob),
      );
    } catch {
      reject(new Tainted());
    }
  });
}

/** Resolves when the canvases have not changed for some frames. */
async function atRest(layers: () => readonly HTMLCanvasElement[]): Promise<void> {
  let [before, still] = ["", 0];
  for (let frame = 0; frame < MOST && still < STILL; frame++) {
    await new Promise(requestAnimationFrame);
    const now = layers().map(fingerprint).join();
    still = now === before ? still + 1 : 0;
    before = now;
  }
}

/** The size of a canvas and the colours of a few hundred of its pixels. */
function fingerprint(canvas: HTMLCanvasElement): string {
  const small = document.createElement("canvas");
  [small.width, small.height] = [24, 16];
  const context = small.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  if (canvas.width > 0 && canvas.height > 0) context.drawImage(canvas, 0, 0, 24, 16);
  try {
    return `${canvas.width}x${canvas.height}:${context.getImageData(0, 0, 24, 16).data.join("")}`;
  } catch {
    throw new Tainted();
  }
}
