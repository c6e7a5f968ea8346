/**
 * The seed of every property test, so that a check gives the same answer for the same code. `PROPERTY_SEED` names
 * another one: a number, as a failure prints it, or `random` for one that each property draws for itself.
 */
const PROPERTY_SEED = 20_261_121;

/** The seed to use, or undefined where each property is to draw its own. */
export function propertySeed(setting: string | undefined): number | undefined {
  if (setting === undefined || setting === "") return PROPERTY_SEED;
  if (setting === "random") return undefined;
  const seed = /^-?\d{1,10}$/.test(setting) ? Number(setting) : Number.NaN;
  // A seed has 32 bits: what is more would be cut off, and not be the one that a failure prints.
  if (seed === (seed | 0)) return seed;
  throw new Error(`PROPERTY_SEED must be "random" or an integer of 32 bits, not "${setting}".`);
}
