/** How reports look on paper. Colours of texts have a contrast of at least 4.5 to 1 on white. */
import type { Color, TextStyle } from "./pdf-paper.ts";

export const COLORS = {
  ink: "0.10 0.13 0.17",
  quiet: "0.33 0.37 0.43",
  accent: "0.06 0.24 0.40",
  link: "0.02 0.34 0.60",
  warning: "0.68 0.13 0.10",
  bar: "0.10 0.45 0.66",
  track: "0.89 0.91 0.94",
  hairline: "0.84 0.86 0.89",
} as const satisfies Readonly<Record<string, Color>>;

const style = (font: TextStyle["font"], size: number, color: keyof typeof COLORS): TextStyle => ({
  font,
  size,
  color: COLORS[color],
});

export const STYLES = {
  /** Height of a line in a table. */
  leading: 10.5,
  title: style("bold", 28, "accent"),
  customer: style("bold", 18, "ink"),
  eyebrow: style("bold", 10, "link"),
  fact: style("regular", 10.5, "ink"),
  factLabel: style("regular", 10.5, "quiet"),
  section: style("bold", 16, "accent"),
  part: style("bold", 11.5, "ink"),
  body: style("regular", 9, "ink"),
  note: style("regular", 8.5, "quiet"),
  header: style("bold", 7.5, "quiet"),
  cell: style("regular", 8, "ink"),
  strong: style("bold", 8, "ink"),
  warning: style("bold", 8, "warning"),
  link: style("regular", 8, "link"),
  foot: style("regular", 7.5, "quiet"),
} as const;
