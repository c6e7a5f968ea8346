import { describe, expect, it } from "vitest";
import { sendMessage } from "../../functions/queue/messages.ts";
import { queueDueMessages } from "../../functions/timer/messages.ts";
import { LEASE_MS } from "../../src/messages/message.ts";
import type { MessageJob } from "../../src/messages/message-queue.ts";
import type { MessageStore } from "../../src/messages/message-store.ts";
import { deliverMessage, mailKey } from "../../src/messages/send-message.ts";
import type { MailResult, MailSender } from "../../src/platform/mail.ts";
import { memoryMail, memoryMessageStore } from "../fakes/memory-messages.ts";
import { CUSTOMER_ID, later, NO_LINKS as links, START, someMessage } from "./some-messages.ts";

const attachments = async () => [];
const message = someMessage();

async function worldWithMessage() {
  const messages = memoryMessageStore();
  const mail = memoryMail();
  await messages.put(message);
  let now = START;
  const delivery = { messages, mail, now: () => now, links, attachments };
  return {
    messages,
    mail,
    delivery,
    deliver: () => deliverMessage(delivery, CUSTOMER_ID, message.id),
    wait: (milliseconds: number) => {
      now = later(now, milliseconds);
    },
    kept: async () => (await messages.read(CUSTOMER_ID, message.id))?.value,
  };
}

type World = Awaited<ReturnType<typeof worldWithMessage>>;

/** Runs of the timer, and of the queue after each, until nothing is due for good. */
async function settle({ delivery, wait }: World): Promise<void> {
  const queued: MessageJob[] = [];
  const messageQueue = { send: async (jobs: readonly MessageJob[]) => void queued.push(...jobs) };
  const log = { info: () => undefined, warn: () => undefined };
  for (let minute = 0; minute < 60 * 30; minute += 1) {
    await queueDueMessages({ delivery, messageQueue }, log);
    for (const job of queued.splice(0)) await sendMessage({ delivery }, job, log);
    wait(60_000);
  }
}

describe("sending a message", () => {
  it("sends it once, however often it is run", async () => {
    const world = await worldWithMessage();
    expect(await world.deliver()).toEqual({ outcome: "sent" });
    expect(await world.deliver()).toEqual({ outcome: "notDue" });
    await settle(world);
    expect(world.mail.carried()).toHaveLength(1);
    expect(await world.kept()).toMatchObject({ status: "sent", sentAt: START });
  });

  it("sends it once when two run it at the same time", async () => {
    const world = await worldWithMessage();
    const outcomes = await Promise.all([world.deliver(), world.deliver(), world.deliver()]);
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["notDue", "notDue", "sent"]);
    expect(world.mail.carried()).toHaveLength(1);
  });

  it("sends to whom it is for, in the recipient's language", async () => {
    const world = await worldWithMessage();
    await world.deliver();
    expect(world.mail.carried()).toEqual([
      expect.objectContaining({
        to: { email: "luz@cust-t.example", name: "Luz" },
        subject: expect.stringContaining("Invitación"),
        key: mailKey(CUSTOMER_ID, message.id),
        attempt: 0,
      }),
    ]);
  });

  it("knows nothing of a message that was rolled back", async () => {
    const world = await worldWithMessage();
    const { id } = someMessage({ id: "never-written" });
    expect(await deliverMessage(world.delivery, CUSTOMER_ID, id)).toEqual({ outcome: "missing" });
    expect(world.mail.carried()).toEqual([]);
  });

  it("tries again after a pause when the mail server is away, as another attempt at the same mail", async () => {
    const world = await worldWithMessage();
    world.mail.expect("unavailable", "carriedAndLost");
    expect(await world.deliver()).toMatchObject({ outcome: "later", cause: expect.any(Error) });
    expect(await world.deliver()).toEqual({ outcome: "notDue" });
    await settle(world);
    expect(await world.kept()).toMatchObject({ status: "sent", attempts: 2 });
    const carried = world.mail.carried();
    expect(carried.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(carried.map(({ key }) => key)).size).toBe(1);
  });

  it("gives up at once when the address is refused, and after the last attempt otherwise", async () => {
    const refused = await worldWithMessage();
    refused.mail.expect("refused");
    expect(await refused.deliver()).toMatchObject({ outcome: "failed" });
    expect(await refused.kept()).toMatchObject({ status: "failed", error: { code: "AddressRefused" } });
    const away = await worldWithMessage();
    away.mail.expect(...Array.from({ length: 20 }, () => "unavailable" as const));
    await settle(away);
    expect(await away.kept()).toMatchObject({ status: "failed", attempts: 10 });
    expect([...refused.mail.carried(), ...away.mail.carried()]).toEqual([]);
  });

  it("counts a message that cannot be worded as an attempt that failed, and holds up no other", async () => {
    const world = await worldWithMessage();
    const content = { ...message.content, timeZone: "Nowhere/Land" };
    const broken = someMessage({ id: "broken", content });
    await world.messages.put(broken);
    await settle(world);
    expect((await world.messages.read(CUSTOMER_ID, broken.id))?.value.status).toBe("failed");
    expect(await world.kept()).toMatchObject({ status: "sent" });
  });
});

const faults = ["crashBefore", "crashAfter", "lost", "refused", "doneThenRefused"] as const;
type Fault = (typeof faults)[number];

class EndOfProcess extends Error {}

