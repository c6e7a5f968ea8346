import { parseArgs } from "node:util";
import { readState } from "../state-file.ts";
import { APPLICATION_ROLES, tokenRequest } from "../tokens/claims.ts";
import { requestToken } from "../tokens/request-token.ts";

const USAGE = `Usage: npm run --silent token -- EMAIL [--role ROLE ...] [--name NAME] [--personal]

Prints a bearer token of the running local stack, valid for one hour, and nothing else.
Any e-mail address works; what it may see is what the data says of it.

  --role ROLE   an application role, repeatable: ${APPLICATION_ROLES.join(", ")}
  --name NAME   the person's name; without it, the address
  --personal    signed in with a personal account, and not with one of work or school`;

/** Prints the token alone on stdout, so that it can be used in a command line as it is. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      role: { type: "string", multiple: true },
      name: { type: "string" },
      personal: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [email, ...rest] = positionals;
  if (email === undefined || rest.length > 0) throw new Error(`One e-mail address, please.\n\n${USAGE}`);
  const { name, role: roles, personal } = values;
  const request = tokenRequest.safeParse({ email, name, roles, personal });
  if (!request.success) throw new Error(explain(request.error.issues));
  const state = await readState();
  if (state === undefined) throw new Error('No local stack is running. Start it with "npm start"');
  if (state.issuer === undefined)
    throw new Error("The running stack uses another token issuer: ask that one");
  console.log(await requestToken(state.issuer, request.data));
  return 0;
}

function explain(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  const roles = APPLICATION_ROLES.join(", ");
  return issues
    .map(({ path, message }) =>
      path[0] === "roles" ? `A role is one of ${roles}` : `${String(path[0])}: ${message}`,
    )
    .join("\n");
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
