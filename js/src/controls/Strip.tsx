import { useLayoutEffect, useRef } from "preact/hooks";

/** A vector drawn as a grid of its components: blue below zero, orange above, stronger for larger. */
export function Strip({ vector }: { vector: Float32Array }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const side = Math.ceil(Math.sqrt(vector.length));
    const element = canvas.current as HTMLCanvasElement;
    element.width = side;
    element.height = Math.ceil(vector.length / side);
    const context = element.getContext("2d") as CanvasRenderingContext2D;
    const image = context.createImageData(element.width, element.height);
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    vector.forEach((value, i) => {
      const [red, green, blue] = value < 0 ? [36, 110, 190] : [214, 110, 20];
      image.data.set([red, green, blue, Math.round((255 * Math.abs(value)) / largest)], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }, [vector]);
  return <canvas ref={canvas} class="feder-picture feder-strip" role="img" aria-label="The query vector" />;
}
