import { describe, expect, it } from "vitest";
import { readInvitationCsv } from "../../src/access/invitation-csv.ts";
import { INVITATIONS_AT_ONCE_MAX, invitePeople } from "../../src/access/invite-people.ts";
import { DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { messageSchema } from "../../src/messages/message.ts";
import { agreementEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { CUSTOMER_ID, doing } from "./given.ts";
import { accessTo, recordEvents } from "./world.ts";

const read = (text: string) => readInvitationCsv(new TextEncoder().encode(text));
const request = (members: Record<string, unknown>) => ({ roles: [], permissions: [], ...members });
const ana = { line: 2, request: request({ email: "ana@cust.example" }) };
const EVERY_COLUMN = "email,name,language,roles,permissions";

describe("a list of people as a spreadsheet writes it", () => {
  it.each([
    ["lines that end in LF", "email\nana@cust.example\n"],
    ["lines that end in CRLF", "email\r\nana@cust.example\r\n"],
    ["lines that end in either", "email\r\nana@cust.example\n"],
    ["a last line without an end", "email\r\nana@cust.example"],
    ["a byte order mark", "\uFEFFemail\r\nana@cust.example"],
    ["quotes around everything", '"email"\r\n"ana@cust.example"\r\n'],
    ["a byte order mark before quotes", '\uFEFF"email"\r\n"ana@cust.example"\r\n'],
    ["capitals and spaces", " EMail \n Ana@Cust.Example \n"],
  ])("is read with %s", (_what, text) => {
    expect(read(text)).toEqual([ana]);
  });

  it.each([",", ";"])("is read with fields separated by %s", (separator) => {
    const line = [
      "Ana@cust.example",
      '"Ruiz, Ana; ""la jefa"""',
      "pl",
      "learningManager",
      "inviteUsers manageGroups",
    ];
    const text = `${EVERY_COLUMN.replaceAll(",", separator)}\r\n${line.join(separator)}\r\n`;
    expect(read(text)).toEqual([
      {
        line: 2,
        request: {
          email: "ana@cust.example",
          name: 'Ruiz, Ana; "la jefa"',
          language: "pl",
          roles: ["learningManager"],
          permissions: ["inviteUsers", "manageGroups"],
        },
      },
    ]);
  });

  it("may name its columns in any order and leave fields empty", () => {
    expect(read("name,email,roles,language\n,ana@cust.example,,\n")).toEqual([ana]);
    expect(read("name,email\n   ,ana@cust.example\n")).toEqual([ana]);
  });

  it("keeps a name as it is written, also one that a spreadsheet would take for a formula", () => {
    const name = "=HYPERLINK(1)+@x";
    expect(read(`email,name\nana@cust.example,${name}\n`)).toEqual([
      { line: 2, request: request({ email: "ana@cust.example", name }) },
    ]);
  });

  it.each([
    ["", "no line at all"],
    ["\n\n", "empty lines alone"],
    ["email\n", "no line to invite anybody"],
    ["name\nAna\n", "no column email"],
    ["email,phone\nana@cust.example,1\n", "a column that nobody knows"],
    ["email,email\na@cust.example,b@cust.example\n", "a column twice"],
    ["ana@cust.example\n", "no names of columns"],
    ['email\n"ana@cust.example\n', "a quote that is not closed"],
    ['email\nana"x"@cust.example\n', "a quote in the middle of a field"],
  ])("is refused as a whole: %j, %s", (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "InvalidCsv" }));
  });

  it("is refused where it is not in UTF-8, also where only one byte is not", () => {
    const latin1 = Buffer.from("email,name\nana@cust.example,Ñandú\n", "latin1");
    const utf16 = Buffer.from("\uFEFFemail\nana@cust.example\n", "utf16le");
    for (const bytes of [latin1, utf16])
      expect(() => readInvitationCsv(bytes)).toThrow(expect.objectContaining({ code: "InvalidCsv" }));
  });

  it("takes 500 lines and refuses 501", () => {
    const lines = (count: number): string =>
      ["email", ...Array.from({ length: count }, (_, index) => `p${index}@cust.example`)].join("\n");
    expect(read(lines(INVITATIONS_AT_ONCE_MAX))).toHaveLength(INVITATIONS_AT_ONCE_MAX);
    expect(() => read(lines(INVITATIONS_AT_ONCE_MAX + 1))).toThrow(
      expect.objectContaining({ code: "InvalidCsv" }),
    );
  });

  it.each([
    ["ana,,,,", "email"],
    [",Ana,,,", "email"],
    ["ana@cust.example,,de,,", "language"],
    ["ana@cust.example,,,supportContact,", "roles"],
    ["ana@cust.example,,,servicesAdmin,", "roles"],
    ["ana@cust.example,,,,everything", "permissions"],
    [`ana@cust.example,${"x".repeat(257)},,,`, "name"],
    ["ana@cust.example", "the line has 1 fields"],
    ["ana@cust.example,,,,,", "the line has 6 fields"],
  ])("has a result of its own for a bad line, and the others theirs: %s", (line, about) => {
    const [first, bad, last] = read(`${EVERY_COLUMN}\na@cust.example,,,,\n${line}\nz@cust.example,,,,\n`);
    expect(first).toMatchObject({ line: 2, request: { email: "a@cust.example" } });
    expect(bad).toMatchObject({ line: 3, code: "InvalidLine", message: expect.stringContaining(about) });
    expect(last).toMatchObject({ line: 4, request: { email: "z@cust.example" } });
  });

  it("counts its lines as an editor does, empty ones and those inside quotes too", () => {
    const text = 'email,name\r\na@cust.example,A\r\n\r\nb@cust.example,"B\r\nB"\r\nc@cust.example,C\r\n';
    expect(read(text).map(({ line }) => line)).toEqual([2, 5, 6]);
  });
});

