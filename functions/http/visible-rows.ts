/** Which rows of Customer Activity the caller sees, and the addresses of the requests that they show (CA-18). */
import type { Grant } from "../../src/access/grant.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { Chosen } from "../../src/consumption/chosen.ts";
import type { RowVisibility } from "../../src/consumption/grid-visibility.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import { requestIdOf, requestNumberSchema } from "../../src/support/request.ts";
import { requestLink } from "../../src/support/request-view.ts";
import { rowVisibility } from "../../src/support/row-visibility.ts";
import { viewerAt } from "./support-request.ts";

type Asked = { readonly principal: Principal; readonly grant: Grant; readonly url: URL };

export type VisibleRows = RowVisibility & {
  /** Null: the row shows no request that can be opened. Of a number that was looked up. */
  readonly linkOf: (number: string | null) => string | null;
};

export async function visibleRows(
  { support }: Pick<App, "support">,
  { principal, grant, url }: Asked,
  customerId: CustomerId,
  chosen: Chosen,
): Promise<VisibleRows> {
  const viewer = viewerAt({ principal, grant }, customerId);
  const visibility = await rowVisibility(support.requests, viewer, chosen);
  const linkOf = (number: string | null) =>
    visibility.isOpenable(number)
      ? requestLink(url, requestIdOf({ customerId, number: requestNumberSchema.parse(number) }))
      : null;
  return { ...visibility, linkOf };
}
