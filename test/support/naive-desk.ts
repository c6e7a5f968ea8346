/** A request as the words of the contract have it: all events sorted, then gone through from the oldest to the newest. */

export type Json = Readonly<Record<string, unknown>>;
export type DeskEvent = {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly data: Json;
};
export type LocalStatus = { readonly at: string; readonly status: string };

export type Opening = {
  readonly fields: Json;
  readonly at: string;
};

const FIELDS = [
  "title",
  "description",
  "problemType",
  "product",
  "severity",
  "advocate",
  "workspaceId",
  "agreementId",
  "country",
  "language",
  "isIncentiveRelated",
];
const OF_THE_OPENING = ["createdBy", "primaryContact"];

const utc = (time: unknown): string => new Date(String(time)).toISOString();
const versionOf = ({ data }: DeskEvent): number =>
  typeof data["version"] === "number" ? data["version"] : -1;

const oldestFirst = (left: DeskEvent, right: DeskEvent): number =>
  versionOf(left) - versionOf(right) ||
  utc(left.time).localeCompare(utc(right.time)) ||
  (left.id < right.id ? -1 : 1);

type Stated = { readonly at: string; readonly version?: number };

/** What the support desk knew better at that time. */
const overrules = (one: Stated, other: Stated): boolean =>
  one.version !== undefined &&
  other.version !== undefined &&
  one.version > other.version &&
  one.at <= other.at;

/** @returns undefined where nobody ever said that there is such a request. */
export function expectedRequest(
  opening: Opening | undefined,
  events: readonly DeskEvent[],
  local: readonly LocalStatus[],
): Json | undefined {
  const upserted = events.filter(({ type }) => type.includes("upserted")).toSorted(oldestFirst);
  const answers = events
    .filter(({ data }) => data["direction"] === "outbound")
    .map(({ data }) => utc(data["sentAt"]))
    .toSorted();
  if (opening === undefined && upserted.length === 0) return undefined;

  const fields: Record<string, unknown> = opening === undefined ? { ...NOTHING_SAID } : { ...opening.fields };
  for (const { data } of upserted) {
    for (const name of [...FIELDS, ...(opening === undefined ? OF_THE_OPENING : [])])
      if (name in data) fields[name] = data[name];
    if ("contacts" in data) fields["contacts"] = data["contacts"];
  }

  const openedAt = upserted.findLast(({ data }) => "openedAt" in data)?.data["openedAt"];
  const firstAt = upserted.map(({ time }) => utc(time)).toSorted()[0];
  const createdAt = opening?.at ?? (openedAt === undefined ? firstAt : utc(openedAt));

  const stated = [
    ...(opening === undefined ? [] : [{ at: opening.at, status: "open", rank: "" }]),
    ...upserted.map((event, index) => ({
      at: utc(event.time),
      status: String(event.data["status"]),
      rank: `b${String(index).padStart(3, "0")}`,
      version: versionOf(event),
    })),
    ...local.map((each) => ({ ...each, rank: "a" })),
  ].toSorted((left, right) => left.at.localeCompare(right.at) || left.rank.localeCompare(right.rank));
  const standing = stated.filter((each) => !stated.some((other) => overrules(other, each)));
  const changes = standing.filter(({ status }, index) => status !== standing[index - 1]?.status);

  const touched = [
    ...(opening === undefined ? [] : [opening.at]),
    ...upserted.map(({ data, time }) => utc(data["changedAt"] ?? time)),
    ...answers,
    ...local.map(({ at }) => at),
  ].toSorted();
  return {
    ...fields,
    createdAt,
    changedAt: touched.at(-1),
    status: standing.at(-1)?.status,
    closedAt: changes.findLast(({ status }) => status === "closed")?.at ?? null,
    changes: changes.map(({ at, status }) => `${at} ${status}`),
    responses: { firstAt: answers[0] ?? null, lastAt: answers.at(-1) ?? null },
    revision: (opening === undefined ? 0 : 1) + upserted.length + answers.length + local.length,
  };
}

const NOTHING_SAID = {
  title: "",
  description: "",
  problemType: null,
  product: null,
  advocate: null,
  workspaceId: "ws-default",
  agreementId: null,
  country: null,
  language: "es",
  isIncentiveRelated: false,
  createdBy: null,
  primaryContact: null,
  contacts: [],
};
