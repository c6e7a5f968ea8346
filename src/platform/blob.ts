/** What every store of files needs of Blob Storage. */
import {
  type BlobClient,
  type BlobSASPermissions,
  type BlobServiceClient,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from "@azure/storage-blob";
import * as z from "zod";

/** A user delegation key is asked for rarely: it signs the links of this time. Azure allows seven days. */
const DELEGATION_KEY_MS = 3_600_000;

type LinkOptions = {
  readonly permissions: BlobSASPermissions;
  readonly expiresOn: Date;
  readonly contentDisposition?: string;
};

/** A link to this blob and nothing else, for whoever holds it until it expires. */
type BlobLinks = (blob: BlobClient, options: LinkOptions) => Promise<string>;

/** @param service with a shared key (a connection string), or with an identity, which signs by user delegation. */
export function blobLinks(service: BlobServiceClient): BlobLinks {
  const delegationKey = cachedDelegationKey(service);
  return async (blob, options) => {
    // Only a stand-in on this machine is reached without TLS.
    const protocol = blob.url.startsWith("http:") ? SASProtocol.HttpsAndHttp : SASProtocol.Https;
    const signed = { ...options, protocol };
    if (service.credential instanceof StorageSharedKeyCredential) return blob.generateSasUrl(signed);
    return blob.generateUserDelegationSasUrl(signed, await delegationKey(options.expiresOn));
  };
}

function cachedDelegationKey(service: BlobServiceClient): (neededUntil: Date) => Promise<UserDelegationKey> {
  let cached: UserDelegationKey | undefined;
  return async (neededUntil) => {
    if (cached !== undefined && cached.signedExpiresOn >= neededUntil) return cached;
    // No start time: clocks differ, and a key that starts a moment ahead opens nothing.
    const startsOn = new Date(Date.now() - DELEGATION_KEY_MS / 4);
    cached = await service.getUserDelegationKey(
      startsOn,
      new Date(neededUntil.getTime() + DELEGATION_KEY_MS),
    );
    return cached;
  };
}

/**
 * The same bytes in blocks of one size; the last may be shorter. All of them are in one piece of memory: a block lasts until
 * the one after it is asked for. New memory for each would be gigabytes that the engine leaves lying about.
 */
export async function* blocksOf(
  content: AsyncIterable<Uint8Array>,
  blockBytes: number,
): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;
  for await (const chunk of content) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + blockBytes - filled);
      block.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < blockBytes) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

export async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield z.instanceof(Uint8Array).parse(chunk);
}
