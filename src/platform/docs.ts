import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as z from "zod";
import type { Contract } from "./contract.ts";
import { type Endpoint, endpointDefiner } from "./endpoint.ts";
import { type ApiInfo, openApiDocument } from "./openapi.ts";

/**
 * The OpenAPI document and a page that shows it. The page asks this service for everything and no other: its policy
 * forbids the rest. Files come from the package while developing; a bundle has them in `swagger-ui/` beside itself.
 */

const { resolve } = createRequire(import.meta.url);

const PACKAGE_FILES = { style: "swagger-ui.css", script: "swagger-ui-bundle.js" } as const;

/** What a build copies to `swagger-ui/` beside the bundle. */
export const DOCS_FILES: readonly string[] = Object.values(PACKAGE_FILES);

const readAsset = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(new URL(`./swagger-ui/${file}`, import.meta.url));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return readFile(resolve(`swagger-ui-dist/${file}`));
  }
};

/** Swagger UI sets style attributes, which only `unsafe-inline` allows; no script of the page is inline. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/style">
</head>
<body>
<div id="docs"></div>
<script src="docs/assets/script"></script>
<script src="docs/assets/start"></script>
</body>
</html>
`;

/** `validatorUrl: null`: by default the page would send the document's address to a validator on the internet. */
const START_SCRIPT = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
});
`;

const assetNames = z.enum(["style", "script", "start"]);
type AssetName = z.output<typeof assetNames>;
type Asset = { readonly body: Uint8Array; readonly contentType: string; readonly etag: string };

const PAGE_TYPE = "text/html; charset=utf-8";
const SCRIPT_TYPE = "text/javascript; charset=utf-8";
const STYLE_TYPE = "text/css; charset=utf-8";
/** The files change with a deployment only, and then their tags do. */
const REVALIDATE = { "cache-control": "no-cache" };

const loadAsset = async (name: AssetName): Promise<Asset> => {
  const body = name === "start" ? Buffer.from(START_SCRIPT) : await readAsset(PACKAGE_FILES[name]);
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  return { body, contentType: name === "style" ? STYLE_TYPE : SCRIPT_TYPE, etag };
};

const loadedAssets = new Map<AssetName, Asset>();

const assetOf = async (name: AssetName): Promise<Asset> => {
  const asset = loadedAssets.get(name) ?? (await loadAsset(name));
  loadedAssets.set(name, asset);
  return asset;
};

/** `contracts` is asked at the first request: the list that it gives may hold these endpoints themselves. */
export const docsEndpoints = <Grant>(
  contracts: () => readonly Contract[],
  info: ApiInfo,
): readonly Endpoint<Grant>[] => {
  const defineEndpoint = endpointDefiner<Grant>();
  const shared = {
    method: "GET",
    tag: "Service",
    access: { kind: "anonymous" },
    versioned: false,
    undocumented: true,
  } as const;
  let document: ReturnType<typeof openApiDocument> | undefined;
  return [
    defineEndpoint(
      {
        ...shared,
        name: "getOpenApi",
        route: "openapi",
        alias: "openapi.json",
        summary: "This API as an OpenAPI document",
        responses: { 200: { description: "The document", schema: z.record(z.string(), z.unknown()) } },
      },
      async () => {
        document ??= openApiDocument(contracts(), info);
        return { status: 200, body: document, headers: REVALIDATE };
      },
    ),
    defineEndpoint(
      {
        ...shared,
        name: "showDocs",
        route: "docs",
        summary: "This API as pages to browse",
        responses: { 200: { description: "The page", contentTypes: [PAGE_TYPE] } },
      },
      async () => {
        const headers = {
          ...REVALIDATE,
          "content-security-policy": PAGE_POLICY,
          "referrer-policy": "no-referrer",
        };
        return { status: 200, body: Buffer.from(page(info.title)), contentType: PAGE_TYPE, headers };
      },
    ),
    defineEndpoint(
      {
        ...shared,
        name: "getDocsAsset",
        route: "docs/assets/{asset}",
        summary: "A file of those pages",
        params: z.object({ asset: assetNames }),
        responses: { 200: { description: "The file", contentTypes: [STYLE_TYPE, SCRIPT_TYPE] } },
      },
      async ({ params }) => ({ status: 200, ...(await assetOf(params.asset)), headers: REVALIDATE }),
    ),
  ];
};
