import * as fc from "fast-check";
import { expect, test } from "vitest";
import { columnWidths } from "../../src/reports/pdf-widths.ts";

const wish = fc.record({ share: fc.integer({ min: 1, max: 10 }), least: fc.integer({ min: 0, max: 200 }) });

test("columns fill the table, and none is too narrow as long as there is room", () => {
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 100, max: 2_000 }),
      (wishes, total) => {
        const widths = columnWidths(wishes, total);
        expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(total, 6);
        const hasRoom = wishes.reduce((sum, { least }) => sum + least, 0) <= total;
        for (const [index, { least }] of wishes.entries()) {
          if (hasRoom) expect(widths[index]).toBeGreaterThanOrEqual(least - 1e-9);
          expect(widths[index]).toBeGreaterThanOrEqual(0);
        }
      },
    ),
  );
});

test("columns are by share where all are wide enough", () => {
  expect(
    columnWidths(
      [
        { share: 1, least: 10 },
        { share: 3, least: 10 },
      ],
      100,
    ),
  ).toEqual([25, 75]);
  expect(
    columnWidths(
      [
        { share: 1, least: 40 },
        { share: 3, least: 10 },
      ],
      100,
    ),
  ).toEqual([40, 60]);
});
