/**
 * Links of a recipient's own (EX-08). Invariants: a link opens for the person it was made for and nobody else, for
 * 15 minutes; who downloads is in the audit trail before the file can be had.
 */
import * as z from "zod";
import type { Language } from "../agreements/agreement-event.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import { NotFoundError } from "../platform/errors.ts";
import { open, seal } from "../platform/signed-token.ts";
import { fileKeyOf, type Report, type ReportFile, reportFileSchema, reportIdSchema } from "./report.ts";
import { reportAddress } from "./report-address.ts";
import type { ReportFiles } from "./report-files.ts";
import type { ReportStore } from "./report-store.ts";
import { isKept } from "./retention.ts";

/** How long a link of a recipient's own opens. */
export const LINK_MINUTES = 15;
/** How long the store's own link, which is not bound to a person, opens: enough to follow a redirect. */
const STORE_LINK_SECONDS = 60;

const PURPOSE = "reportDownload";

const tokenSchema = z.object({
  customerId: customerIdSchema,
  reportId: reportIdSchema,
  /** As in its address. */
  file: z.string(),
  language: reportFileSchema.shape.language,
  subject: z.string(),
});

/** Who downloads: the `Principal` of the request is one. */
export type Recipient = { readonly subject: string; readonly email?: string };

/** What the audit trail says of a download. */
export type DownloadedFile = {
  readonly file: string;
  readonly language: string;
  readonly version: number;
  readonly sha256: string;
};

export const downloadedFile = (report: Report, file: ReportFile): DownloadedFile => ({
  file: fileKeyOf(file),
  language: file.language,
  version: report.version,
  sha256: file.sha256,
});

export type DownloadAudit = (entry: {
  readonly id: string;
  readonly customerId: CustomerId;
  readonly kind: "auditEntry";
  readonly at: string;
  readonly actor: Recipient;
  readonly action: "reportDownloaded";
  readonly target: string;
  readonly after: DownloadedFile;
}) => Promise<void>;

export type DownloadDependencies = {
  readonly reports: Pick<ReportStore, "read">;
  readonly files: Pick<ReportFiles, "downloadLink">;
  readonly audit: DownloadAudit;
  readonly signingKey: Uint8Array;
  /** How long files are kept, in days. */
  readonly retentionDays: number;
  readonly now: () => string;
  readonly newId: () => string;
};

export type OwnLink = { readonly token: string; readonly expiresAt: string };

/**
 * The text that goes into the recipient's own link, to be given to whoever may read the report, and to nobody else.
 * @throws NotFoundError when the report has no such file.
 */
export function ownLink(
  { signingKey, retentionDays, now }: Pick<DownloadDependencies, "signingKey" | "retentionDays" | "now">,
  recipient: Recipient,
  report: Report,
  { name, language }: FileChoice,
): OwnLink {
  const file = fileOf(report, { name, language }, { now: now(), retentionDays });
  const expiresAt = new Date(Date.parse(now()) + LINK_MINUTES * 60_000);
  const payload = {
    customerId: report.customerId,
    reportId: report.id,
    file: fileKeyOf(file),
    language: file.language,
    subject: recipient.subject,
  };
  return { token: seal(payload, PURPOSE, signingKey, { expiresAt }), expiresAt: expiresAt.toISOString() };
}

export type Download = {
  readonly file: ReportFile;
  /** The store's link, for a redirect. */
  readonly url: string;
};

/** The file that somebody asks for by its address. */
export type AskedFile = Pick<Report, "customerId"> & {
  readonly reportId: string;
  readonly name: string;
  readonly language: Language | undefined;
};

/**
 * Opens a recipient's own link. The caller has made sure that the recipient may still read the report that is asked for.
 * @throws NotFoundError for whatever does not open: another person's, of another file than the one that is asked for,
 * changed, expired, gone.
 */
export async function openDownload(
  dependencies: DownloadDependencies,
  recipient: Recipient,
  { customerId, reportId, name, language }: AskedFile,
  token: string,
): Promise<Download> {
  const { reports, files, audit, signingKey, retentionDays, now, newId } = dependencies;
  const at = now();
  const opened = open(token, PURPOSE, signingKey, new Date(at), tokenSchema);
  if (opened.kind !== "valid") throw new NotFoundError(`a download link is ${opened.kind}`);
  const { payload } = opened;
  if (payload.subject !== recipient.subject || payload.customerId !== customerId)
    throw new NotFoundError("a download link of somebody else");
  const isAsked = payload.reportId === reportId && payload.file === name;
  if (!isAsked || (language !== undefined && payload.language !== language))
    throw new NotFoundError("a download link of another file");
  const report = (await reports.read(customerId, payload.reportId))?.value;
  if (report === undefined) throw new NotFoundError(`no report ${payload.reportId}`);
  const choice = { name: payload.file, language: payload.language };
  const file = fileOf(report, choice, { now: at, retentionDays });
  const { subject, email } = recipient;
  await audit({
    id: newId(),
    customerId,
    kind: "auditEntry",
    at,
    actor: { subject, ...(email === undefined ? {} : { email }) },
    action: "reportDownloaded",
    target: reportAddress(report),
    after: downloadedFile(report, file),
  });
  const url = await storeLink(files, file, at);
  return { file, url };
}

/** For a redirect: whoever has it can read this file for a minute, and nothing else. */
export const storeLink = (
  files: Pick<ReportFiles, "downloadLink">,
  { blobName, fileName }: ReportFile,
  at: string,
): Promise<string> =>
  files.downloadLink(blobName, fileName, new Date(Date.parse(at) + STORE_LINK_SECONDS * 1_000));

/** `language`: the first of the report, unless it is named. */
export type FileChoice = { readonly name: string; readonly language?: Language | undefined };

type Keeping = { readonly now: string; readonly retentionDays: number };

/** @throws NotFoundError when the report has no such file, or it is kept no longer. */
export function fileOf(
  report: Report,
  { name, language = report.languages[0] }: FileChoice,
  { now, retentionDays }: Keeping,
): ReportFile {
  const file =
    report.status === "succeeded" && isKept(report, now, retentionDays)
      ? report.files.find((each) => fileKeyOf(each) === name && each.language === language)
      : undefined;
  if (file === undefined) throw new NotFoundError(`report ${report.id} has no file ${name} in ${language}`);
  return file;
}
