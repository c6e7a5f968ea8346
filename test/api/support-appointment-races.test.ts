import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  appointmentSchema,
  book,
  inDays,
  pathOf,
  refusalOf,
  setCalendar,
  slots,
  withAdvocate,
} from "./support/appointment-steps.ts";
import { type OpenedRequest, PEOPLE, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

const RACES = 100;
const RACES_MS = 120_000;

let world: SupportWorld;
let requests: readonly OpenedRequest[];
beforeAll(async () => {
  world = await startSupportWorld();
  await setCalendar(world.api);
  // All at first: whoever waits for an event waits for the hundreds of mails of the races too.
  requests = [await withAdvocate(world), await withAdvocate(world), await withAdvocate(world)];
});
afterAll(() => world.api.stack.stop());

const cancel = (requestId: string, appointmentId: string) =>
  world.api.ask(PEOPLE.contact, {
    method: "DELETE",
    path: pathOf(requestId, "appointments", appointmentId),
  });

describe("two users who want the same slot at once", () => {
  test(
    `in ${RACES} races one has it, and the other is refused with slots that are free`,
    async () => {
      const first = requests[0]?.requestId ?? "";
      const range = { from: inDays(2), to: inDays(3) };
      const free = (await slots(world, first, range)).value.map(({ start }) => start);
      for (let race = 0; race < RACES; race++) {
        const start = free[race % free.length] ?? "";
        const answers = await Promise.all(
          requests.slice(0, 2).map(async ({ requestId }) => ({
            requestId,
            answer: await book(world, requestId, { start }),
          })),
        );
        const [won, ...alsoWon] = answers.filter(({ answer }) => answer.status === 201);
        const [lost] = answers.filter(({ answer }) => answer.status !== 201);
        if (won === undefined || lost === undefined) throw new Error(JSON.stringify(answers));
        expect(alsoWon).toEqual([]);
        const refusal = refusalOf(lost.answer);
        expect(refusal, `race ${race}`).toMatchObject({ status: 409, code: "SlotTaken" });
        const fresh = (refusal.innererror?.freeSlots ?? []).map((each) => new Date(each).toISOString());
        expect(fresh.length).toBeGreaterThan(0);
        expect(fresh).not.toContain(start);
        expect(free.filter((each) => each !== start)).toEqual(
          expect.arrayContaining(fresh.filter((each) => free.includes(each))),
        );
        const { appointmentId } = won.answer.read(appointmentSchema);
        expect((await cancel(won.requestId, appointmentId)).status).toBe(204);
      }
      expect((await slots(world, first, range)).value.map(({ start }) => start)).toEqual(free);
    },
    RACES_MS,
  );

  test("or to book two for one request: it has one", async () => {
    const requestId = requests[2]?.requestId ?? "";
    const free = (await slots(world, requestId, { from: inDays(4), to: inDays(5) })).value;
    const answers = await Promise.all(free.slice(0, 6).map(({ start }) => book(world, requestId, { start })));
    const booked = answers.filter(({ status }) => status === 201);
    expect(booked).toHaveLength(1);
    for (const each of answers.filter(({ status }) => status !== 201))
      expect(refusalOf(each).code).toBe("AppointmentBooked");
    const start = booked[0]?.read(appointmentSchema).start;
    const left = (await slots(world, requestId, { from: inDays(4), to: inDays(5) })).value;
    expect(left.map((each) => each.start)).toEqual(
      free.map((each) => each.start).filter((each) => each !== start),
    );
  });
});
