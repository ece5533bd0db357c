type Context = CanvasRenderingContext2D;

const ELLIPSIS = "…";
const SEGMENTER = new Intl.Segmenter();
/** Breaks may stand behind these characters. */
const BREAK = /(?<=[\s\-/_.,;])/;

/**
 * A text on lines of at most `width`, at the context's font, cut with an ellipsis where it does not fit.
 *
 * @param most  lines at most
 */
export function wrapped(context: Context, text: string, width: number, most: number): string[] {
  const fits = (line: string) => context.measureText(line.trimEnd()).width <= width;
  const lines: string[] = [];
  let line = "";
  let rest = text.split(BREAK).filter((word) => word !== "");
  while (rest.length > 0) {
    const [word, ...others] = rest;
    if (fits(line + word)) {
      line += word;
      rest = others;
    } else if (lines.length === most - 1) {
      return [...lines, shortened(line + rest.join(""), fits)];
    } else if (line === "") {
      // A word that is wider than a line.
      lines.push(shortened(word, fits));
      rest = others;
    } else {
      lines.push(line.trimEnd());
      line = "";
    }
  }
  return line === "" ? lines : [...lines, line.trimEnd()];
}

/** A text that is at most `width` wide, at the context's font, cut with an ellipsis where it is not whole. */
export function cut(context: Context, text: string, width: number): string {
  const fits = (line: string) => context.measureText(line).width <= width;
  return fits(text) ? text : shortened(text, fits);
}

/** The longest beginning of a text that fits together with an ellipsis. */
function shortened(text: string, fits: (line: string) => boolean): string {
  const characters = Array.from(SEGMENTER.segment(text.slice(0, 200)), ({ segment }) => segment);
  let low = 0;
  let high = characters.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(characters.slice(0, middle).join("").trimEnd() + ELLIPSIS)) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join("").trimEnd() + ELLIPSIS;
}
