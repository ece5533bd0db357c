/** A canvas's size in CSS pixels, and device pixels per CSS pixel. */
export interface Size {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Magnification, and how far the picture is moved, in CSS pixels. */
export interface Zoom {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

export const UNZOOMED: Zoom = { k: 1, x: 0, y: 0 };

/** The part of a picture in sight. */
export interface Viewport {
  readonly size: Size;
  readonly zoom: Zoom;
}

export const NO_SIZE: Size = { width: 0, height: 0, ratio: 1 };

export function hasRoom({ width, height }: Size): boolean {
  return width >= 1 && height >= 1;
}

/** Device pixels per CSS pixel: those of the screen, or more. */
export function ratioFor(least: number): number {
  return Math.max(least, devicePixelRatio);
}
