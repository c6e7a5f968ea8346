/** What people were sent by e-mail, and what only the support desk can say of a request. */
import { CosmosClient } from "@azure/cosmos";
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { requestDocumentId, supportRequestSchema } from "../../../src/support/request.ts";
import { CUSTOMER } from "../../fakes/events.ts";
import type { OpenedRequest, SupportWorld } from "./support-world.ts";

const listSchema = z.object({ value: z.array(z.object({ id: z.int(), subject: z.string() })) });
const mailSchema = z.object({ subject: z.string(), text: z.string(), html: z.string() });
export type Mail = z.infer<typeof mailSchema>;

/** All that was sent to somebody about a request, oldest first, once nothing is on its way any more. */
export async function mailsAbout(
  { api }: SupportWorld,
  { number }: OpenedRequest,
  { email }: TokenRequest,
): Promise<readonly Mail[]> {
  await api.drained();
  const url = api.stack.mail?.url ?? "";
  const list = await fetch(`${url}/messages?to=${encodeURIComponent(email ?? "")}`);
  const mails: Mail[] = [];
  for (const { id, subject } of listSchema.parse(await list.json()).value) {
    if (!subject.includes(number)) continue;
    mails.unshift(mailSchema.parse(await (await fetch(`${url}/messages/${id}`)).json()));
  }
  return mails;
}

/** Writes the advocate into the request, as an event of the support desk does. */
export async function assignAdvocate(
  { api }: SupportWorld,
  { number }: OpenedRequest,
  advocate: TokenRequest,
): Promise<void> {
  const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "", COSMOS_DATABASE = "" } = api.stack.settings;
  const client = new CosmosClient({ endpoint, key });
  const container = client.database(COSMOS_DATABASE).container("customers");
  const item = container.item(requestDocumentId(supportRequestSchema.shape.number.parse(number)), CUSTOMER);
  const known = supportRequestSchema.parse((await item.read()).resource);
  await item.replace({ ...known, advocate: { name: "Alma Advocate", email: advocate.email } });
  client.dispose();
}
