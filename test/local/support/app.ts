import { app } from "@azure/functions";
import * as z from "zod";

/** The least app that a local stack can run: it is healthy, shows its settings, and takes events into its memory. */
const recorded = new Set<string>();

app.http("health", {
  route: "health",
  methods: ["GET"],
  authLevel: "anonymous",
  handler: () => ({ status: 200 }),
});

app.http("settings", {
  route: "settings",
  methods: ["GET"],
  authLevel: "anonymous",
  handler: () => ({ jsonBody: process.env }),
});

app.http("events", {
  route: "events",
  methods: ["POST"],
  authLevel: "anonymous",
  handler: async (request) => {
    const events = z.array(z.looseObject({ id: z.string() })).parse(JSON.parse(await request.text()));
    const value = events.map(({ id }, index) => ({ index, id, status: "accepted", receipt: id }));
    return { status: 202, jsonBody: { value } };
  },
});

app.http("outcomes", {
  route: "events/outcomes",
  methods: ["POST"],
  authLevel: "anonymous",
  handler: async (request) => {
    const { receipts } = z.object({ receipts: z.array(z.string()) }).parse(await request.json());
    const value = receipts.map((receipt) => {
      const status = recorded.has(receipt) ? "repeated" : "recorded";
      recorded.add(receipt);
      return { receipt, status };
    });
    return { status: 200, jsonBody: { value } };
  },
});
