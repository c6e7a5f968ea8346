/** What printing a report takes: CPU time is near that of a bare library. */
import type { Bench } from "./figure.ts";
import { openReportProgram } from "./report-programs.ts";

const FEW_ROWS = 1_000;
const MANY_ROWS = 20_000;
const CPU_LIMIT = { atMost: 1.3 };

export const reportPdf: Bench = {
  name: "report-pdf",
  summary: "CPU time of a row of a PDF report, beside bare pdfkit with the same texts",
  run: async function* ({ progress }) {
    await using program = await openReportProgram("report-pdf-process.ts");
    const perRow = async (writer: "pdf" | "pdfkit"): Promise<number> => {
      progress(writer);
      const few = await program.make([writer, String(FEW_ROWS)]);
      const many = await program.make([writer, String(MANY_ROWS)]);
      return (1_000_000 * (many.cpuSeconds - few.cpuSeconds)) / (many.rows - few.rows);
    };
    // In turns: whatever else the machine does meets both.
    const printed = await perRow("pdf");
    const bare = await perRow("pdfkit");
    yield { name: "CPU for a row, with tags", value: printed, unit: "µs", digits: 0 };
    yield { name: "CPU for a row, its texts with bare pdfkit", value: bare, unit: "µs", digits: 0 };
    yield { name: "CPU for a row, of that of bare pdfkit", value: printed / bare, limit: CPU_LIMIT };
  },
};
