/**
 * The kinds of grids (CA-11) and their columns: what rows of each are found, put in order and searched by. Pure.
 * Invariant: a column that rows are found or put in order by is the same for a delivery and for what takes it back, but for
 * the sign of its quantity and when it was recorded.
 */
import type { Service } from "../agreements/agreement-event.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { FieldType, FilterFields } from "../platform/filter.ts";
import { type Order, parseOrderBy } from "../platform/orderby.ts";
import type { CellName } from "./grid-cells.ts";
import { type RowSort, sortPathOf } from "./row-store.ts";

export type Grid = "cases" | "education" | "contacts" | "assessments" | "credits" | "other";
/** A grid whose rows are deliveries and what takes them back. */
export type DeliveryGrid = Exclude<Grid, "contacts">;

export function gridOf(service: Service): Grid {
  switch (service) {
    case "problemResolution":
    case "advisory":
    case "proactive":
    case "designatedSupportEngineering":
      return "cases";
    case "education":
      return "education";
    case "supportContacts":
      return "contacts";
    case "assessment":
      return "assessments";
    case "proactiveCredits":
      return "credits";
    case "other":
      return "other";
  }
}

/** `path`: where a filter finds it over `c`, if that is not where rows are sorted by it. No `sort`: no order. */
type Column =
  | { readonly type: FieldType; readonly sort: RowSort; readonly path?: string }
  | { readonly type: FieldType; readonly sort?: never; readonly path: string };
export type Columns = Readonly<Record<string, Column>>;

/** In a query over `c`. */
export const filterPathOf = (column: Column): string =>
  column.sort === undefined ? column.path : (column.path ?? sortPathOf(column.sort));

const instant = (sort: RowSort): Column => ({ type: "instant", sort });
const text = (sort: RowSort): Column => ({ type: "string", sort });
const amount: Column = { type: "integer", sort: "quantity" };

const common = {
  deliveredAt: instant("deliveredAt"),
  recordedAt: instant("recordedAt"),
  quantity: amount,
  workspaceId: text("workspaceId"),
  number: text("number"),
} satisfies Columns;

/** What is the same on every row of a grid, such as the package, is no column to find rows by, nor is what is computed. */
export const deliveryColumns: Readonly<Record<DeliveryGrid, Columns>> = {
  cases: {
    ...common,
    deliveredMinutes: amount,
    title: text("title"),
    product: text("product"),
    severity: text("severity"),
    status: text("status"),
    openedAt: instant("openedAt"),
    closedAt: instant("closedAt"),
    primaryContact: text("primaryContact"),
  },
  education: {
    ...common,
    learner: text("learner"),
    activityTitle: text("activityTitle"),
    format: text("format"),
    product: text("product"),
    level: text("level"),
    language: text("language"),
    startedAt: instant("startedAt"),
    completedAt: instant("completedAt"),
  },
  assessments: {
    ...common,
    assessment: text("assessment"),
    technology: text("technology"),
    status: text("status"),
    lastExecutionAt: instant("deliveredAt"),
    requestedBy: text("requestedBy"),
  },
  credits: {
    ...common,
    date: instant("deliveredAt"),
    engagement: text("engagement"),
    creditsUsed: amount,
    status: text("status"),
  },
  other: { ...common, title: text("title") },
};

/** Minutes are delivered only where they are what is counted. */
export function columnsOfGrid(grid: DeliveryGrid, unit: string | undefined): Columns {
  const columns = deliveryColumns[grid];
  if (grid !== "cases" || unit === undefined || unit === "minutes") return columns;
  return Object.fromEntries(Object.entries(columns).filter(([name]) => name !== "deliveredMinutes"));
}

/** The agreement of a ledger: a parameter of each query, since it is the same for all rows there. */
export const LEDGER_AGREEMENT = "@agreementId";

/** Only these two services have additional cases (CA-14). */
const SERVICE = "(STARTSWITH(c.account, 'a:advisory:') ? 'advisory' : 'problemResolution')";
const MINUTES = "(ENDSWITH(c.account, ':minutes') ? c.quantity : null)";

export const additionalColumns: Columns = {
  ...common,
  deliveredMinutes: { ...amount, path: MINUTES },
  title: text("title"),
  category: text("category"),
  openedAt: instant("openedAt"),
  service: { type: "string", path: SERVICE },
  agreementId: { type: "string", path: LEDGER_AGREEMENT },
};
export const additionalSearched: readonly CellName[] = ["number", "title"];

export const orderedNames = (columns: Columns): readonly string[] =>
  Object.entries(columns).flatMap(([name, { sort }]) => (sort === undefined ? [] : name));

/** The cells in which `search` looks. */
export const searchedCells: Readonly<Record<DeliveryGrid, readonly CellName[]>> = {
  cases: ["number", "title", "product", "primaryContact"],
  education: ["number", "learner", "activityTitle", "product"],
  assessments: ["number", "assessment"],
  credits: ["number", "engagement"],
  other: ["number", "title"],
};

export const contactFields = {
  name: "string",
  email: "string",
  roles: "string",
  status: "string",
  supportContactSince: "instant",
  workspaceId: "string",
} as const satisfies FilterFields;
export type ContactField = keyof typeof contactFields;

export const fieldsOf = (columns: Columns): FilterFields =>
  Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));

/** What a filter takes in each grid, for whoever reads the contract. */
export const filterNames: string = Object.entries({ ...deliveryColumns, contacts: contactFields })
  .map(([grid, columns]) => `${grid}: ${Object.keys(columns).join(", ")}`)
  .join("; ");

/**
 * Every order needs an index of its own, so a grid is sorted by one field; the row's id makes it total.
 * @throws InvalidRequestError `InvalidOrderBy`.
 */
export function oneOrder<Field extends string>(
  orderby: string | undefined,
  fields: readonly Field[],
  byDefault: Order<Field>,
): Order<Field> {
  if (orderby === undefined) return byDefault;
  const [order, ...others] = parseOrderBy(orderby, fields);
  if (order === undefined || others.length > 0) {
    throw new InvalidRequestError("InvalidOrderBy", "orderby: name exactly one field.", {
      target: "orderby",
    });
  }
  return order;
}
