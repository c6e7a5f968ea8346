/**
 * Loaded into the child before Azurite. Invariant: Azurite never outlives the process that started it, whatever way
 * that one ended: the channel between them closes with it, and Azurite then shuts down as it does when it is asked to.
 */
const SHUTDOWN_LIMIT_MS = 4_000;

process.on("disconnect", () => {
  const heard = process.emit("message", "shutdown", undefined);
  if (!heard) process.exit(0);
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
});
