import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { STATUS_FACTS_MAX } from "../../src/support/request-status.ts";
import {
  TIMELINE_KINDS,
  timelineEntry,
  timelineEntrySchema,
  timelinePage,
  timelinePartSchema,
} from "../../src/support/timeline.ts";
import { requestParams, requestRoute, seenRequest } from "./support-request.ts";

const PAGE_ITEMS = 50;

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function supportRequestActivityEndpoints(app: App) {
  const getActivity = defineEndpoint(
    {
      name: "listSupportRequestActivity",
      method: "GET",
      route: `${requestRoute}/activity`,
      tag: "Support requests",
      summary: "List everything that happened to a support request, newest first",
      description: `Notes, changes of the status, attachments, e-mail, appointments and response targets that were missed: \`type\` says which, and \`link\` leads to it. Of more than ${STATUS_FACTS_MAX} statements of the status the first and the newest ${STATUS_FACTS_MAX - 1} are kept, so changes between them are not listed.`,
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object(pagingQuery(PAGE_ITEMS)),
      responses: {
        200: { description: "A page of the timeline.", schema: listSchema(timelineEntrySchema) },
      },
    },
    async (request) => {
      const { query, url, now } = request;
      const { key, known } = await seenRequest(app, request);
      const scope = { name: "listSupportRequestActivity", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const limit = page.limit + 1;
      const asked = { kinds: TIMELINE_KINDS, after: page.after, limit };
      const found = await app.support.parts.page(key, asked, timelinePartSchema);
      const parts = found.map(({ value }) => value);
      const items = timelinePage(known.value, parts, page.after, limit);
      const { value, ...link } = finishPage(scope, page, items, ({ at, id }) => ({ at, id }));
      return {
        status: 200,
        body: { value: value.map((each) => timelineEntry(each, known.value, url)), ...link },
      };
    },
  );

  return [getActivity];
}
