/** An error as AMQP carries it: the condition is what clients branch on. */
export type AmqpError = { readonly condition: string; readonly description: string };

export const lockLost: AmqpError = {
  condition: "com.microsoft:message-lock-lost",
  description: "The lock supplied is invalid: it expired, or the message has left the queue.",
};

export const messageNotFound: AmqpError = {
  condition: "com.microsoft:message-not-found",
  description: "No message in that state has that sequence number.",
};

export const serverBusy: AmqpError = {
  condition: "com.microsoft:server-busy",
  description: "The request was refused to try the client: it may be sent again.",
};

export const messageTooLarge: AmqpError = {
  condition: "amqp:link:message-size-exceeded",
  description: "The message is larger than the queue allows.",
};

export function notImplemented(what: string): AmqpError {
  return { condition: "amqp:not-implemented", description: `This stand-in does not serve ${what}.` };
}

export function entityNotFound(address: string): AmqpError {
  return {
    condition: "amqp:not-found",
    description: `The messaging entity '${address}' could not be found.`,
  };
}

export function malformed(cause: unknown): AmqpError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return { condition: "amqp:decode-error", description: `The request could not be read: ${detail}` };
}

export function internalError(cause: unknown): AmqpError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return { condition: "amqp:internal-error", description: `The request could not be carried out: ${detail}` };
}
