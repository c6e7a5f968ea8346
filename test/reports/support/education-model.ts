/**
 * What an education report must say, by brute force: every line is looked for among all events, nothing is folded, and no
 * code of the product is used.
 */
import * as z from "zod";

const deliverySchema = z.object({
  id: z.string(),
  type: z.literal("support.delivery.recorded.v1"),
  data: z.object({
    service: z.string(),
    agreementId: z.string().optional(),
    packageId: z.string().optional(),
    entitlementId: z.string().optional(),
    workspaceId: z.string().default("ws-default"),
    quantity: z.int(),
    unit: z.string(),
    deliveredAt: z.string(),
    detail: z.object({ learner: z.string(), activityTitle: z.string() }).optional(),
  }),
});
const reversalSchema = z.object({
  id: z.string(),
  time: z.string(),
  type: z.literal("support.delivery.reversed.v1"),
  data: z.object({
    reverses: z.object({ source: z.string(), id: z.string() }),
    quantity: z.int().optional(),
    reason: z.string(),
  }),
});
type Delivery = z.infer<typeof deliverySchema>;
type Reversal = z.infer<typeof reversalSchema>;

const eventsOf = <Event>(schema: z.ZodType<Event>, bodies: readonly string[]): Event[] =>
  bodies.flatMap((body) => {
    const parsed = schema.safeParse(JSON.parse(body));
    return parsed.success ? [parsed.data] : [];
  });

export type ExpectedLine = {
  readonly eventId: string;
  readonly deliveredAt: string;
  readonly quantity: string;
  readonly unit: string;
  readonly learner: string;
  readonly activityTitle: string;
  readonly agreementId: string;
  readonly packageId: string;
  readonly entitlementId: string;
  readonly workspaceId: string;
  readonly reversesId: string;
  readonly reversalReason: string;
};

/** Of these workspaces, whatever the instant; in no order. */
export function expectedLines(
  bodies: readonly string[],
  workspaceIds: readonly string[] | null,
): readonly ExpectedLine[] {
  const reversals = eventsOf(reversalSchema, bodies);
  return eventsOf(deliverySchema, bodies)
    .filter(({ data }) => data.service === "education" && data.agreementId !== undefined)
    .filter(({ data }) => workspaceIds === null || workspaceIds.includes(data.workspaceId))
    .flatMap((delivery) => [
      lineOf(delivery, delivery.id, delivery.data.quantity),
      ...takenBack(
        delivery,
        reversals.filter(({ data }) => data.reverses.id === delivery.id),
      ),
    ]);
}

/** In the order of their times each takes what it asks for, or nothing where that is more than is left. */
function takenBack(delivery: Delivery, reversals: readonly Reversal[]): ExpectedLine[] {
  let left = delivery.data.quantity;
  const lines: ExpectedLine[] = [];
  for (const { id, data } of reversals.toSorted((one, other) => (one.time < other.time ? -1 : 1))) {
    const asked = data.quantity ?? left;
    if (left === 0 || asked > left) continue;
    left -= asked;
    lines.push({ ...lineOf(delivery, id, -asked), reversesId: delivery.id, reversalReason: data.reason });
  }
  return lines;
}

const lineOf = ({ data }: Delivery, eventId: string, quantity: number): ExpectedLine => ({
  eventId,
  deliveredAt: new Date(data.deliveredAt).toISOString(),
  quantity: String(quantity),
  unit: data.unit,
  learner: data.detail?.learner ?? "",
  activityTitle: data.detail?.activityTitle ?? "",
  agreementId: data.agreementId ?? "",
  packageId: data.packageId ?? "",
  entitlementId: data.entitlementId ?? "",
  workspaceId: data.workspaceId,
  reversesId: "",
  reversalReason: "",
});
