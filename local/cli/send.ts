import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import * as z from "zod";
import { createEventsClient } from "../send/client.ts";
import { createProgressView } from "../send/progress.ts";
import { MAX_BATCH_EVENTS, sendEvents } from "../send/send-events.ts";
import { newTally, summarize } from "../send/tally.ts";
import { interruptOnSignals } from "../signals.ts";
import { readState } from "../state-file.ts";
import { requestToken } from "../tokens/request-token.ts";

const SENDER_EMAIL = "upstream@customer-activity.example";

const USAGE = `Usage: npm run send -- FILE [--to URL] [--token TOKEN] [--batch N]

Sends a file of CloudEvents, one JSON event a line, to the ingest endpoint and waits until each is recorded.

  --to URL        where the API is, without /api; default: the running local stack
  --token TOKEN   a bearer token with the role Events.Send; default: one of the local issuer
  --batch N       events in a request, 1 to ${MAX_BATCH_EVENTS}; default ${MAX_BATCH_EVENTS}

Nothing is kept on disk. Stopped half-way and started again, it sends everything again; what was recorded before
counts as repeated and changes nothing. A line that is no JSON is reported and the rest goes on.

Ends with 0 when all is accepted or repeated, 1 when something is rejected, 2 when it could not run or finish, 130
after Ctrl-C.`;

const TEXT_OPTION = { type: "string" } as const;
const batchSize = z.coerce.number().int().min(1).max(MAX_BATCH_EVENTS);

type Target = { readonly apiUrl: string; readonly token: (fresh: boolean) => Promise<string> };

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      to: TEXT_OPTION,
      token: TEXT_OPTION,
      batch: TEXT_OPTION,
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new Error(`One file, please.\n\n${USAGE}`);
  const batch = batchSize.safeParse(values.batch ?? MAX_BATCH_EVENTS);
  if (!batch.success) throw new Error(`--batch is a number from 1 to ${MAX_BATCH_EVENTS}`);
  const { size } = await stat(file);
  return send(file, size, await findTarget(values.to, values.token), batch.data);
}

async function findTarget(to: string | undefined, token: string | undefined): Promise<Target> {
  const state = await readState();
  const apiUrl = to ?? state?.apiUrl;
  if (apiUrl === undefined) {
    throw new Error(
      'No local stack is running. Start it with "npm start", or say --to URL and --token TOKEN',
    );
  }
  if (!URL.canParse(apiUrl)) throw new Error(`--to is a URL such as https://example.org, not ${apiUrl}`);
  if (token !== undefined) return { apiUrl, token: async () => token };
  const issuer = state?.issuer;
  if (issuer === undefined) throw new Error("There is no local token issuer to ask: say --token TOKEN");
  let known: string | undefined;
  return {
    apiUrl,
    async token(fresh) {
      if (known === undefined || fresh) {
        known = await requestToken(issuer, { email: SENDER_EMAIL, roles: ["Events.Send"] });
      }
      return known;
    },
  };
}

async function send(file: string, fileBytes: number, target: Target, batchEvents: number): Promise<number> {
  const startedAt = performance.now();
  const signal = interruptOnSignals(() => undefined);
  const tally = newTally();
  const view = createProgressView(tally, fileBytes);
  let failure: unknown;
  try {
    const client = createEventsClient({ ...target, signal });
    const chunks = createReadStream(file);
    await sendEvents({ chunks, client, tally, signal, batchEvents, onProgress: view.show });
  } catch (error) {
    failure = error;
  } finally {
    view.stop();
  }
  console.log(summarize(tally, (performance.now() - startedAt) / 1000));
  if (signal.aborted) {
    console.error("Stopped. Run it again to send the rest: what was recorded counts as repeated");
    return 130;
  }
  if (failure !== undefined) throw failure;
  return tally.rejected > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
