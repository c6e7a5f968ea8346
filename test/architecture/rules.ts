import { type Import, importsOf, type SourceFile } from "./source.ts";

/** Each rule takes a file and answers with one sentence for each breach. */
export type Rule = (file: SourceFile) => readonly string[];

/** The areas that each may build on; every one may also use `platform`. A partner sees its customers' support. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  agreements: [],
  messages: ["agreements"],
  access: ["agreements", "messages"],
  consumption: ["agreements", "messages", "access"],
  notices: ["agreements", "messages", "access", "consumption"],
  reports: ["agreements", "messages", "access", "consumption"],
  subscriptions: ["agreements", "messages", "access", "consumption", "reports"],
  support: ["agreements", "messages", "access", "consumption"],
  partners: ["agreements", "messages", "access", "consumption", "support"],
  platform: [],
};
/** The one file that knows every area, and is known by none. */
const WIRING = "src/platform/wiring.ts";

/** Where an area keeps or sends things: containers, queues and blobs, each behind a type of its own. */
const STORE = /^src\/[^/]+\/[^/]+-(store|queue|files)\.ts$/;
const OUTSIDE_WORLD =
  /^node:(child_process|dgram|dns|fs|http|http2|https|net|timers|tls|worker_threads)(\/|$)/;
const CLOCK_OR_CHANCE =
  /\b(Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\(|randomUUID|randomBytes|setTimeout\(|setInterval\(|Temporal\.Now|process\.env)/g;

const PRODUCT_LINES_MAX = 300;
/** A list of guarantees may be longer than the code that keeps them. */
const TEST_LINES_MAX = 400;

const areaOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];
const isProduct = (path: string): boolean => /^(functions|src)\//.test(path);
const isNoun = (path: string): boolean =>
  areaOf(path) !== undefined && areaOf(path) !== "platform" && !STORE.test(path);

function importRule(isWrong: (path: string, imported: Import) => string | undefined): Rule {
  return (file) =>
    importsOf(file).flatMap((imported) => {
      const why = isWrong(file.path, imported);
      return why === undefined ? [] : [`${file.path} imports ${imported.name}: ${why}`];
    });
}

/** Nothing that is deployed knows the local stack, the tests, the build or the bench. */
export const deploysAlone = importRule((path, { kind, name }) =>
  isProduct(path) && kind === "file" && !isProduct(name) ? "it is not deployed" : undefined,
);

/** `functions/` stands outside, over `src/`; `local/` and `bench/` are no part of a test. */
export const pointsInwards = importRule((path, { kind, name }) => {
  if (kind !== "file") return undefined;
  if (path.startsWith("src/") && name.startsWith("functions/")) return "triggers are outside, areas inside";
  if (!path.startsWith("test/") && path !== "vitest.config.ts" && name.startsWith("test/"))
    return "it is a test's";
  return undefined;
});

export const keepsAreasInOrder = importRule((path, { kind, name }) => {
  const from = areaOf(path);
  const to = areaOf(name);
  if (kind !== "file" || from === undefined || to === undefined || path === WIRING) return undefined;
  if (name === WIRING) return "the wiring knows the areas, not they it";
  const below = BELOW[from];
  if (below === undefined) return `the area ${from} has no place in the order of areas yet`;
  return from === to || to === "platform" || below.includes(to) ? undefined : `${to} is not below ${from}`;
});

/** The SDKs of the cloud stay at the edge: stores, platform, and the triggers' own library. */
export const keepsTheCloudAtTheEdge = importRule((path, { kind, name }) => {
  if (kind !== "package" || !name.startsWith("@azure/") || !isProduct(path)) return undefined;
  if (path.startsWith("functions/")) {
    return name === "@azure/functions" ? undefined : "a trigger has only the library of triggers";
  }
  return isNoun(path) ? "only stores and the platform know the cloud" : undefined;
});

/** Nouns are pure: what they need of the world is an argument. */
export const keepsNounsPure: Rule = (file) => {
  if (!isNoun(file.path)) return [];
  const world = importsOf(file).filter(({ kind, name }) => kind === "package" && OUTSIDE_WORLD.test(name));
  const calls = [...file.text.matchAll(CLOCK_OR_CHANCE)].map(([found]) => found);
  return [...world.map(({ name }) => name), ...calls].map((what) => `${file.path} uses ${what}: pass it in`);
};

/** What is deployed uses what is declared for it, and not the tools of the build. */
export const declaresWhatItDeploys =
  (dependencies: ReadonlySet<string>): Rule =>
  (file) =>
    importRule((path, { kind, name }) =>
      isProduct(path) && kind === "package" && !name.startsWith("node:") && !dependencies.has(name)
        ? "it is no dependency of the product"
        : undefined,
    )(file);

export const hasNoThirdLevel: Rule = ({ path }) =>
  /^src\/[^/]+\/[^/]+\//.test(path) ? [`${path}: a folder in an area would be an area of its own`] : [];

export const isNotTooLong: Rule = ({ path, text }) => {
  if (!path.endsWith(".ts")) return [];
  const lines = text.split("\n").length - 1;
  const limit = path.startsWith("test/") ? TEST_LINES_MAX : PRODUCT_LINES_MAX;
  return lines > limit ? [`${path} has ${lines} lines, more than ${limit}`] : [];
};

export const hasNoDefaultExport: Rule = ({ path, text }) =>
  path.endsWith(".ts") && path !== "vitest.config.ts" && /^export default\b|\bas default\s*[,}]/m.test(text)
    ? [`${path} has a default export`]
    : [];

/** Roots of the folders that only one machine has. */
const MACHINE_ROOTS = ["work", "root", "home", "Users"];
const MACHINE_PATH = new RegExp(`(?<![\\w.~:/\\\\-])/(${MACHINE_ROOTS.join("|")})/[\\w.-]`, "g");
const PACKAGE_REGISTRY =
  /https?:\/\/(?!registry\.npmjs\.org\b)[^\s/"'`<>]*(registry|artifactory|nexus|npm|pypi)[^\s/"'`<>]*/g;
const TRACKER = /\b(issue|ticket|pull request|PR|fixes|closes|resolves) (#\d+|\d{2,})\b/gi;

/** Whoever reads the repository elsewhere can follow all that it says. */
export const namesNoWorkplace: Rule = ({ path, text }) =>
  [MACHINE_PATH, PACKAGE_REGISTRY, TRACKER]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(([found]) => `${path} names ${found}`);
