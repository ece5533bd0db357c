/** One thing drawn on a canvas: its path or text, and how it was drawn. */
export interface Drawn {
  readonly kind: "fill" | "stroke" | "text" | "image" | "cover";
  readonly shape: string;
  readonly colour: string;
  readonly width: number;
  readonly dash: readonly number[];
  readonly alpha: number;
}

/** A 2D context that notes what is drawn. */
export class RecordingContext {
  readonly drawn: Drawn[] = [];
  fillStyle = "";
  strokeStyle = "";
  lineWidth = 1;
  globalAlpha = 1;
  #path: string[] = [];
  #dash: readonly number[] = [];

  /** The same, where a real context is wanted. */
  readonly context = new Proxy(this, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  }) as unknown as CanvasRenderingContext2D;

  beginPath = () => {
    this.#path = [];
  };
  moveTo = (x: number, y: number) => this.#add("M", x, y);
  lineTo = (x: number, y: number) => this.#add("L", x, y);
  quadraticCurveTo = (a: number, b: number, x: number, y: number) => this.#add("Q", a, b, x, y);
  arc = (x: number, y: number, radius: number, from: number, to: number) =>
    this.#add("A", x, y, radius, from, to);
  roundRect = (x: number, y: number, width: number, height: number) => this.#add("R", x, y, width, height);
  rect = (x: number, y: number, width: number, height: number) => this.#add("R", x, y, width, height);
  closePath = () => this.#add("Z");
  setLineDash = (dash: readonly number[]) => {
    this.#dash = dash;
  };
  fill = () => this.#draw("fill", this.#path.join(" "), this.fillStyle);
  stroke = () => this.#draw("stroke", this.#path.join(" "), this.strokeStyle);
  fillText = (text: string, x: number, y: number) =>
    this.#draw("text", `${text} @${round(x)},${round(y)}`, this.fillStyle);
  fillRect = (...box: number[]) => this.#draw("cover", box.map(round).join(), this.fillStyle);
  drawImage = (_image: unknown, x: number, y: number) => this.#draw("image", `${round(x)},${round(y)}`, "");
  strokeText = () => {};
  clearRect = () => {};
  setTransform = () => {};
  save = () => {};
  restore = () => {};
  clip = () => {};
  measureText = (text: string) => ({ width: 7 * text.length });

  /** The texts drawn, without their places. */
  get texts(): string[] {
    return this.drawn.filter(({ kind }) => kind === "text").map(({ shape }) => shape.replace(/ @.*$/, ""));
  }

  /** What was drawn in a colour, and otherwise as described. */
  in(colour: string, like: Partial<Drawn> = {}): Drawn[] {
    const wanted = Object.entries({ colour, ...like });
    return this.drawn.filter((one) =>
      wanted.every(([name, value]) => JSON.stringify(one[name as keyof Drawn]) === JSON.stringify(value)),
    );
  }

  #add(command: string, ...values: number[]): void {
    this.#path.push(command + values.map(round).join());
  }

  #draw(kind: Drawn["kind"], shape: string, colour: string): void {
    this.drawn.push({
      kind,
      shape,
      colour,
      width: this.lineWidth,
      dash: this.#dash,
      alpha: this.globalAlpha,
    });
  }
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
