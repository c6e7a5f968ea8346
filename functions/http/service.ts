import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";

export function serviceEndpoints() {
  const getHealth = defineEndpoint(
    {
      name: "getHealth",
      method: "GET",
      route: "health",
      tag: "Service",
      summary: "Tell whether the app answers",
      access: { kind: "anonymous" },
      versioned: false,
      responses: {
        200: { description: "It does.", schema: z.object({ status: z.literal("healthy") }) },
      },
    },
    async () => ({ status: 200, body: { status: "healthy" as const } }),
  );
  return [getHealth];
}
