/** What clients are shown of attachments, and how they upload them (SR-10). Pure. */
import * as z from "zod";
import { type Attachment, attachmentStateSchema } from "./attachment.ts";
import { refusalMessage } from "./attachment-refusal.ts";
import { contactSchema } from "./request.ts";
import { requestLink } from "./request-view.ts";
import { BLOCK_BYTES, blockIndexOf, type UploadBlock } from "./upload-block.ts";

/** As clients give it. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "must be a SHA-256 in hexadecimal: 64 digits")
  .toLowerCase();

export const attachmentViewSchema = z
  .object({
    attachmentId: z.string(),
    name: z.string().meta({ description: "As it was given, made safe to be the name of a file." }),
    size: z.int().meta({ description: "In bytes." }),
    state: attachmentStateSchema.meta({
      description: "`clean`: it can be downloaded. `refused`: `refusal` says why; nothing of it is kept.",
    }),
    mediaType: z.string().nullable().meta({ description: "By its content. Null until it is `clean`." }),
    sha256: z.string().nullable().meta({ description: "In hexadecimal. Null until it is `clean`." }),
    scan: z.enum(["clean", "notConfigured"]).nullable().meta({
      description: "What the malware scanner said; `notConfigured`: there is none. Null until it is `clean`.",
    }),
    refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: z.iso.datetime(),
    createdBy: contactSchema,
    decidedAt: z.iso.datetime().nullable().meta({ description: "When it became `clean` or `refused`." }),
    link: z.url(),
    contentLink: z.url().nullable().meta({ description: "The file. Null until it is `clean`." }),
  })
  .meta({ id: "SupportRequestAttachment" });

export function attachmentView(attachment: Attachment, requestId: string, url: URL) {
  const { attachmentId, name, size, at, by, progress } = attachment;
  const clean = progress.state === "clean" ? progress : undefined;
  const refused = progress.state === "refused" ? progress : undefined;
  const linkTo = (...rest: readonly string[]): string =>
    requestLink(url, requestId, "attachments", attachmentId, ...rest);
  return {
    attachmentId,
    name,
    size,
    state: progress.state,
    mediaType: clean?.mediaType ?? null,
    sha256: clean?.sha256 ?? null,
    scan: clean?.scan ?? null,
    refusal: refused === undefined ? null : { code: refused.code, message: refusalMessage(refused.code) },
    createdAt: at,
    createdBy: by,
    decidedAt: (clean ?? refused)?.decidedAt ?? null,
    link: linkTo(),
    contentLink: clean === undefined ? null : linkTo("content"),
  };
}

export const HOW_TO_UPLOAD =
  "Send the file in blocks of `blockBytes`, in any order and as often as needed: `PUT {link}&comp=block&blockid={id}` with the bytes, where the id is the block's number in six digits, from `000000`, in base64. " +
  "Then put them together: `PUT {link}&comp=blocklist` with `<BlockList><Latest>{id}</Latest>…</BlockList>` in their order. Then complete the upload here. " +
  "After a break, `blocks` says what has arrived, and `uploadLink` gives a fresh link.";

export const uploadViewSchema = z
  .object({
    link: z.url().meta({
      description:
        "Writes this upload and nothing else, for whoever has it, until it expires; it belongs in no log. What is written after completion makes the attachment refused at worst.",
    }),
    expiresAt: z.iso.datetime(),
    blockBytes: z.int(),
  })
  .meta({ id: "SupportRequestUpload", description: HOW_TO_UPLOAD });

export const uploadView = (link: string, expiresAt: string) => ({ link, expiresAt, blockBytes: BLOCK_BYTES });

export const blocksViewSchema = z
  .object({
    value: z.array(
      z.object({
        blockId: z.string(),
        index: z
          .int()
          .nullable()
          .meta({ description: "Its number. Null where the id is not one of those that are asked for." }),
        size: z.int().meta({ description: "In bytes." }),
      }),
    ),
    arrivedSize: z
      .int()
      .nullable()
      .meta({ description: "In bytes, of what was put together. Null: nothing was so far." }),
  })
  .meta({ id: "SupportRequestUploadBlocks" });

/** More than a file has at the usual size of blocks, and few enough for one answer. */
const BLOCKS_SHOWN_MAX = 1_000;

export function blocksView(blocks: readonly UploadBlock[], arrivedSize: number | null) {
  const value = blocks
    .map(({ blockId, size }) => ({ blockId, index: blockIndexOf(blockId) ?? null, size }))
    .toSorted((left, right) => order(left.index) - order(right.index))
    .slice(0, BLOCKS_SHOWN_MAX);
  return { value, arrivedSize };
}

const order = (index: number | null): number => index ?? Number.MAX_SAFE_INTEGER;
