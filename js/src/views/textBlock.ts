type Context = CanvasRenderingContext2D;

const ELLIPSIS = "…";
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
    } else if (lines.length === most - 1 || line === "") {
      return [...lines, cut(line + rest.join(""), fits)];
    } else {
      lines.push(line.trimEnd());
      line = "";
    }
  }
  return line === "" ? lines : [...lines, line.trimEnd()];
}

/** The longest beginning of a text that fits together with an ellipsis. */
function cut(text: string, fits: (line: string) => boolean): string {
  const characters = Array.from(new Intl.Segmenter().segment(text.slice(0, 200)), ({ segment }) => segment);
  let low = 0;
  let high = characters.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(characters.slice(0, middle).join("").trimEnd() + ELLIPSIS)) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join("").trimEnd() + ELLIPSIS;
}
