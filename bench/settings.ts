import { DEFAULT_SETTINGS, type Settings } from "../local/settings.ts";

const NOWHERE = "http://127.0.0.1:9";

/** Complete settings of an app whose services are nowhere: it starts, and whatever it asks of one of them fails. */
export const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  COSMOS_ENDPOINT: NOWHERE,
  COSMOS_KEY: "bm9uZQ==",
  SERVICEBUS: "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=none;SharedAccessKey=bm9uZQ==",
  BLOB_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=none;AccountKey=bm9uZQ==;BlobEndpoint=${NOWHERE}/none`,
  TOKEN_ISSUER: NOWHERE,
  TOKEN_JWKS_URL: NOWHERE,
  SIGNING_KEY: Buffer.alloc(32, 7).toString("base64"),
  MAIL_FROM: "no-reply@provider.example",
  SMTP_URL: "smtp://127.0.0.1:9",
  VALIDATE_RESPONSES: "false",
};
