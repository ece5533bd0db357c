/** Written by `python -m scripts.page_palette` from `feder_widget/palette.py`: edit that. */

export type Mode = "light" | "dark";
export type Rgb = readonly [number, number, number];

/** Every colour of the widget. The page's style sheet and the canvases read the same values. */
export interface Palette {
  readonly background: string;
  readonly raised: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly control: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly danger: string;
  readonly shade: string;
  readonly far: Rgb;
  readonly near: Rgb;
  readonly plain: Rgb;
  readonly ranks: readonly Rgb[];
  readonly labels: readonly Rgb[];
  readonly recalls: readonly Rgb[];
  readonly values: readonly Rgb[];
  readonly fill: number;
  readonly valueFill: number;
}

export const PALETTES: Readonly<Record<Mode, Palette>> = {
  light: {
    background: "#ffffff",
    raised: "#f6f7f9",
    text: "#1b1f27",
    muted: "#586174",
    line: "#e2e5eb",
    control: "#868f9f",
    accent: "#1c66d8",
    onAccent: "#ffffff",
    danger: "#ae1400",
    shade: "rgb(20 28 44 / 0.16)",
    far: [235, 241, 249],
    near: [206, 221, 243],
    plain: [228, 234, 243],
    ranks: [
      [57, 126, 202],
      [4, 109, 78],
      [201, 64, 141],
      [152, 119, 0],
      [97, 130, 112],
      [118, 52, 43],
      [82, 52, 157],
      [79, 48, 52],
      [96, 97, 109],
    ],
    labels: [
      [61, 136, 218],
      [173, 67, 0],
      [107, 155, 88],
      [215, 79, 158],
      [164, 126, 0],
      [0, 114, 122],
      [101, 65, 173],
      [104, 60, 40],
      [116, 117, 112],
    ],
    recalls: [
      [158, 76, 140],
      [170, 96, 144],
      [181, 114, 148],
      [192, 131, 151],
      [202, 148, 154],
      [213, 166, 156],
      [225, 184, 158],
      [236, 203, 159],
      [250, 226, 160],
    ],
    values: [
      [122, 209, 81],
      [67, 191, 113],
      [34, 168, 132],
      [33, 144, 140],
      [42, 120, 142],
      [53, 96, 141],
      [65, 68, 135],
      [72, 37, 118],
    ],
    fill: 0.6,
    valueFill: 0.73,
  },
  dark: {
    background: "#14171c",
    raised: "#1d2128",
    text: "#e8ebf0",
    muted: "#9ba5b5",
    line: "#2c323c",
    control: "#737d8c",
    accent: "#6cb0ff",
    onAccent: "#0c1320",
    danger: "#ff837e",
    shade: "rgb(0 0 0 / 0.5)",
    far: [28, 34, 44],
    near: [36, 58, 88],
    plain: [36, 43, 54],
    ranks: [
      [108, 178, 254],
      [39, 158, 83],
      [194, 109, 172],
      [221, 183, 59],
      [154, 198, 174],
      [225, 96, 0],
      [144, 117, 232],
      [166, 144, 146],
      [174, 173, 188],
    ],
    labels: [
      [64, 156, 242],
      [195, 97, 0],
      [119, 177, 93],
      [230, 122, 175],
      [225, 186, 20],
      [96, 203, 215],
      [124, 96, 212],
      [163, 124, 101],
      [188, 183, 174],
    ],
    recalls: [
      [215, 100, 70],
      [191, 94, 75],
      [169, 88, 78],
      [148, 81, 80],
      [129, 75, 82],
      [112, 69, 82],
      [96, 63, 82],
      [78, 57, 81],
      [62, 50, 80],
    ],
    values: [
      [65, 68, 135],
      [53, 96, 141],
      [42, 120, 142],
      [33, 144, 140],
      [34, 168, 132],
      [67, 191, 113],
      [122, 209, 81],
      [187, 223, 39],
    ],
    fill: 0.5,
    valueFill: 0.6,
  },
};
