import * as z from "zod";

/** The app's settings, as the platform reads them: from the environment of the process that runs the app. */
export type Settings = Readonly<Record<string, string | undefined>>;

const REFERENCE = /%([^%]+)%/g;

export function settingReferences(text: string): readonly string[] {
  return [...text.matchAll(REFERENCE)].map(([, name = ""]) => name);
}

/** The platform's own setting, and its default. @throws ZodError when it is not a number of bytes. */
export function bodyLimitBytes(settings: Settings): number {
  return z.coerce
    .number("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT must be a number of bytes")
    .int()
    .positive()
    .default(100 * 1024 * 1024)
    .parse(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]);
}

/** Puts the settings in place of each `%NAME%`. @throws Error for a setting that is missing. */
export function resolveReferences(text: string, settings: Settings): string {
  return text.replace(REFERENCE, (_, name: string) => {
    const value = settings[name];
    if (value === undefined)
      throw new Error(`the setting ${name} is missing, which a binding names as %${name}%`);
    return value;
  });
}

export type Connection =
  | { readonly kind: "connectionString"; readonly connectionString: string }
  | { readonly kind: "identity"; readonly namespace: string };

/** A connection is one setting with a connection string, or a setting `NAME__fullyQualifiedNamespace`. */
export function findConnection(name: string, settings: Settings): Connection | undefined {
  for (const candidate of [name, `AzureWebJobs${name}`]) {
    const connectionString = settings[candidate];
    if (connectionString !== undefined) return { kind: "connectionString", connectionString };
    const namespace = settings[`${candidate}__fullyQualifiedNamespace`];
    if (namespace !== undefined) return { kind: "identity", namespace };
  }
  return undefined;
}
