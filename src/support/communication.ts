/**
 * One e-mail of a request's activity (SR-11). Pure. Invariant: its text is in the event that brought it and nowhere else, so
 * that lists stay light whatever the length of texts.
 */
import * as z from "zod";
import { entryIdOf } from "../consumption/entry.ts";
import type { CommunicatedEvent } from "../consumption/event.ts";
import { requestCommunicatedDataSchema } from "../consumption/request-event.ts";
import { deskLine, deskText } from "./desk-text.ts";
import { MAIL_BODY_LENGTH_MAX, sanitizedMailHtml, snippetOf, textOfHtml } from "./mail-body.ts";
import type { RequestNumber } from "./request.ts";
import type { RequestEventFact } from "./request-event.ts";
import { partShape } from "./request-part.ts";

const SUBJECT_LENGTH_MAX = 1_024;
const ADDRESS_LENGTH_MAX = 512;

export const COMMUNICATION_KIND = "requestCommunication";
/** See `entryIdOf`. */
export const communicationIdSchema = z.string().regex(/^[\w-]{22}$/);

export const communicationSchema = z.object({
  ...partShape,
  kind: z.literal(COMMUNICATION_KIND),
  communicationId: z.string(),
  /** `inbound`: from the customer. */
  direction: z.enum(["inbound", "outbound"]),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  subject: z.string(),
  /** The beginning of the text, in one line. */
  snippet: z.string(),
});
export type Communication = z.infer<typeof communicationSchema>;

export const communicationDocumentId = (number: RequestNumber, communicationId: string): string =>
  `${COMMUNICATION_KIND}~${number}~${communicationId}`;

export function communicationOf(event: CommunicatedEvent): Communication {
  const { customerId, number, direction, from, to, cc, subject } = event.data;
  const communicationId = entryIdOf(event);
  const shown = (address: string): string => deskLine(address, ADDRESS_LENGTH_MAX);
  return {
    id: communicationDocumentId(number, communicationId),
    customerId,
    requestNumber: number,
    kind: COMMUNICATION_KIND,
    at: event.sentAt,
    communicationId,
    direction,
    from: shown(from),
    to: to.map(shown),
    cc: cc.map(shown),
    subject: deskLine(subject ?? "", SUBJECT_LENGTH_MAX),
    snippet: snippetOf(bodyOf(event.data).text),
  };
}

export type MailBody = {
  readonly messageId: string | null;
  readonly text: string;
  /** Safe inside a page; null where it came as text alone. */
  readonly html: string | null;
};

const sentBodySchema = requestCommunicatedDataSchema.pick({ body: true, bodyType: true, messageId: true });
type SentBody = z.infer<typeof sentBodySchema>;

/** @throws ZodError for an event of another type. */
export const mailBodyOf = ({ event }: RequestEventFact): MailBody => bodyOf(sentBodySchema.parse(event.data));

function bodyOf({ body, bodyType, messageId }: SentBody): MailBody {
  const id = deskLine(messageId ?? "", ADDRESS_LENGTH_MAX) || null;
  return bodyType === "html"
    ? { messageId: id, text: textOfHtml(body), html: sanitizedMailHtml(body) }
    : { messageId: id, text: deskText(body, MAIL_BODY_LENGTH_MAX), html: null };
}
