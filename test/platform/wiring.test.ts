import { once } from "node:events";
import http from "node:http";
import { CosmosClient } from "@azure/cosmos";
import { expect, test } from "vitest";
import * as z from "zod";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { startCosmos } from "../../local/cosmos/server.ts";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { withAgreement } from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { readConfig } from "../../src/platform/config.ts";
import { wire } from "../../src/platform/wiring.ts";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";

const addressSchema = z.object({ port: z.int() });

/** Passes requests on, keeps the session token of each, and stands in the account for what it listens to. */
async function listeningTo(port: number) {
  const tokens: (string | string[] | undefined)[] = [];
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    if (url?.includes("/docs")) tokens.push(headers["x-ms-session-token"]);
    const onward = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const own = String(addressSchema.parse(server.address()).port);
        const body = Buffer.concat(chunks).toString().replaceAll(`:${port}`, `:${own}`);
        const { "content-length": _, ...kept } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, kept).end(body);
      });
    });
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${addressSchema.parse(server.address()).port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { endpoint, tokens, close };
}

test("what the app reads from Cosmos DB is at least as new as what it has read before", async () => {
  await using running = new AsyncDisposableStack();
  const cosmos = await startCosmos({ port: 0 });
  running.defer(() => cosmos.close());
  const { database } = await new CosmosClient(cosmos).databases.createIfNotExists({
    id: "customer-activity",
  });
  const { container } = await database.containers.createIfNotExists({
    id: "customers",
    partitionKey: "/customerId",
  });
  const { data } = JSON.parse(agreementEvent());
  const fact = { time: "2026-01-01T00:00:00.000Z", source: "/contracts", id: "1" };
  await container.items.create(
    withAgreement(undefined, { ...fact, data: agreementEventDataSchema.parse(data) }),
  );
  const between = await listeningTo(cosmos.port);
  running.defer(between.close);

  const settings = { ...(await sampleSettings()), COSMOS_ENDPOINT: between.endpoint, COSMOS_KEY: cosmos.key };
  const app = wire(readConfig(settings));
  const customerId = customerIdSchema.parse(CUSTOMER);
  await app.customers.read(customerId);
  await app.customers.read(customerId);
  expect(between.tokens).toEqual([undefined, expect.stringMatching(/^\d+:/)]);
});
