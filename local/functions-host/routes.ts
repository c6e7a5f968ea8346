/**
 * ASP.NET-style routes, as far as this project allows itself to use them: literal segments, `{name}`, and at the end
 * `{name?}` or `{*rest}`. A literal wins over a parameter, a parameter over a catch-all, compared segment by segment
 * from the left. Literals match without regard to case.
 */

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string; readonly optional: boolean }
  | { readonly kind: "rest"; readonly name: string };

export type Route = { readonly template: string; readonly segments: readonly Segment[] };

export type RouteParameters = Readonly<Record<string, string>>;

/** @throws Error when the template uses what this host does not offer, such as `{id:int}` or `a-{b}`. */
export function parseRoute(template: string): Route {
  const texts = template.split("/").filter((text) => text !== "");
  const segments = texts.map((text) => parseSegment(text, template));
  for (const [index, segment] of segments.entries()) {
    const mustBeLast = segment.kind === "rest" || (segment.kind === "parameter" && segment.optional);
    if (mustBeLast && index < segments.length - 1)
      throw new Error(`route "${template}": {${segment.name}} can only be the last segment`);
  }
  return { template, segments };
}

function parseSegment(text: string, template: string): Segment {
  if (!/[{}]/.test(text)) return { kind: "literal", text };
  const { star, name, constraint, optional } =
    /^\{(?<star>\*{0,2})(?<name>\w+)(?<constraint>[:=][^?}]*)?(?<optional>\?)?\}$/.exec(text)?.groups ?? {};
  if (name === undefined)
    throw new Error(`route "${template}": a parameter must be a whole segment, not "${text}"`);
  if (constraint !== undefined)
    throw new Error(`route "${template}": constraints and defaults such as "${text}" are not supported`);
  if (star !== undefined && star !== "") return { kind: "rest", name };
  return { kind: "parameter", name, optional: optional !== undefined };
}

/** Orders routes so that the first that matches is the one to take. */
export function compareRoutes(left: Route, right: Route): number {
  const length = Math.max(left.segments.length, right.segments.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(left.segments[index]) - rank(right.segments[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A route that ends comes before one that goes on: what goes on can only match here with an optional segment. */
function rank(segment: Segment | undefined): number {
  switch (segment?.kind) {
    case undefined:
      return 0;
    case "literal":
      return 1;
    case "parameter":
      return 2;
    case "rest":
      return 3;
  }
}

/** The path of a request as the segments that `matchRoute` takes; one slash at the end means nothing. */
export function pathSegments(path: string): readonly string[] {
  const trimmed = path.replace(/^\//, "").replace(/\/$/, "");
  return trimmed === "" ? [] : trimmed.split("/").map(decodeSegment);
}

/** An encoded slash stays encoded, as in ASP.NET; so does what is not an encoding of text. */
function decodeSegment(text: string): string {
  const parts = text.split(/(%2f)/i);
  try {
    return parts.map((part) => (/^%2f$/i.test(part) ? part : decodeURIComponent(part))).join("");
  } catch {
    return text;
  }
}

export function matchRoute(route: Route, path: readonly string[]): RouteParameters | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    if (segment.kind === "rest") {
      const rest = path.slice(index).join("/");
      if (rest !== "") parameters[segment.name] = rest;
      return parameters;
    }
    const text = path[index];
    if (text === undefined) return segment.kind === "parameter" && segment.optional ? parameters : undefined;
    if (text === "") return undefined;
    if (segment.kind === "parameter") parameters[segment.name] = text;
    else if (segment.text.toLowerCase() !== text.toLowerCase()) return undefined;
  }
  return path.length > route.segments.length ? undefined : parameters;
}
