import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type ByteSource, bytesInMemory } from "../../src/support/byte-source.ts";
import { containsEicar } from "../../src/support/eicar.ts";
import { ATTACHMENT_BYTES_MAX, inspectContent } from "../../src/support/file-content.ts";
import { EICAR } from "./eicar-text.ts";
import { ACTIVE_FILES, ALLOWED_FILES, FORBIDDEN_FILES } from "./sample-files.ts";
import { zipOf } from "./zip-writer.ts";

async function verdict(content: Buffer | string, name: string): Promise<string> {
  const inspection = await inspectContent(bytesInMemory(Buffer.from(content)), name);
  return inspection.outcome === "allowed"
    ? `${inspection.mediaType} .${inspection.extension}`
    : inspection.reason;
}

const allowed = Object.entries(ALLOWED_FILES);
const TEXTS = ["txt", "log", "csv", "json", "har", "xml"];
const sameKind = (one: string, other: string): boolean =>
  one === other ||
  [TEXTS, ["pcap", "pcapng", "cap"]].some((kind) => kind.includes(one) && kind.includes(other));

describe("a file of an allowed type", () => {
  test.each(allowed)("%s is allowed under its own extension, in any case", async (extension, content) => {
    expect(await verdict(content, `a.${extension}`)).toMatch(new RegExp(`^[a-z]+/.+ \\.${extension}$`));
    expect(await verdict(content, `a.${extension.toUpperCase()}`)).toMatch(new RegExp(` \\.${extension}$`));
  });

  it("is allowed without an extension, and is given that of its type", async () => {
    expect(await verdict(ALLOWED_FILES["pdf"] ?? "", "report")).toBe("application/pdf .pdf");
    expect(await verdict("text", "app.log.1")).toBe("text/plain; charset=utf-8 .txt");
    expect(await verdict(ALLOWED_FILES["docx"] ?? "", "report")).toMatch(/\.docx$/);
  });

  test.each(allowed)("%s is refused under the extension of each other type", async (extension, content) => {
    const others = allowed.map(([other]) => other).filter((other) => !sameKind(other, extension));
    expect(others.length).toBeGreaterThan(20);
    for (const other of others)
      expect([other, await verdict(content, `a.${other}`)]).toEqual([other, "nameMismatch"]);
  });

  test.each(allowed)("%s is refused under the extension of a program", async (extension, content) => {
    const isText = TEXTS.includes(extension);
    for (const other of ["exe", "dll", "scr", "jar", "docm"]) {
      expect(await verdict(content, `invoice.${extension}.${other}`)).toBe("nameMismatch");
    }
    for (const other of ["js", "html", "svg", "ps1", "bat", "eml", "lnk"]) {
      expect(await verdict(content, `a.${other}`)).toBe(isText ? "typeNotAllowed" : "nameMismatch");
    }
  });

  test.each([
    "BM is also a mark.",
    "MZ ended the letter.",
    "ID3 it is",
    "P6 is a word",
    "II* and MM",
    "#!AMR",
  ])("is a text although it begins as another one does: %s", async (text) => {
    expect(await verdict(text, "a.txt")).toBe("text/plain; charset=utf-8 .txt");
  });

  it("is a text in UTF-16 with its mark, and not without", async () => {
    const utf16 = Buffer.from("\uFEFFname\tżółw\r\n".repeat(3_000), "utf16le");
    expect(await verdict(utf16, "a.csv")).toBe("text/plain; charset=utf-8 .csv");
    expect(await verdict(Buffer.from(utf16).swap16(), "a.csv")).toBe("text/plain; charset=utf-8 .csv");
    expect(await verdict(utf16.subarray(2), "a.csv")).toBe("nameMismatch");
    expect(await verdict(utf16.subarray(0, -1), "a.csv")).toBe("nameMismatch");
  });
});

