/** What became of the events so far. It is right at every moment, so that an interrupted run can be summed up too. */
export type Tally = {
  /** Those that the service has answered for. */
  posted: number;
  /** Accepted, and what became of them is not known yet. */
  pending: number;
  recorded: number;
  repeated: number;
  /** Lines that are no event included. */
  rejected: number;
  readonly reasons: Map<string, Reason>;
};

type Reason = { count: number; readonly examples: Example[] };
export type Example = { readonly line: number; readonly id: string; readonly message: string };

const MAX_EXAMPLES = 3;
const MAX_MESSAGE_CHARACTERS = 300;

export function newTally(): Tally {
  return { posted: 0, pending: 0, recorded: 0, repeated: 0, rejected: 0, reasons: new Map() };
}

export function reject(tally: Tally, code: string, example: Example): void {
  tally.rejected += 1;
  const reason = tally.reasons.get(code) ?? { count: 0, examples: [] };
  reason.count += 1;
  if (reason.examples.length < MAX_EXAMPLES) {
    reason.examples.push({ ...example, message: example.message.slice(0, MAX_MESSAGE_CHARACTERS) });
  }
  tally.reasons.set(code, reason);
}

/** For people: how many became what, and why some were rejected. */
export function summarize(tally: Tally, seconds: number): string {
  const lines = [
    `accepted ${count(tally.recorded)}, repeated ${count(tally.repeated)}, ` +
      `rejected ${count(tally.rejected)} in ${seconds.toFixed(1)} s`,
  ];
  if (tally.pending > 0) lines.push(`not known yet: ${count(tally.pending)} (sent, but still pending)`);
  const reasons = [...tally.reasons].sort(([, a], [, b]) => b.count - a.count);
  for (const [code, reason] of reasons) {
    lines.push(`  ${code}: ${count(reason.count)}`);
    for (const { line, id, message } of reason.examples) {
      lines.push(`    line ${line}${id === "" ? "" : `, id ${id}`}${message === "" ? "" : `: ${message}`}`);
    }
  }
  return lines.join("\n");
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}
