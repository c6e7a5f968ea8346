import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createOutboundPost, type PostResult } from "../../src/platform/outbound-post.ts";
import { type Receiver, startReceiver } from "../notices/receiver.ts";

const HEADERS = { "content-type": "application/json" };
const running = new AsyncDisposableStack();
let receiver: Receiver;
beforeAll(async () => {
  receiver = running.use(await startReceiver());
});
afterAll(() => running.disposeAsync());

const localPost = createOutboundPost({ allowsLoopback: true, timeoutMs: 500 });
const outcomeOf = (result: PostResult) => ("error" in result ? result.error : result.status);
const post = async (url: string, body = "{}") => outcomeOf(await localPost(new URL(url), HEADERS, body));

/** A name and the addresses that it leads to, at each time that it is asked for. */
function withNames(names: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const strict = createOutboundPost({
    allowsLoopback: false,
    timeoutMs: 500,
    resolve: async (host) => {
      asked.push(host);
      return (names[host] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    },
  });
  return { asked, send: async (url: string) => outcomeOf(await strict(new URL(url), HEADERS, "{}")) };
}

describe("a request to a stranger's address", () => {
  it("carries the headers and the body, byte for byte, and gives the status", async () => {
    const before = receiver.received.length;
    receiver.answer({ status: 202, body: "thanks" });
    const body = JSON.stringify({ name: "Ñandú „ł”" });
    expect(await post(receiver.url, body)).toBe(202);
    const [request] = receiver.received.slice(before);
    expect(request).toMatchObject({
      body,
      headers: { ...HEADERS, "content-length": String(Buffer.byteLength(body)) },
    });
  });

  it("does not follow a redirect", async () => {
    const before = receiver.received.length;
    receiver.answer({ status: 302, headers: { location: receiver.url } });
    expect(await post(receiver.url)).toBe(302);
    expect(receiver.received.length - before).toBe(1);
  });

  it("takes the status of an answer that is longer than 64 KB without waiting for its end", async () => {
    receiver.answer({ status: 200, body: "x".repeat(10_000_000) });
    expect(await post(receiver.url)).toBe(200);
  });

  it("is given up after its time, whether the answer or its connection does not come", async () => {
    receiver.answer({ status: 200, hangs: true });
    const started = performance.now();
    expect(await post(receiver.url)).toBe("Timeout");
    expect(performance.now() - started).toBeLessThan(5_000);
    const stuck = createOutboundPost({
      allowsLoopback: true,
      timeoutMs: 50,
      resolve: () => new Promise(() => undefined),
    });
    expect(outcomeOf(await stuck(new URL("https://customer.example/"), HEADERS, "{}"))).toBe("Timeout");
  });

  it("fails without an answer, or with what is none", async () => {
    const rude = await listening((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    expect(await post(`http://127.0.0.1:${rude}/`)).toBe("ConnectionFailed");
    const silent = await listening((socket) => socket.destroy());
    expect(await post(`http://127.0.0.1:${silent}/`)).toBe("ConnectionFailed");
    expect(await post(`https://127.0.0.1:${silent}/`)).toBe("ConnectionFailed");
  });

  it("fails at once, and closes the connection, when the receiver changes to another protocol", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const changing = await listening((socket) => {
      socket.on("close", () => resolve());
      socket.on("error", () => undefined);
      socket.resume();
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    expect(await post(`http://127.0.0.1:${changing}/`)).toBe("ConnectionFailed");
    await closed;
  });

  it("fails when the answer breaks off, and has the status of one that ends with its connection", async () => {
    const broken = await listening((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12"));
    expect(await post(`http://127.0.0.1:${broken}/`)).toBe("ConnectionFailed");
    const ending = await listening((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${"x".repeat(50_000)}`),
    );
    expect(await post(`http://127.0.0.1:${ending}/`)).toBe(200);
  });
});

async function listening(onConnection: (socket: import("node:net").Socket) => void): Promise<number> {
  const server: Server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.defer(() => {
    server.close();
  });
  return z.object({ port: z.int() }).parse(server.address()).port;
}

describe("a name", () => {
  it("that leads to a private, loopback, link-local or metadata address is not connected to", async () => {
    const addresses = [
      "127.0.0.1",
      "10.1.2.3",
      "169.254.169.254",
      "168.63.129.16",
      "::1",
      "fd00::1",
      "::ffff:127.0.0.1",
    ];
    for (const address of addresses) {
      const { send } = withNames({ "customer.example": [address] });
      expect(await send("https://customer.example/"), address).toBe("AddressNotAllowed");
      const mixed = withNames({ "customer.example": ["1.1.1.1", address] });
      expect(await mixed.send("https://customer.example/"), address).toBe("AddressNotAllowed");
    }
  });

  it("is looked up once: what it leads to a moment later is not connected to", async () => {
    const port = Number(new URL(receiver.url).port);
    const asks: string[] = [];
    const pinned = createOutboundPost({
      allowsLoopback: true,
      timeoutMs: 500,
      resolve: async (host) => {
        asks.push(host);
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    const before = receiver.received.length;
    // Nobody else knows this name: the connection can only have gone to the address that was judged.
    const url = new URL(`http://nobody-knows.localhost:${port}/notices`);
    expect(outcomeOf(await pinned(url, HEADERS, "{}"))).toBe(204);
    expect(asks).toEqual(["nobody-knows.localhost"]);
    expect(receiver.received[before]?.headers["host"]).toBe(`nobody-knows.localhost:${port}`);
  });

  it("that leads nowhere, or cannot be looked up, is no error of this app", async () => {
    const { send } = withNames({});
    expect(await send("https://customer.example/")).toBe("NameNotFound");
    const failing = createOutboundPost({
      allowsLoopback: false,
      resolve: () => Promise.reject(new Error("SERVFAIL")),
    });
    expect(outcomeOf(await failing(new URL("https://customer.example/"), HEADERS, "{}"))).toBe(
      "NameNotFound",
    );
  });

  it("of a URL that may not be asked is not even looked up", async () => {
    const { asked, send } = withNames({ "customer.example": ["1.1.1.1"] });
    for (const url of ["http://customer.example/", "https://customer.example:22/", "https://10.0.0.1/"])
      expect(await send(url)).toBe("AddressNotAllowed");
    expect(asked).toEqual([]);
  });
});
