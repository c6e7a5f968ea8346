/** An address under the client's, whatever the segments hold. */
export function within(base: URL, ...segments: readonly string[]): URL {
  const path = segments.map((segment) => encodeURIComponent(segment)).join("/");
  return new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
}