describe("a file of another type", () => {
  test.each(Object.entries(FORBIDDEN_FILES))(
    "%s is refused under each allowed extension",
    async (_, content) => {
      for (const [extension] of allowed) {
        expect([extension, await verdict(content, `a.${extension}`)]).toEqual([extension, "nameMismatch"]);
      }
    },
  );

  test.each(Object.entries(FORBIDDEN_FILES))(
    "%s is refused under no name and under its own",
    async (name, content) => {
      expect(await verdict(content, "a")).toBe("typeNotAllowed");
      if (!name.includes(".")) expect(await verdict(content, `a.${name}`)).toBe("typeNotAllowed");
    },
  );

  test.each(Object.entries(ACTIVE_FILES))(
    "that a browser might run is refused, whatever its name: %s",
    async (_, text) => {
      for (const name of ["a.txt", "a.xml", "a.html", "a"])
        expect(await verdict(text, name)).toBe("activeContent");
      const utf16 = Buffer.from(`\uFEFF${text.replace("\uFEFF", "")}`, "utf16le");
      expect(await verdict(utf16, "a.txt")).toBe("activeContent");
    },
  );

  it("that a browser might run is refused across the borders of reads too", async () => {
    const page = '<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>';
    for (const before of [10, 25, 30, 45]) {
      const text = `<event>${" ".repeat(1_048_576 - 7 - before)}${page}</event>`;
      expect([before, await verdict(text, "a.xml")]).toEqual([before, "activeContent"]);
    }
  });

  it("is refused when the test file is in a field of an archive", async () => {
    expect(await verdict(zipOf([{ name: "a.txt", content: "text" }], { comment: EICAR }), "a.zip")).toBe(
      "malware",
    );
    const gzip = gzipSync("text");
    const header = Buffer.from(gzip.subarray(0, 10));
    header[3] = 0b1_0000;
    const commented = Buffer.concat([header, Buffer.from(`${EICAR}\0`), gzip.subarray(10)]);
    expect(gunzipSync(commented).toString()).toBe("text");
    expect(await verdict(commented, "a.gz")).toBe("malware");
  });

  it("is refused when it becomes binary only far behind its beginning", async () => {
    const late = Buffer.concat([Buffer.from("line\n".repeat(600_000)), Buffer.from([0])]);
    expect(await verdict(late, "a.log")).toBe("nameMismatch");
  });

  it("is refused when it is empty or larger than 100 MB, before it is read", async () => {
    expect(await verdict("", "a.txt")).toBe("empty");
    const source = {
      size: ATTACHMENT_BYTES_MAX + 1,
      read: () => Promise.reject(new Error("must not be read")),
    };
    expect(await inspectContent(source, "a.txt")).toEqual({ outcome: "refused", reason: "tooLarge" });
  });
});

describe("the test file of scanners", () => {
  it("is refused wherever it is in a file, across the borders of reads too", async () => {
    const places = [0, 1, 4_000, 1_048_576 - 30, 1_048_576 - 1, 1_048_576, 1_500_000, 2 * 1_048_576 - 67];
    for (const place of places) {
      const text = Buffer.alloc(2_200_000, "x\n");
      text.write(EICAR, place, "latin1");
      expect([place, await verdict(text, "a.txt")]).toEqual([place, "malware"]);
      const picture = Buffer.concat([ALLOWED_FILES["png"] ?? Buffer.alloc(0), text]);
      expect([place, await verdict(picture, "a.png")]).toEqual([place, "malware"]);
    }
  });

  it("is found however a stream is cut, and nothing else is", async () => {
    const other = EICAR.slice(1);
    const streamed = async function* (content: Buffer, cuts: readonly number[]) {
      const shared = Buffer.alloc(content.byteLength);
      let start = 0;
      for (const end of [...cuts.map((cut) => cut % (content.byteLength + 1)), content.byteLength].toSorted(
        (a, b) => a - b,
      )) {
        // Whoever sends may use the same memory for each piece.
        shared.fill(0);
        content.copy(shared, 0, start, end);
        yield shared.subarray(0, end - start);
        start = end;
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(other, EICAR.slice(0, 40), EICAR.slice(40), "x", EICAR), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        async (parts, cuts) => {
          const content = Buffer.from(parts.join(""));
          expect(await containsEicar(streamed(content, cuts))).toBe(content.includes(EICAR));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("inspecting a file", () => {
  it("never throws, whatever the bytes and the name", async () => {
    const heads = [...Object.values(ALLOWED_FILES), ...Object.values(FORBIDDEN_FILES)].map((file) =>
      file.subarray(0, 600),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(600),
        fc.constantFrom(...Object.keys(ALLOWED_FILES)),
        async (head, bytes, cut, extension) => {
          const content = Buffer.concat([head.subarray(0, cut), bytes]);
          const inspection = await inspectContent(bytesInMemory(content), `a.${extension}`);
          expect(["allowed", "refused"]).toContain(inspection.outcome);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("throws what reading throws, and then knows nothing of the file", async () => {
    for (const content of [
      ALLOWED_FILES["zip"],
      ALLOWED_FILES["txt"],
      ALLOWED_FILES["gz"],
      ALLOWED_FILES["tif"],
    ]) {
      const bytes = content ?? Buffer.alloc(1);
      const source: ByteSource = { size: bytes.byteLength + 3_000_000, read: async () => bytes };
      await expect(inspectContent(source, "a.txt")).rejects.toThrow("the bytes ended");
    }
  });
});
