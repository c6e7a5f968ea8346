/** Keeps the lines that a timer logs. */
export function keptLog() {
  const infos: string[] = [];
  const errors: string[] = [];
  const keepIn =
    (lines: string[]) =>
    (...args: readonly unknown[]): void => {
      lines.push(String(args[0]));
    };
  return { infos, errors, info: keepIn(infos), error: keepIn(errors) };
}
