/** The pages that show mails. Invariant: nothing in a mail is run, and nothing is fetched for it. */
import type { Answer } from "../http-faults.ts";
import type { MailSummary } from "./kept-mail.ts";

export type OpenedMail = MailSummary & {
  readonly messageId: string | undefined;
  readonly text: string | undefined;
  readonly html: string | undefined;
  readonly attachments: readonly MailAttachment[];
};

type MailAttachment = {
  readonly name: string;
  readonly contentType: string;
  /** As text, which is what this service sends. */
  readonly text: string;
};

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** A mail brings styles in its elements and pictures in itself. */
const MAIL_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

export const STYLE = `
  body { max-width: 60em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: .3em .6em .3em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  tr + tr td { border-top: 1px solid #ddd; }
  form { display: inline-block; margin: 0 1em 1em 0; }
  iframe { width: 100%; height: 36em; border: 1px solid #ddd; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: 1em; }
`;

export function listPage(mails: readonly MailSummary[], to: string | undefined): Answer {
  const rows = mails.map(
    ({ id, receivedAt, to: recipients, subject }) =>
      `<tr><td><time datetime="${escaped(receivedAt)}">${escaped(receivedAt.slice(0, 19).replace("T", " "))}</time></td>` +
      `<td>${escaped(recipients.join(", "))}</td>` +
      `<td><a href="/mails/${id}">${escaped(subject || "(no subject)")}</a></td></tr>`,
  );
  return page("Mailbox", [
    "<h1>Mailbox</h1>",
    `<form method="get" action="/"><label>Recipient <input name="to" type="email" size="36" value="${escaped(to ?? "")}"></label> <button>Show</button></form>`,
    '<form method="post" action="/empty"><button>Empty</button></form>',
    mails.length === 0
      ? "<p>There is no mail.</p>"
      : `<table><thead><tr><th>Received (UTC)</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`,
  ]);
}

export function mailPage(mail: OpenedMail): Answer {
  const { id, subject, from, to, receivedAt, text, html, attachments } = mail;
  const facts = { From: from, To: to.join(", "), Received: receivedAt, "Message-ID": mail.messageId ?? "" };
  return page(subject || "Mail", [
    '<p><a href="/">Mailbox</a></p>',
    `<h1>${escaped(subject || "(no subject)")}</h1>`,
    `<table>${Object.entries(facts)
      .map(([name, value]) => `<tr><th>${name}</th><td>${escaped(value)}</td></tr>`)
      .join("")}</table>`,
    `<p><a href="/messages/${id}/source">Source</a> <a href="/messages/${id}">JSON</a></p>`,
    ...(text === undefined ? [] : [`<h2>Text</h2><pre>${withLinks(text)}</pre>`]),
    ...(html === undefined
      ? []
      : [
          "<h2>HTML</h2><p>Its links do not open here; those of the text do.</p>",
          `<iframe sandbox src="/messages/${id}/html" title="The mail as HTML"></iframe>`,
        ]),
    ...attachments.map(
      (each) =>
        `<h2>${escaped(each.name)}</h2><p>${escaped(each.contentType)}</p><pre>${escaped(each.text)}</pre>`,
    ),
  ]);
}

export function htmlOfMail(html: string): Answer {
  return { status: 200, headers: headers("text/html", MAIL_POLICY), body: html };
}

function page(title: string, body: readonly string[]): Answer {
  const text = [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${escaped(title)}</title><link rel="stylesheet" href="/style.css"></head>`,
    "<body>",
    ...body,
    "</body>",
    "</html>",
    "",
  ].join("\n");
  return { status: 200, headers: headers("text/html", PAGE_POLICY), body: text };
}

/** Of every answer: a type is what it says, nothing is kept, and no address of a mail leaks to where its links lead. */
export function headers(type: string, policy = "default-src 'none'; sandbox") {
  return {
    "content-type": `${type}; charset=utf-8`,
    "content-security-policy": policy,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

const LINK = /https?:\/\/[^\s<>"']+/g;

function withLinks(text: string): string {
  let html = "";
  let at = 0;
  for (const { 0: link, index } of text.matchAll(LINK)) {
    html += `${escaped(text.slice(at, index))}<a href="${escaped(link)}" rel="noopener noreferrer">${escaped(link)}</a>`;
    at = index + link.length;
  }
  return html + escaped(text.slice(at));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
