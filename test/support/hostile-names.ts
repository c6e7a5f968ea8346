/** File names that somebody might try, made by rule out of lists: each kind of trick with each kind of name. */

const TRAVERSALS = [
  "../",
  "..\\",
  "/",
  "\\",
  "../../../etc/",
  "..\\..\\Windows\\",
  "C:\\",
  "C:",
  "//host/share/",
];
const MORE_TRAVERSALS = [
  "\\\\?\\C:\\",
  "file:///",
  "....//",
  "..;/",
  "%2e%2e%2f",
  "%2e%2e/",
  "..%2f",
  "..%5c",
];
const ENCODED_TRAVERSALS = ["%252e%252e%252f", "..%c0%af", "‥/", "．．／", "..∕", "..⁄", "..＼", "~/", "./"];
const ENDS = ["passwd", "report.pdf", ".bashrc", "con", "..", "", "a b.txt", "żółw.png"];

const DEVICES = "CON PRN AUX NUL COM0 COM1 COM9 COM¹ LPT1 LPT² LPT³ CONIN$ CONOUT$ CLOCK$".split(" ");
const DEVICE_ENDS = ["", ".txt", ".tar.gz", " ", ".", " .txt", ":", "::$DATA", ".pdf:stream"];

const INSERTED = [
  ...[
    "\0",
    "\x01",
    "\t",
    "\n",
    "\r\n",
    "\r\nSet-Cookie: a=b",
    "\r\n\r\n<script>",
    "\x1b[31m",
    "\x7f",
    "\x85",
  ],
  ...[
    "\u202e",
    "\u202d",
    "\u200e",
    "\u2066",
    "\u2069",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u00ad",
    "\u2060",
    "\u180e",
  ],
  ...[
    "\u2028",
    "\u2029",
    "\u3164",
    "\u115f",
    "\u034f",
    "\ufffe",
    "\u{1ffff}",
    "\u{e0041}",
    "\ud800",
    "\udc00",
  ],
  ...[
    '"',
    "'",
    "`",
    ";",
    '"; filename="evil.exe',
    "\\",
    "/",
    "%00",
    "%0d%0a",
    "%22",
    "*",
    "?",
    "<b>",
    "|",
    ":",
  ],
  ...[
    "\u00a0",
    "\u3000",
    "\u2003",
    "…",
    "．",
    "／",
    "😀",
    "👨‍👩‍👧",
    "🇪🇸",
    "e\u0301",
    "\u0301",
    "ﷺ",
    "ﬁ",
    "K",
    ";",
  ],
  ...[
    "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
    "ł",
    "ß",
    "İ",
    "数",
    "가",
    "ᄀ",
    "عربي",
    "עברית",
  ],
];
const FRAMES = [
  (text: string) => `${text}report.pdf`,
  (text: string) => `report${text}.pdf`,
  (text: string) => `report.${text}pdf`,
  (text: string) => `report.pdf${text}`,
  (text: string) => text,
];

const FILLERS = [
  "a",
  "ż",
  "数",
  "😀",
  "e\u0301",
  ".",
  " ",
  "a.",
  "\u0301",
  "\u200b",
  "क्",
  "ﷺ",
  "\ud83d",
  "%2e",
];
const LENGTHS = [100, 149, 150, 151, 255, 256, 4_096];

const EXTENSIONS = ["exe", "js", "html", "svg", "lnk", "scr", "pdf.exe", "pdf.js", "tar.gz", "p\u0440f"];
const DOUBLES = [
  "invoice.pdf.%",
  "invoice.pdf .%",
  "invoice.pdf      .%",
  "invoice.%.",
  "invoice.%...",
  "invoice.% ",
];

const product = <A, B, C>(ones: readonly A[], others: readonly B[], make: (one: A, other: B) => C): C[] =>
  ones.flatMap((one) => others.map((other) => make(one, other)));

export const HOSTILE_NAMES: readonly string[] = [
  ...product(
    [...TRAVERSALS, ...MORE_TRAVERSALS, ...ENCODED_TRAVERSALS],
    ENDS,
    (lead, end) => `${lead}${end}`,
  ),
  ...product(DEVICES, DEVICE_ENDS, (device, end) => `${device}${end}`),
  ...product(DEVICES, DEVICE_ENDS, (device, end) => `dir/${device.toLowerCase()}${end}`),
  ...product(INSERTED, FRAMES, (text, frame) => frame(text)),
  ...product(FILLERS, LENGTHS, (filler, length) => filler.repeat(length)),
  ...product(FILLERS, LENGTHS, (filler, length) => `${filler.repeat(length)}.docx`),
  ...product(DOUBLES, EXTENSIONS, (frame, extension) => frame.replace("%", extension)),
];
