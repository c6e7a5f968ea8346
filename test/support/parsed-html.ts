import { type DefaultTreeAdapterMap, html as names, parseFragment } from "parse5";

/** What a browser makes of HTML, told by a parser that follows the standard and shares nothing with the product. */

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

const ELEMENTS = new Set(
  (
    "a abbr address article b bdi blockquote br caption cite code dd del div dl dt em figcaption figure footer h1 h2 " +
    "h3 h4 h5 h6 header hr i ins kbd li main mark ol p pre q s samp section small span strong sub sup table tbody td " +
    "tfoot th thead tr u ul var"
  ).split(" "),
);
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  dir: /^(ltr|rtl|auto)$/,
  href: /^(https?:\/\/|mailto:)/,
  rel: /^noopener noreferrer nofollow$/,
  colspan: /^[1-9]\d{0,2}$/,
  rowspan: /^[1-9]\d{0,2}$/,
};

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  // A list of what is left to see, and no recursion: what is tested may be deep.
  const left: Node[] = "childNodes" in node ? [...node.childNodes].toReversed() : [];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next;
    if ("childNodes" in next) left.push(...[...next.childNodes].toReversed());
    if ("content" in next) left.push(next.content);
  }
}

const isElement = (node: Node): node is Element => "tagName" in node;

function breachesOf(node: Node): readonly string[] {
  if (node.nodeName === "#text" || node.nodeName === "#document-fragment") return [];
  if (!isElement(node)) return [`has ${node.nodeName}`];
  if (node.namespaceURI !== names.NS.HTML || !ELEMENTS.has(node.tagName)) return [`has <${node.tagName}>`];
  const wrong = node.attrs.filter(({ name, value }) => ATTRIBUTES[name]?.test(value) !== true);
  const isBareLink =
    node.attrs.some(({ name }) => name === "href") && !node.attrs.some(({ name }) => name === "rel");
  return [
    ...wrong.map(({ name, value }) => `has <${node.tagName} ${name}="${value}">`),
    ...(isBareLink ? ["has a link without rel"] : []),
  ];
}

/** Whatever a browser would find that must not be there, with scripting and without. */
export function breaches(html: string): readonly string[] {
  return [true, false].flatMap((scriptingEnabled) =>
    [...nodesOf(parseFragment(html, { scriptingEnabled }))].flatMap(breachesOf),
  );
}

/** Visible text of HTML, white space as one space each. */
export function textIn(html: string): string {
  const texts = [...nodesOf(parseFragment(html))].map((node) => ("value" in node ? node.value : " "));
  return texts.join("").replaceAll(/\s+/g, " ").trim();
}
