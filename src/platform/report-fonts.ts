import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/**
 * The fonts that documents carry. They come from their package while developing; a bundle has them in `fonts/` beside
 * itself, with their licence.
 */

const PACKAGE = "@expo-google-fonts/noto-sans";
const PACKAGE_FILES = {
  regular: "400Regular/NotoSans_400Regular.ttf",
  bold: "700Bold/NotoSans_700Bold.ttf",
  licence: "LICENSE_FONT",
} as const;

/** What a build copies: from where, and to which file of `fonts/` beside the bundle. */
export const FONT_FILES: readonly { readonly from: string; readonly to: string }[] = Object.values(
  PACKAGE_FILES,
).map((path) => ({ from: `${PACKAGE}/${path}`, to: nameOf(path) }));

const { resolve } = createRequire(import.meta.url);

export async function readFonts(): Promise<{ readonly regular: Uint8Array; readonly bold: Uint8Array }> {
  const [regular, bold] = await Promise.all([readFont(PACKAGE_FILES.regular), readFont(PACKAGE_FILES.bold)]);
  return { regular, bold };
}

async function readFont(path: string): Promise<Uint8Array> {
  try {
    return await readFile(new URL(`./fonts/${nameOf(path)}`, import.meta.url));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return readFile(resolve(`${PACKAGE}/${path}`));
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