/** The dependencies of a process that something befalls at its call number `at`; after a crash it does nothing more. */
function befallen({ delivery }: World, at: number, fault: Fault) {
  let calls = 0;
  let ended = false;
  const around = async <Result>(run: () => Promise<Result>, isSave: boolean): Promise<Result | false> => {
    if (ended) throw new EndOfProcess();
    const isHere = calls++ === at;
    if (!isHere) return run();
    ended = fault === "crashBefore" || fault === "crashAfter";
    if (fault === "crashBefore") throw new EndOfProcess();
    if (fault === "refused" && isSave) return false;
    const result = await run();
    if (fault === "doneThenRefused" && isSave) return false;
    if (fault === "crashAfter" || fault === "lost") throw new EndOfProcess();
    return result;
  };
  const never = (): never => {
    throw new Error("only a save is refused");
  };
  const messages: MessageStore = {
    ...delivery.messages,
    read: async (customerId, id) =>
      (await around(() => delivery.messages.read(customerId, id), false)) || undefined,
    save: (value, etag) => around(() => delivery.messages.save(value, etag), true),
  };
  const mail: MailSender = {
    send: async (each) => (await around(() => delivery.mail.send(each), false)) || never(),
  };
  return { ...delivery, messages, mail };
}

/** Read, take, send, read, record. */
const CALLS = 5;
const everyPoint = Array.from({ length: CALLS }, (_, at) => faults.map((fault) => ({ at, fault }))).flat();

describe("what befalls a sender", () => {
  it.each(everyPoint)(
    "at its call $at, $fault, leaves a message that is sent at least once",
    async ({ at, fault }) => {
      const world = await worldWithMessage();
      await deliverMessage(befallen(world, at, fault), CUSTOMER_ID, message.id).catch(
        (error: unknown) => error,
      );
      world.wait(1_000);
      await settle(world);
      expect(await world.kept()).toMatchObject({ status: "sent" });
      const carried = world.mail.carried();
      const mayRepeat =
        (at === 2 && (fault === "crashAfter" || fault === "lost")) || (at > 2 && fault.startsWith("crash"));
      if (mayRepeat) expect(carried.length).toBeLessThanOrEqual(2);
      else expect(carried).toHaveLength(1);
      expect(carried.length).toBeGreaterThan(0);
      expect(new Set(carried.map(({ key }) => key))).toEqual(new Set([mailKey(CUSTOMER_ID, message.id)]));
    },
  );

  it("between sending and recording it is sent again after the lease, as the same attempt at the same mail", async () => {
    const world = await worldWithMessage();
    await expect(deliverMessage(befallen(world, 3, "crashBefore"), CUSTOMER_ID, message.id)).rejects.toThrow(
      "could not be recorded",
    );
    expect(await world.deliver()).toEqual({ outcome: "notDue" });
    world.wait(LEASE_MS);
    expect(await world.deliver()).toEqual({ outcome: "sent" });
    const [first, second] = world.mail.carried();
    expect(second).toEqual(first);
  });

  /** A sender so slow that its lease ends; somebody else does the whole of it before it ends with `result`. */
  async function overtaken(world: World, result: () => MailResult) {
    const mail: MailSender = {
      send: async () => {
        world.wait(LEASE_MS);
        await world.deliver();
        world.wait(1_000);
        return result();
      },
    };
    return deliverMessage({ ...world.delivery, mail }, CUSTOMER_ID, message.id);
  }
  const lost = (): never => {
    throw new Error("the connection was lost");
  };

  it("while another has sent it does not undo what the other did", async () => {
    for (const result of [lost, () => ({ outcome: "sent" }) as const]) {
      const world = await worldWithMessage();
      expect(await overtaken(world, result)).toEqual({ outcome: "sent" });
      expect(await world.kept()).toMatchObject({
        status: "sent",
        sentAt: later(START, LEASE_MS),
        attempts: 0,
      });
    }
  });

  it("while another has failed counts one failure, and none when it was sent after all", async () => {
    const world = await worldWithMessage();
    world.mail.expect("unavailable");
    expect(await overtaken(world, lost)).toMatchObject({ outcome: "later" });
    expect(await world.kept()).toMatchObject({ status: "queued", attempts: 1 });
    const luckier = await worldWithMessage();
    luckier.mail.expect("unavailable");
    expect(await overtaken(luckier, () => ({ outcome: "sent" }))).toEqual({ outcome: "sent" });
    expect(await luckier.kept()).toMatchObject({ status: "sent" });
  });
});

describe("the timer", () => {
  it("finds what waits longest first, of all customers, and not what is not due", async () => {
    const world = await worldWithMessage();
    const older = someMessage({ id: "older" }, later(START, -1_000));
    const newer = someMessage({ id: "newer" }, later(START, 1_000));
    for (const each of [older, newer]) await world.messages.put(each);
    const due = await world.messages.due(START, 10);
    expect(due.map(({ messageId }) => messageId)).toEqual([older.id, message.id]);
  });

  it("writes ids to the log and nothing of a message", async () => {
    const world = await worldWithMessage();
    world.mail.expect("unavailable");
    const lines: string[] = [];
    const log = {
      info: (...line: unknown[]) => void lines.push(line.map(String).join(" ")),
      warn: (...line: unknown[]) => void lines.push(line.map(String).join(" ")),
    };
    await sendMessage({ delivery: world.delivery }, { customerId: CUSTOMER_ID, messageId: message.id }, log);
    expect(lines.join("\n")).toContain(message.id);
    expect(lines.join("\n")).not.toMatch(/luz|Luz|Olivar|Ana/);
  });
});
