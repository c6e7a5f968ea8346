import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { contentDisposition, extensionOf, sanitizedFileName } from "../../src/support/file-name.ts";
import { HOSTILE_NAMES } from "./hostile-names.ts";

const INVISIBLE = [/\p{Cc}/u, /\p{Cf}/u, /\p{Cs}/u, /[\u2028\u2029]/, /\u3164|\u115f|\u034f|\ufe0f/];

/** What is wrong with a name, in the words of the invariant; written without a look at the code. */
function faultsOf(name: string): readonly string[] {
  const firstPart = name.split(".")[0]?.trim().toUpperCase() ?? "";
  const checks: readonly (readonly [string, boolean])[] = [
    ["is empty", name === ""],
    ["has a separator", /[/\\]/.test(name)],
    ["has a character that Windows reserves", /[<>:"|?*]/.test(name)],
    ["has an invisible character", INVISIBLE.some((each) => each.test(name))],
    ["is not in NFC", name !== name.normalize("NFC")],
    ["is not well-formed", !name.isWellFormed()],
    ["starts or ends with a dot or space", /^[. ]|[. ]$/.test(name)],
    ["is a device", /^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|COM[0-9¹²³]|LPT[0-9¹²³])$/.test(firstPart)],
    ["is longer than 150 units", name.length > 150],
    ["is longer than 255 bytes", new TextEncoder().encode(name).length > 255],
    ["has an encoded character", /%[0-9a-f]{2}/i.test(name)],
    ["changes when it is sanitised again", sanitizedFileName(name) !== name],
  ];
  return checks.filter(([, isWrong]) => isWrong).map(([what]) => what);
}

/** Reads the header as a strict client does. */
function read(header: string): { readonly ascii: string; readonly name: string } | undefined {
  const found = /^attachment; filename="([ !#-[\]-~]+)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$/.exec(
    header,
  );
  if (found === null) return undefined;
  const [, ascii = "", encoded = ""] = found;
  return { ascii, name: decodeURIComponent(encoded) };
}

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 200,
  }),
  fc.array(fc.constantFrom(...HOSTILE_NAMES), { minLength: 1, maxLength: 4 }).map((names) => names.join("")),
  fc.string({
    unit: fc.constantFrom(...Array.from("./\\: %2eCONnul\u202e\u0301\ud83d\ude00ł\"';")),
    maxLength: 200,
  }),
);

describe("a sanitised file name", () => {
  it("is harmless for each of more than 500 hostile names", () => {
    expect(new Set(HOSTILE_NAMES).size).toBeGreaterThan(500);
    const faulty = HOSTILE_NAMES.map((name) => [name, sanitizedFileName(name)] as const)
      .filter(([, safe]) => faultsOf(safe).length > 0)
      .map(([name, safe]) => ({ name, safe, faults: faultsOf(safe) }));
    expect(faulty).toEqual([]);
  });

  it("is harmless whatever the name and the fallback", () => {
    fc.assert(
      fc.property(anyName, anyName, (name, fallback) => {
        expect(faultsOf(sanitizedFileName(name, fallback))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["report.pdf", "report.pdf"],
    ["Zestawienie łódź – 2026 (1).xlsx", "Zestawienie łódź – 2026 (1).xlsx"],
    ["100% done.txt", "100% done.txt"],
    ["café\u0301.txt".normalize("NFD"), "café\u0301.txt".normalize("NFC")],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\ana\\log.txt", "log.txt"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["NUL.txt", "_NUL.txt"],
    ["com1", "_com1"],
    ["console.txt", "console.txt"],
    [".htaccess", "htaccess"],
    ["file.txt::$DATA", "file.txt__$DATA"],
    ["a\r\nb.txt", "ab.txt"],
    ["..%2f..%2fetc", "_2f.._2fetc"],
    ["report.pdf. . .", "report.pdf"],
    ["dir/", "attachment"],
    ["\ud800", "attachment"],
    ["", "attachment"],
  ])("of %j is %j", (name, safe) => {
    expect(sanitizedFileName(name)).toBe(safe);
  });

  it("keeps its extension when it is cut", () => {
    const cut = sanitizedFileName(`${"数".repeat(500)}.docx`);
    expect(cut).toMatch(/^数+\.docx$/);
    expect(Buffer.byteLength(cut)).toBeGreaterThan(250);
    expect(sanitizedFileName(`${"a".repeat(500)}.docx`)).toBe(`${"a".repeat(145)}.docx`);
    expect(sanitizedFileName(`${"a".repeat(148)} .docx`)).toBe(`${"a".repeat(145)}.docx`);
  });

  it("of a name of a million characters takes no time", () => {
    const started = performance.now();
    for (const filler of ["a", ". ", "\u0301", "%2e", "CON.", "\ud800", "क्"]) {
      expect(faultsOf(sanitizedFileName(filler.repeat(1_000_000)))).toEqual([]);
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("the header of a download", () => {
  it("is one line of ASCII, says attachment, and gives the sanitised name, whatever the name", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const parts = read(contentDisposition(name));
        expect(parts?.name).toBe(sanitizedFileName(name));
        expect(faultsOf(parts?.ascii ?? "")).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    for (const name of HOSTILE_NAMES)
      expect(read(contentDisposition(name))?.name).toBe(sanitizedFileName(name));
  });

  it("has a name in ASCII for those who know no other", () => {
    expect(contentDisposition("Łódź é'1.pdf")).toBe(
      `attachment; filename="_odz e'1.pdf"; filename*=UTF-8''%C5%81%C3%B3d%C5%BA%20%C3%A9%271.pdf`,
    );
    expect(contentDisposition("cón.txt")).toContain('filename="_con.txt"');
    expect(contentDisposition("100%.txt")).toContain('filename="100_.txt"');
  });
});

test.each([
  ["a.PDF", "pdf"],
  ["a.tar.gz", "gz"],
  ["app.log.1", undefined],
  ["v1.2 final notes", undefined],
  ["README", undefined],
  [".bashrc", undefined],
  ["a.7z", "7z"],
])("the extension of %j is %j", (name, extension) => {
  expect(extensionOf(name)).toBe(extension);
});
