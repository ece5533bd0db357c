import type { Size } from "./viewport";

type Context = CanvasRenderingContext2D;

/** Empties the canvas, and sets its unit to CSS pixels. */
export function clear(context: Context, { width, height, ratio }: Size): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
}

/** Fills the canvas with a colour, and sets its unit to CSS pixels. */
export function fillAll(context: Context, { width, height, ratio }: Size, colour: string): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
}

/** Begins a circle. */
export function circle(context: Context, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Begins a box around its centre, with round corners. */
export function box(
  context: Context,
  x: number,
  y: number,
  width: number,
  height: number,
  corner: number,
): void {
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, corner);
}

export function fill(context: Context, colour: string): void {
  context.fillStyle = colour;
  context.fill();
}

/** Draws the line of the path that was begun, or of another one. */
export function stroke(
  context: Context,
  colour: string,
  width: number,
  dash: readonly number[] = [],
  path: Path2D | null = null,
): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash as number[]);
  if (path === null) context.stroke();
  else context.stroke(path);
  context.setLineDash([]);
}

/** Sets the size and weight of texts, which are centred on their place. */
export function font(context: Context, size: number, weight = 650): void {
  context.font = `${weight} ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
}

/** Draws a whole image, centred in a square with round corners. */
export function picture(
  context: Context,
  image: { readonly naturalWidth: number; readonly naturalHeight: number },
  x: number,
  y: number,
  side: number,
  corner: number,
): void {
  context.save();
  box(context, x, y, side, side, corner);
  context.clip();
  const scale = side / Math.max(image.naturalWidth, image.naturalHeight, 1);
  const width = image.naturalWidth * scale;
  const height = image.naturalHeight * scale;
  context.drawImage(image as HTMLImageElement, x - width / 2, y - height / 2, width, height);
  context.restore();
}

/** Sets a canvas's size on the page, with one pixel for each of the screen's. */
export function setSize(canvas: HTMLCanvasElement, { width, height, ratio }: Size): void {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** Writes a text with an edge in the colour of the page, legible on anything. */
export function haloed(
  context: Context,
  text: string,
  x: number,
  y: number,
  colour: string,
  background: string,
): void {
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = background;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}
