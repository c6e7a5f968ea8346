import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";

export function meEndpoints() {
  const getMe = defineEndpoint(
    {
      name: "getMe",
      method: "GET",
      route: "me",
      tag: "Customers",
      summary: "Get who the caller is and what the caller may do",
      access: { kind: "signedIn" },
      responses: {
        200: {
          description: "The caller.",
          schema: z
            .object({
              subject: z.string(),
              email: z.string().nullable(),
              name: z.string().nullable(),
              applicationRoles: z.array(z.string()),
              customers: z.array(
                z.object({
                  customerId: z.string(),
                  roles: z.array(z.string()),
                  permissions: z.array(z.string()),
                }),
              ),
            })
            .meta({ id: "Me" }),
        },
      },
    },
    async ({ principal, grant }) => ({
      status: 200,
      body: {
        subject: principal.subject,
        email: principal.email ?? null,
        name: principal.name ?? null,
        applicationRoles: principal.roles,
        customers: [...grant.customers.values()].map(({ customerId, roles, permissions }) => ({
          customerId,
          roles,
          permissions: [...permissions].toSorted(),
        })),
      },
    }),
  );
  return [getMe];
}
