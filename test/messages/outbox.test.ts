import { CosmosClient, type OperationInput } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Stack, startStack } from "../../local/stack.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { messageSchema } from "../../src/messages/message.ts";
import { DELIVERY_TOKEN, openDeliveryToken } from "../../src/subscriptions/delivery-link.ts";
import { until } from "../local/support/commands.ts";
import { contents, someMessage } from "./some-messages.ts";

const listSchema = z.object({ value: z.array(z.object({ id: z.int() })) });
const openedSchema = z.object({ subject: z.string(), text: z.string(), html: z.string() });

describe("the app, with a message in its outbox", () => {
  const running = new AsyncDisposableStack();
  let stack: Stack;
  let client: CosmosClient;
  const logged: string[] = [];

  beforeAll(async () => {
    const given = { MESSAGE_SCHEDULE: "* * * * * *", WEB_CLIENT_URL: "https://client.example/app" };
    stack = await startStack({ port: 0, given, onLog: ({ message }) => logged.push(message) });
    running.defer(() => stack.stop());
    const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "" } = stack.settings;
    client = new CosmosClient({ endpoint, key });
    running.defer(() => client.dispose());
  });
  afterAll(() => running.disposeAsync());

  const container = () => client.database("customer-activity").container("customers");
  const mailsTo = async (email: string) => {
    const list = await (await fetch(`${stack.mail?.url}/messages?to=${email}`)).json();
    return listSchema.parse(list).value;
  };
  const statusOf = async (id: string, customerId: string) =>
    messageSchema.parse((await container().item(id, customerId).read()).resource).status;

  it("delivers it to the mailbox of whom it is for, once, in that person's language", async () => {
    const email = "zofia@cust-t.example";
    const message = someMessage({ to: { email }, language: "pl" });
    await container().items.create(message);
    await until(
      "the message is sent",
      async () => (await statusOf(message.id, message.customerId)) === "sent",
    );
    const mails = await mailsTo(email);
    expect(mails).toHaveLength(1);
    const opened = openedSchema.parse(
      await (await fetch(`${stack.mail?.url}/messages/${mails[0]?.id}`)).json(),
    );
    expect(opened.subject).toBe("Zaproszenie do obszaru roboczego Almazara norte (Aceites Olivar)");
    expect(opened.text).toContain("https://client.example/app/invitations/inv-1");
    expect(opened.html).toContain('<html lang="pl">');
  });

  it("makes a recipient's own link when it sends, which leads to the app itself and is kept and logged nowhere", async () => {
    const email = "rosa@cust-t.example";
    const expiresAt = new Date(Date.now() + 600_000);
    const content = { ...contents.reportReady, expiresAt: expiresAt.toISOString() };
    const message = someMessage({ id: "message~d-1", to: { email }, content });
    await container().items.create(message);
    await until(
      "the message is sent",
      async () => (await statusOf(message.id, message.customerId)) === "sent",
    );
    const [mail] = await mailsTo(email);
    const opened = openedSchema.parse(await (await fetch(`${stack.mail?.url}/messages/${mail?.id}`)).json());
    const link = new URL(/^http\S+reportDeliveries\S+$/m.exec(opened.text)?.[0] ?? "");
    expect(`${link.origin}${link.pathname}`).toBe(`${stack.apiUrl}/api/reportDeliveries/d-1`);

    const token = link.searchParams.get(DELIVERY_TOKEN) ?? "";
    const key = new Uint8Array(Buffer.from(stack.settings["SIGNING_KEY"] ?? "", "base64"));
    expect(openDeliveryToken(key, token, new Date())).toEqual({
      kind: "valid",
      payload: { customerId: message.customerId, deliveryId: "d-1" },
    });
    expect(openDeliveryToken(key, token, expiresAt)).toEqual({ kind: "expired" });

    await (await fetch(link)).arrayBuffer();
    await (await fetch(link, { method: "POST" })).arrayBuffer();
    const { resource } = await container().item(message.id, message.customerId).read();
    await until(
      "the requests are logged",
      async () => logged.filter((line) => /"event":"http"/.test(line)).length > 1,
    );
    const signature = token.slice(token.lastIndexOf(".") + 1);
    expect(signature.length).toBeGreaterThan(40);
    for (const text of [JSON.stringify(resource), ...logged]) expect(text).not.toContain(signature);
  });

  it("delivers none of a transaction that was rolled back", async () => {
    const customerId = customerIdSchema.parse("cust-rolled-back");
    const rolledBack = someMessage({ customerId, to: { email: "nobody@cust-t.example" } });
    const kept = someMessage({
      customerId,
      id: "kept",
      content: contents.welcome,
      to: { email: "kept@cust-t.example" },
    });
    const create = (message: typeof kept): OperationInput => ({
      operationType: "Create",
      resourceBody: JSON.parse(JSON.stringify(message)),
    });
    const conflict = await container().items.batch([create(rolledBack), create(rolledBack)], customerId);
    expect(conflict.code).not.toBe(200);
    await container().items.batch([create(kept)], customerId);
    await until("the other is sent", async () => (await statusOf(kept.id, customerId)) === "sent");
    expect(await mailsTo("nobody@cust-t.example")).toEqual([]);
    expect(await mailsTo("kept@cust-t.example")).toHaveLength(1);
  });
});
