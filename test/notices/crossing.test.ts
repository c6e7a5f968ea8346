import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossed, type Levels } from "../../src/notices/crossing.ts";

/** What is told of a share that becomes one after another of these, in percent. */
function toldOf(shares: readonly number[], thresholds: readonly number[], tells: "all" | "last" = "all") {
  let levels: Levels = {};
  return shares.map((share) => {
    const [next, told] = crossed(levels, { thresholds, isReached: (each) => share >= each, tells });
    levels = next;
    return told.map(({ threshold, crossing }) => `${threshold} #${crossing}`);
  });
}

describe("crossing a threshold (CA-20)", () => {
  it("is told once, exactly at it and not a step before", () => {
    expect(toldOf([74, 75, 75, 76, 89], [75, 90, 100])).toEqual([[], ["75 #1"], [], [], []]);
  });

  it("is told again after falling back, and each threshold for itself", () => {
    expect(toldOf([95, 80, 95, 10, 75, 100], [75, 90, 100])).toEqual([
      ["75 #1", "90 #1"],
      [],
      ["90 #2"],
      [],
      ["75 #2"],
      ["90 #3", "100 #1"],
    ]);
  });

  it("tells of several at once each, or the last alone where the others are no longer true", () => {
    expect(toldOf([120], [75, 90, 100])).toEqual([["75 #1", "90 #1", "100 #1"]]);
    expect(toldOf([120, 120, 80, 100], [75, 90, 100], "last")).toEqual([["100 #1"], [], [], ["100 #2"]]);
  });

  it("is no news for a threshold that is added behind one that is reached already, but beyond it is", () => {
    const [levels] = crossed({}, { thresholds: [75], isReached: (each) => 80 >= each, tells: "all" });
    const added = {
      thresholds: [50, 75, 78],
      isReached: (each: number) => 80 >= each,
      tells: "all" as const,
    };
    const [next, told] = crossed(levels, added);
    expect(told).toEqual([{ threshold: 78, crossing: 1 }]);
    expect(crossed(next, added)).toEqual([next, []]);
  });

  it("is no news for a threshold that was taken out and put back while it was reached", () => {
    const look = (thresholds: readonly number[], share: number) => ({
      thresholds,
      isReached: (each: number) => share >= each,
      tells: "all" as const,
    });
    const [told] = crossed({}, look([75], 80));
    const [without] = crossed(told, look([], 80));
    expect(without).toBe(told);
    expect(crossed(without, look([75], 80))[1]).toEqual([]);
    const [fallen] = crossed(told, look([], 70));
    expect(crossed(fallen, look([75], 80))[1]).toEqual([{ threshold: 75, crossing: 2 }]);
  });

  it("is told as often as a plain count of rises says, whatever the shares and thresholds", () => {
    const share = fc.integer({ min: 0, max: 12 });
    const thresholds = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    let rises = 0;
    fc.assert(
      fc.property(fc.array(share, { maxLength: 30 }), thresholds, (shares, unordered) => {
        const ordered = unordered.toSorted((left, right) => left - right);
        const told = toldOf(shares, ordered).flat();
        const expected = shares.flatMap((now, index) =>
          ordered.flatMap((threshold) => {
            const before = shares[index - 1] ?? 0;
            if (!(before < threshold && now >= threshold)) return [];
            const past = shares.slice(0, index + 1);
            const nth = past.filter(
              (each, at) => each >= threshold && (past[at - 1] ?? 0) < threshold,
            ).length;
            return [`${threshold} #${nth}`];
          }),
        );
        rises += expected.length;
        expect(told).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
    expect(rises).toBeGreaterThan(1_000);
  });
});
