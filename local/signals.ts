const AT_ONCE_EXIT_CODE = 130;
/** One Ctrl-C can arrive twice: from the terminal, and once more from npm, which passes it on. */
const SAME_PRESS_MS = 500;

/** Aborted by the first Ctrl-C, after `onFirst`; a second one ends the process at once, with exit code 130. */
export function interruptOnSignals(onFirst: () => void): AbortSignal {
  const interrupt = new AbortController();
  let firstAt = 0;
  const onSignal = (): void => {
    if (!interrupt.signal.aborted) {
      firstAt = performance.now();
      onFirst();
      interrupt.abort();
    } else if (performance.now() - firstAt > SAME_PRESS_MS) {
      process.exit(AT_ONCE_EXIT_CODE);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
  return interrupt.signal;
}
