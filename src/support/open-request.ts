/** How a request comes about through the API (SR-03, SR-04, SR-06). Pure. */
import { createHash } from "node:crypto";
import { auditEntry, type Doing } from "../access/audit-entry.ts";
import type { Language } from "../agreements/agreement-event.ts";
import type { AgreementId, WorkspaceId } from "../agreements/ids.ts";
import type { Decided } from "./change-request.ts";
import {
  type Contact,
  OWN_WORDS_MAX,
  type RequestNumber,
  requestDocumentId,
  requestIdOf,
  requestNumberSchema,
  type Severity,
  type SupportRequest,
  severityRank,
} from "./request.ts";
import { noResponses } from "./request-responses.ts";
import { wordsOf } from "./search-words.ts";

export type OpenedRequest = {
  readonly title: string;
  readonly description: string;
  readonly problemType: string;
  readonly product: string | null;
  readonly severity: Severity;
  readonly primaryContact: Contact;
  readonly workspaceId: WorkspaceId;
  readonly agreementId: AgreementId | null;
  readonly country: string | null;
  readonly language: Language;
  readonly isIncentiveRelated: boolean;
  readonly sharedWith: readonly string[];
  readonly groupId: string | null;
};

const NUMBER_LENGTH = 12;
/** Digits and capitals that are not mistaken for one another when somebody reads them out. */
const NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Follows from the request to open it, so that a repeat of that finds what the first one opened. */
export function newRequestNumber({ customerId, key }: Doing): RequestNumber {
  const digest = createHash("sha256").update(`request\n${customerId}\n${key}`).digest();
  const letters = [...digest.subarray(0, NUMBER_LENGTH)].map(
    (byte) => NUMBER_ALPHABET[byte % NUMBER_ALPHABET.length],
  );
  return requestNumberSchema.parse(`SR-${letters.join("")}`);
}

/** @param createdBy address of who opens it, in lower case. */
export function openRequest(
  doing: Doing,
  number: RequestNumber,
  createdBy: string,
  opened: OpenedRequest,
): NonNullable<Decided> {
  const { customerId, at } = doing;
  const { title, description, sharedWith, severity, ...rest } = opened;
  const after: SupportRequest = {
    id: requestDocumentId(number),
    customerId,
    kind: "supportRequest",
    number,
    title,
    description,
    ...rest,
    severity,
    severityRank: severityRank[severity],
    status: "open",
    statusFacts: [{ at, status: "open", factId: `opened~${number}`, by: createdBy }],
    createdAt: at,
    changedAt: at,
    closedAt: null,
    createdBy,
    contacts: [],
    advocate: null,
    sharedWith: [...sharedWith],
    outsideSends: [],
    responses: noResponses,
    upstream: null,
    words: [...ownWords({ number, title, description })],
    noteWords: [],
    noteCount: 0,
    attachmentCount: 0,
    attachmentsEver: 0,
    appointment: null,
    nextTargetCheckAt: null,
    revision: 1,
  };
  return { after, audit: [requestAudit(doing, "supportRequestOpened", undefined, after)] };
}

/** The words that search finds the request by, besides those of its notes. */
export const ownWords = ({
  number,
  title,
  description,
}: Pick<SupportRequest, "number" | "title" | "description">): readonly string[] =>
  wordsOf([number, title, description], OWN_WORDS_MAX);

type RequestAction = Extract<
  Parameters<typeof auditEntry>[1]["action"],
  `supportRequest${string}` | `appointment${string}`
>;

/** What the trail says of a request: who may see it and how it stands, and none of its texts. */
const audited = (request: SupportRequest) => ({
  number: request.number,
  status: request.status,
  severity: request.severity,
  advocate: request.advocate?.email ?? null,
  primaryContact: request.primaryContact?.email ?? null,
  sharedWith: request.sharedWith,
  groupId: request.groupId,
  contacts: request.contacts.map(({ email }) => email),
  createdBy: request.createdBy,
  workspaceId: request.workspaceId,
  agreementId: request.agreementId,
  isIncentiveRelated: request.isIncentiveRelated,
});

/** @param facts what besides the request was changed, such as a note. SR-06: of some the creator alone is told. */
export function requestAudit(
  doing: Doing,
  action: RequestAction,
  before: SupportRequest | undefined,
  after: SupportRequest,
  facts: { readonly target?: string; readonly before?: unknown; readonly after?: unknown } = {},
) {
  const target = `/supportRequests/${requestIdOf(after)}${facts.target ?? ""}`;
  const isAboutPart = facts.target !== undefined;
  return {
    ...auditEntry(doing, {
      action,
      target,
      workspaceId: after.workspaceId,
      ...(before === undefined || isAboutPart ? {} : { before: audited(before) }),
      ...(isAboutPart ? {} : { after: audited(after) }),
      ...(facts.before === undefined ? {} : { before: facts.before }),
      ...(facts.after === undefined ? {} : { after: facts.after }),
    }),
    requestNumber: after.number,
    ...onlyFor([after, before]),
  };
}

/** Also of what was, or is now, for its creator alone. */
function onlyFor(versions: readonly (SupportRequest | undefined)[]): { onlyFor?: string } {
  const hidden = versions.find((each) => each?.isIncentiveRelated);
  return hidden === undefined ? {} : { onlyFor: hidden.createdBy ?? "" };
}
