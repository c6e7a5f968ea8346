/** A measured number with the limit that it is held to. */
type Limit =
  | { readonly atMost: number }
  /** Both ends inclusive. */
  | { readonly from: number; readonly to: number };

export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly digits?: number;
  /** Without one the figure is told and not judged. */
  readonly limit?: Limit;
  /** What it was made of. */
  readonly detail?: string;
};

export type BenchOptions = {
  /** A file of real events, one JSON text a line. */
  readonly eventsFile: string | undefined;
  /** What goes on meanwhile, for people. */
  readonly progress: (text: string) => void;
};

/** Figures come one by one, so that what is known is shown even if a later part fails. */
export type Bench = {
  readonly name: string;
  readonly summary: string;
  readonly run: (options: BenchOptions) => AsyncIterable<Figure>;
};

const DIGITS = 2;

/** What is shown is what is judged: a figure cannot look right and be wrong in a digit that nobody sees. */
export function isWithinLimit({ value, limit, digits = DIGITS }: Figure): boolean {
  if (limit === undefined) return true;
  const shown = Number(value.toFixed(digits));
  return "atMost" in limit ? shown <= limit.atMost : shown >= limit.from && shown <= limit.to;
}

export type TableRow = readonly [name: string, measured: string, limit: string, ok: string, detail: string];

export function rowOf(figure: Figure): TableRow {
  const { name, limit, detail = "" } = figure;
  const verdict = isWithinLimit(figure) ? "yes" : "NO";
  return [name, textOf(figure.value, figure), limitText(figure), limit === undefined ? "" : verdict, detail];
}

function limitText(figure: Figure): string {
  const { limit } = figure;
  if (limit === undefined) return "";
  if ("atMost" in limit) return `at most ${textOf(limit.atMost, figure)}`;
  return `${textOf(limit.from, figure)} to ${textOf(limit.to, figure)}`;
}

function textOf(value: number, { unit, digits = DIGITS }: Figure): string {
  const number = value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === undefined ? number : `${number} ${unit}`;
}