describe("inviting the people of a list", () => {
  const lines = [
    "ana@cust-t.example,Ana,,learningManager,",
    "not an address,,,,",
    "bea@gmail.com,,,,",
    "contact@cust-t.example,,,,",
    "carl@cust-t.example,,pl,,customerActivity",
    "ANA@cust-t.example,,,,",
    "dora@cust-t.example,=1+1,,,",
  ];
  const list = read([EVERY_COLUMN, ...lines].join("\n"));

  async function invited(mayGive: boolean) {
    const stores = memoryStores();
    await recordEvents(stores, [agreementEvent()]);
    const where = { customerId: CUSTOMER_ID, workspaceId: DEFAULT_WORKSPACE_ID, actorName: undefined };
    const send = async (key: string) => {
      const results = await invitePeople(accessTo(stores), { ...where, doing: doing(key) }, list, mayGive);
      return results.map(({ line, outcome, error }) => `${line} ${error?.code ?? outcome}`);
    };
    return { stores, send };
  }

  it("has one result for each line, in order; a second time nobody is invited again", async () => {
    const { stores, send } = await invited(true);
    const others = ["3 InvalidLine", "4 PersonalAccountRefused", "5 alreadyMember", "7 RepeatedLine"];
    expect(await send("first")).toEqual([
      "2 invited",
      ...others.slice(0, 3),
      "6 invited",
      "7 RepeatedLine",
      "8 invited",
    ]);
    const before = stores.messages().length;
    expect(await send("second")).toEqual([
      "2 alreadyInvited",
      ...others.slice(0, 3),
      "6 alreadyInvited",
      "7 RepeatedLine",
      "8 alreadyInvited",
    ]);
    expect(stores.messages()).toHaveLength(before);
    expect(stores.messages().find(({ to }) => to.email === "carl@cust-t.example")?.language).toBe("pl");
    for (const message of stores.messages()) expect(messageSchema.safeParse(message).success).toBe(true);
    checkDirectory(stores);
  });

  it("gives roles and permissions only where the sender may give them", async () => {
    const { stores, send } = await invited(false);
    expect(await send("first")).toEqual([
      "2 MayNotGiveRoles",
      "3 InvalidLine",
      "4 PersonalAccountRefused",
      "5 alreadyMember",
      "6 MayNotGiveRoles",
      "7 RepeatedLine",
      "8 invited",
    ]);
    expect(documentsOf(stores, "member").filter(({ status }) => status === "invited")).toHaveLength(1);
  });
});
