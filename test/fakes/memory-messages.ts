import type { CustomerId } from "../../src/agreements/ids.ts";
import { isDue, type Message, type MessageId } from "../../src/messages/message.ts";
import type { MessageStore } from "../../src/messages/message-store.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import type { Mail, MailSender } from "../../src/platform/mail.ts";

export type MemoryMessages = MessageStore & {
  /** As the transaction that writes a message together with what it tells of. */
  readonly put: (message: Message) => Promise<void>;
};

/** Keeps the promises of the real store in memory; the contract tests run on both. */
export function memoryMessageStore(): MemoryMessages {
  const kept = new Map<string, Versioned<Message>>();
  let tags = 0;
  const keyOf = (customerId: CustomerId, id: MessageId): string => JSON.stringify([customerId, id]);
  const put = (message: Message): void => {
    kept.set(keyOf(message.customerId, message.id), { value: structuredClone(message), etag: `"${++tags}"` });
  };
  return {
    put: async (message) => put(message),
    read: async (customerId, id) => kept.get(keyOf(customerId, id)),
    save: async (message, etag) => {
      if (kept.get(keyOf(message.customerId, message.id))?.etag !== etag) return false;
      put(message);
      return true;
    },
    due: async (now, limit) =>
      [...kept.values()]
        .flatMap(({ value }) => (isDue(value, now) ? [value] : []))
        .toSorted((left, right) => (left.nextAttemptAt < right.nextAttemptAt ? -1 : 1))
        .slice(0, limit)
        .map(({ customerId, id }) => ({ customerId, messageId: id })),
  };
}

export type MemoryMail = MailSender & {
  /** What was carried, in order. */
  readonly carried: () => readonly Mail[];
  /** What the next mails meet, one each; then all goes well. */
  readonly expect: (...results: readonly ("sent" | "unavailable" | "refused" | "carriedAndLost")[]) => void;
};

export function memoryMail(): MemoryMail {
  const carried: Mail[] = [];
  const results: string[] = [];
  return {
    carried: () => carried,
    expect: (...next) => {
      results.push(...next);
    },
    send: async (mail) => {
      const result = results.shift() ?? "sent";
      if (result === "refused") return { outcome: "refused", reason: "no such mailbox (550 5.1.1)" };
      if (result === "unavailable") throw new Error("the mail server is away");
      carried.push(mail);
      if (result === "carriedAndLost") throw new Error("the connection was lost");
      return { outcome: "sent" };
    },
  };
}
