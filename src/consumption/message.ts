/** Messages of the queue as JSON texts of CloudEvents, whichever way a producer sent them (structured or binary mode). */
import * as z from "zod";

/** CloudEvents' AMQP binding: context attributes are application properties with this prefix. */
const ATTRIBUTE_PREFIX = "cloudEvents:";

const metadataSchema = z.object({
  applicationPropertiesArray: z
    .array(z.record(z.string(), z.unknown()).nullish())
    .optional()
    .catch(undefined),
  contentTypeArray: z.array(z.string().nullish()).optional().catch(undefined),
});

/**
 * @param messages what the Functions library hands over: an array whose items it has parsed where they were JSON.
 * @param metadata trigger metadata of the batch: an array for each property, in the order of the messages.
 */
export function messageTexts(messages: unknown, metadata: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  const parsed = metadataSchema.safeParse(metadata ?? {});
  const { applicationPropertiesArray, contentTypeArray } = parsed.success ? parsed.data : {};
  return items.map((item, index) => {
    const attributes = attributesOf(applicationPropertiesArray?.[index] ?? {});
    if (Object.keys(attributes).length === 0) return textOf(item);
    const contentType = contentTypeArray?.[index];
    return JSON.stringify({
      ...attributes,
      ...(contentType == null ? {} : { datacontenttype: contentType }),
      data: dataOf(item),
    });
  });
}

function attributesOf(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) =>
      name.startsWith(ATTRIBUTE_PREFIX) ? [[name.slice(ATTRIBUTE_PREFIX.length), value]] : [],
    ),
  );
}

function textOf(item: unknown): string {
  if (typeof item === "string") return item;
  if (item instanceof Uint8Array) return Buffer.from(item).toString("utf8");
  return JSON.stringify(item) ?? "";
}

function dataOf(item: unknown): unknown {
  if (!(item instanceof Uint8Array) && typeof item !== "string") return item;
  const text = textOf(item);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
