/** The rows of each grid as they are on the wire, and what all grids are asked by. `select` leaves out columns, so none but the id is promised. */
import * as z from "zod";
import { givenRoleSchema } from "../../src/access/member.ts";
import { unitSchema } from "../../src/agreements/agreement-event.ts";
import { reasonSchema } from "../../src/consumption/entry.ts";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import { listSchema } from "../../src/platform/paging.ts";

const instant = z.iso.datetime();
const text = z.string().nullable();
const eventName = z.object({ source: z.string(), id: z.string() });

export const requestLinkColumn = z.url().nullable().meta({
  description: "The support request that is shown, where the caller can open it.",
});

/** It follows from who asks, and says nothing of what there is. */
export const shownRows = z.enum(["all", "permitted"]).meta({
  description:
    "`permitted`: without what is shown of support requests that the caller may not see, in lists, counts and search; totals are whole all the same. `all`: the caller sees all requests of these workspaces. An incentive-related request is its creator's alone and is absent for everybody else.",
});

const id = { rowId: z.string() };
const delivery = {
  kind: z.enum(["delivery", "reversal"]),
  number: text.meta({ description: "Of the case; null where there is none." }),
  requestLink: requestLinkColumn,
  deliveredAt: instant,
  recordedAt: instant,
  quantity: z.int().meta({ description: "In `unit`; negative for a reversal." }),
  unit: unitSchema,
  agreementId: z.string(),
  packageId: z.string(),
  workspaceId: z.string(),
  event: eventName,
  reverses: eventName.nullable(),
};

const rowOf = <Shape extends z.ZodRawShape>(name: string, shape: Shape) =>
  z.object(shape).partial().extend(id).meta({ id: name });

const caseRowSchema = rowOf("CaseRow", {
  ...delivery,
  type: z.string(),
  title: text,
  product: text,
  severity: text,
  status: text,
  openedAt: instant.nullable(),
  closedAt: instant.nullable(),
  deliveredMinutes: z.int().nullable().meta({ description: "What was delivered, not what was scheduled." }),
  primaryContact: text,
});

const educationRowSchema = rowOf("EducationRow", {
  ...delivery,
  learner: text,
  activityTitle: text,
  format: text,
  product: text,
  level: text,
  language: text,
  startedAt: instant.nullable(),
  completedAt: instant.nullable(),
});

const assessmentRowSchema = rowOf("AssessmentRow", {
  ...delivery,
  assessment: text,
  technology: text,
  status: text,
  lastExecutionAt: instant,
  requestedBy: text,
});

const creditRowSchema = rowOf("CreditRow", {
  ...delivery,
  date: instant,
  engagement: text,
  creditsUsed: z.int(),
  balanceAfter: z.int().nullable().meta({
    description:
      "What was left for all workspaces after this row, rows that are not shown included, in the order of time, deliveries before what takes them back, then of ids, whatever the order of the list; null where the credits are not counted.",
  }),
  status: text,
  expiresOn: z.iso.date(),
});

const otherRowSchema = rowOf("OtherRow", { ...delivery, title: text });

const contactRowSchema = rowOf("ContactRow", {
  name: text,
  email: text,
  roles: z.array(givenRoleSchema),
  status: text,
  supportContactSince: instant,
  workspaceId: z.string(),
  quantity: z.literal(1),
});

export const additionalCaseRowSchema = rowOf("AdditionalCaseRow", {
  kind: delivery.kind,
  number: delivery.number,
  requestLink: requestLinkColumn,
  title: text,
  service: z.string(),
  category: text,
  reasons: z.array(reasonSchema),
  openedAt: instant.nullable(),
  deliveredAt: instant,
  recordedAt: instant,
  quantity: delivery.quantity,
  unit: unitSchema,
  deliveredMinutes: z
    .int()
    .nullable()
    .meta({ description: "Negative for a reversal; null where something else than minutes is counted." }),
  agreementId: text.meta({ description: "As the delivery was booked; null: to none." }),
  workspaceId: z.string(),
  event: eventName,
  reverses: eventName.nullable(),
});

const about = {
  dataAsOf: instant.nullable(),
  rows: shownRows,
};

const gridOf = <Name extends string, Row extends z.ZodType>(name: Name, row: Row) =>
  listSchema(row).extend({ grid: z.literal(name), ...about });

export const gridSchema = z.discriminatedUnion("grid", [
  gridOf("cases", caseRowSchema),
  gridOf("education", educationRowSchema),
  gridOf("contacts", contactRowSchema).extend({
    contacts: z.int().meta({ description: "How many there are in the chosen workspaces." }),
    allowed: z
      .int()
      .nullable()
      .meta({ description: "How many all workspaces may have; null for any number." }),
  }),
  gridOf("assessments", assessmentRowSchema),
  gridOf("credits", creditRowSchema),
  gridOf("other", otherRowSchema),
]);

/** Every column of some grid. */
export const columnNames: readonly string[] = [
  ...new Set(
    [
      caseRowSchema,
      educationRowSchema,
      contactRowSchema,
      assessmentRowSchema,
      creditRowSchema,
      otherRowSchema,
    ].flatMap(({ shape }) => Object.keys(shape)),
  ),
];

/** Of each grid. */
export const columnsOf = {
  cases: Object.keys(caseRowSchema.shape),
  education: Object.keys(educationRowSchema.shape),
  contacts: Object.keys(contactRowSchema.shape),
  assessments: Object.keys(assessmentRowSchema.shape),
  credits: Object.keys(creditRowSchema.shape),
  other: Object.keys(otherRowSchema.shape),
} as const;

const SEARCH_LENGTH_MAX = 100;
export const searchQuery = (description: string) =>
  z.string().trim().min(1).max(SEARCH_LENGTH_MAX).optional().meta({ description });

export type SelectedNames = ReadonlySet<string> | undefined;

/**
 * @param columns all of the grid.
 * @throws InvalidRequestError `InvalidQueryParameterValue` for a name that is none of these.
 */
export function selectedNames(
  select: readonly string[] | undefined,
  columns: readonly string[],
): SelectedNames {
  const unknown = select?.find((name) => !columns.includes(name));
  if (unknown === undefined) return select && new Set(select);
  throw new InvalidRequestError(
    "InvalidQueryParameterValue",
    `select: '${unknown}' is no column of this grid. Columns: ${columns.join(", ")}.`,
    { target: "select" },
  );
}
