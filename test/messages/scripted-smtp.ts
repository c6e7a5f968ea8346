import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export type ScriptedSmtp = {
  readonly url: string;
  /** How often somebody connected. */
  readonly connections: () => number;
  /** Lines that came in. */
  readonly received: () => readonly string[];
  readonly close: () => Promise<void>;
};

const REPLIES: Readonly<Record<string, string>> = {
  connect: "220 here",
  EHLO: "250-here\r\n250 AUTH PLAIN LOGIN",
  STARTTLS: "502 not here",
  DATA: "354 go on",
  ".": "250 taken",
  QUIT: "221 bye",
};

/** A mail server that answers as it is told: by command, or `connect`; everything else goes well. */
export async function startScriptedSmtp(script: Readonly<Record<string, string>>): Promise<ScriptedSmtp> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const replyTo = (line: string): string => {
    for (const replies of [script, REPLIES]) {
      const command = Object.keys(replies).find((each) => line.toUpperCase().startsWith(each));
      if (command !== undefined) return replies[command] ?? "";
    }
    return "250 fine";
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let rest = "";
    let isContent = false;
    socket.write(`${script["connect"] ?? REPLIES["connect"]}\r\n`);
    socket.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\r\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        lines.push(line);
        if (isContent && line !== ".") continue;
        const reply = replyTo(line);
        isContent = reply.startsWith("354");
        socket.write(`${reply}\r\n`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port");
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    connections: () => connections,
    received: () => lines,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
