import { once } from "node:events";
import http from "node:http";
import * as z from "zod";

const addressSchema = z.object({ port: z.int() });

type KeptBlob = {
  readonly createdOn: Date;
  readonly policy?: { readonly until: Date; readonly mode: string };
};

/** What a request to set a policy said. */
type PolicyRequest = { readonly path: string; readonly until: string; readonly mode: string };

const errorBody = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;

/**
 * As much of a container with immutability as is published of it: properties, list, deletion, and policies of files, which
 * the emulator of the vendor does not know.
 */
export async function startImmutableAccount(isEnabled = true) {
  const blobs = new Map<string, KeptBlob>();
  const requests: PolicyRequest[] = [];

  const setPolicy = (path: string, headers: http.IncomingHttpHeaders): [number, string] => {
    const blob = blobs.get(path);
    const until = String(headers["x-ms-immutability-policy-until-date"]);
    const mode = String(headers["x-ms-immutability-policy-mode"]);
    requests.push({ path, until, mode });
    if (blob === undefined) return [404, "BlobNotFound"];
    const isLess = blob.policy !== undefined && new Date(until) < blob.policy.until;
    if (!isEnabled || (blob.policy?.mode === "Locked" && (isLess || mode !== "Locked"))) {
      return [409, isEnabled ? "BlobImmutableDueToPolicy" : "FeatureNotEnabledForContainer"];
    }
    blobs.set(path, { ...blob, policy: { until: new Date(until), mode } });
    return [200, ""];
  };

  const remove = (path: string): [number, string] => {
    const blob = blobs.get(path);
    if (blob === undefined) return [404, "BlobNotFound"];
    if (blob.policy !== undefined && blob.policy.until > new Date()) return [409, "BlobImmutableDueToPolicy"];
    blobs.delete(path);
    return [202, ""];
  };

  const list = (): string => {
    const items = [...blobs].map(
      ([path, { createdOn }]) =>
        `<Blob><Name>${path}</Name><Properties><Creation-Time>${createdOn.toUTCString()}</Creation-Time><Last-Modified>${createdOn.toUTCString()}</Last-Modified><Etag>"1"</Etag><BlobType>BlockBlob</BlobType></Properties></Blob>`,
    );
    return `<?xml version="1.0"?><EnumerationResults ServiceEndpoint="http://127.0.0.1/" ContainerName="reports"><Blobs>${items.join("")}</Blobs><NextMarker /></EnumerationResults>`;
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = decodeURIComponent(url.pathname.replace("/reports/", ""));
    const xml = { "content-type": "application/xml", "x-ms-request-id": "1" };
    const answer = ([status, code]: [number, string]) =>
      response
        .writeHead(status, code === "" ? xml : { ...xml, "x-ms-error-code": code })
        .end(code === "" ? "" : errorBody(code));
    request.resume();
    if (url.searchParams.get("comp") === "list") return void response.writeHead(200, xml).end(list());
    if (request.method === "PUT" && url.searchParams.get("comp") === "immutabilityPolicies")
      return void answer(setPolicy(path, request.headers));
    if (request.method === "DELETE") return void answer(remove(path));
    const blob = blobs.get(path);
    if (request.method !== "HEAD" || blob === undefined) return void response.writeHead(404, xml).end();
    const { policy } = blob;
    const policyHeaders =
      policy === undefined
        ? {}
        : {
            "x-ms-immutability-policy-until-date": policy.until.toUTCString(),
            "x-ms-immutability-policy-mode": policy.mode,
          };
    response.writeHead(200, { "x-ms-blob-type": "BlockBlob", ...policyHeaders }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${addressSchema.parse(server.address()).port}`,
    blobs,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
