/** Reads what a receiver wants done with a message out of the delivery state of a disposition frame. */
import rhea from "rhea";
import * as z from "zod";
import { type MapEntry, splitMap, splitSections } from "./amqp-codec.ts";
import type { Settlement } from "./queue.ts";

const APPLICATION_PROPERTIES = 0x74;

const described = z.object({
  descriptor: z.object({ value: z.number() }),
  value: z.array(z.unknown()),
});
const typedBoolean = z.object({ value: z.boolean().nullable() }).optional();
const typedMap = z.object({ value: z.array(z.unknown()).nullable() }).optional();
const typedError = z.object({ value: z.array(z.unknown()).nullable() }).optional();
const typedKey = z.object({ value: z.string() });

/** @throws ZodError or Error when it is none of the outcomes of AMQP. */
export function parseOutcome(state: unknown): Settlement {
  const { descriptor, value } = described.parse(state);
  switch (descriptor.value) {
    case 0x24:
      return { kind: "complete" };
    case 0x25: {
      const [, , info] = typedError.parse(value[0])?.value ?? [];
      return { kind: "deadLetter", properties: typedEntries(info) };
    }
    case 0x26:
      return { kind: "abandon", properties: [] };
    case 0x27: {
      const undeliverableHere = typedBoolean.parse(value[1])?.value === true;
      return { kind: undeliverableHere ? "defer" : "abandon", properties: typedEntries(value[2]) };
    }
    default:
      throw new Error(`no outcome has the code ${descriptor.value}`);
  }
}

function typedEntries(map: unknown): readonly MapEntry[] {
  const items = typedMap.parse(map)?.value ?? [];
  const pairs: [string, unknown][] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    pairs.push([typedKey.parse(items[index]).value, items[index + 1]]);
  }
  return propertyEntries(Object.fromEntries(pairs));
}

/** Encodes properties by rhea's rules; a value that still carries its AMQP type keeps it. Nulls are left out. */
export function propertyEntries(properties: Readonly<Record<string, unknown>>): readonly MapEntry[] {
  const sections = splitSections(rhea.message.encode({ application_properties: properties, body: "" }));
  const map = sections.find(({ code }) => code === APPLICATION_PROPERTIES);
  return map === undefined ? [] : splitMap(map.value).filter((entry) => entry.value[0] !== 0x40);
}
