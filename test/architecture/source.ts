import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is not of the repository: installed, made, or of one machine. */
const NOT_OURS = new Set([
  ".git",
  ".data",
  "node_modules",
  "dist",
  "coverage",
  "package-lock.json",
  "local.settings.json",
]);
const TEXT_FILE =
  /(\.(bicep|bicepparam|css|html|js|json|md|mjs|ndjson|sh|sql|svg|ts|txt|ya?ml)|\/run|^LICENSE|\.gitignore)$/;

export type SourceFile = { readonly path: string; readonly text: string };

/** A module that another one names: a file of the repository by its path, or a package. */
export type Import = { readonly kind: "file" | "package"; readonly name: string };

/** Every text file of the repository, by its path from the root, with `/` between folders. */
export async function sourceFiles(): Promise<readonly SourceFile[]> {
  const paths = (await pathsIn(ROOT)).filter((path) => TEXT_FILE.test(path));
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(ROOT, path), "utf8") })));
}

async function pathsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !NOT_OURS.has(name))
    .map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pathsIn(path);
      return entry.isFile() ? [relative(ROOT, path).split(sep).join("/")] : [];
    });
  return (await Promise.all(found)).flat();
}

const IMPORT =
  /^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|\bimport\("([^"]+)"\)\./gm;

/** What a file imports, statically or with a literal name. Types count too: they tie just as much. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, fixed, dynamic, inType]) => {
    const name = fixed ?? dynamic ?? inType ?? "";
    return name.startsWith(".")
      ? {
          kind: "file",
          name: relative(ROOT, resolve(ROOT, dirname(path), name))
            .split(sep)
            .join("/"),
        }
      : { kind: "package", name: packageOf(name) };
  });
}

/** `@scope/name/inner` is of the package `@scope/name`. */
function packageOf(name: string): string {
  if (name.startsWith("node:")) return name;
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}
