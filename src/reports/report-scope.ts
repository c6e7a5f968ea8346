/**
 * What a report is of: an agreement's proof of delivery, or what was learnt in some workspaces or at the whole customer.
 * Pure. Invariant: equal scopes have equal texts, and different ones different texts, as part of a document's id too.
 */
import * as z from "zod";
import { agreementIdSchema, workspaceIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";

/** Workspaces that one education report names. */
export const SCOPE_WORKSPACES_MAX = 50;

const cpodScopeSchema = z.strictObject({
  reportKind: z.literal("cpod"),
  agreementId: agreementIdSchema,
});
const educationScopeSchema = z.strictObject({
  reportKind: z.literal("education"),
  workspaceIds: z
    .array(workspaceIdSchema)
    .min(1)
    .max(SCOPE_WORKSPACES_MAX)
    .nullable()
    .default(null)
    .meta({ description: "null: all of the customer." }),
});

export const reportScopeSchema = z.discriminatedUnion("reportKind", [cpodScopeSchema, educationScopeSchema]);
export type ReportScope = z.infer<typeof reportScopeSchema>;
export type EducationScope = z.infer<typeof educationScopeSchema>;
export type ReportKind = ReportScope["reportKind"];

/** Workspaces each once and in order, so that the same choice is the same scope. */
export const normalizedScope = (scope: ReportScope): ReportScope =>
  scope.reportKind === "cpod" || scope.workspaceIds === null
    ? scope
    : { ...scope, workspaceIds: [...new Set(scope.workspaceIds)].toSorted() };

/** Readable, as far as its length is known: for ids that people meet. */
export function scopeText(scope: ReportScope): string {
  if (scope.reportKind === "cpod") return `cpod-${scope.agreementId}`;
  return `education-${scope.workspaceIds === null ? "all" : digest(scope.workspaceIds.toSorted().join("\n"))}`;
}
