import { createHash } from "node:crypto";
import type { RequestKey } from "./request.ts";

/** 128 bits that follow from what they stand for within one request, and tell nobody who guesses what that is. */
export const stableId = ({ customerId, number }: RequestKey, ...parts: readonly string[]): string =>
  createHash("sha256")
    .update([customerId, number, ...parts].join("\n"))
    .digest()
    .subarray(0, 16)
    .toString("base64url");
