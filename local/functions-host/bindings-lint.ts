import type { DescribedFunction } from "./host.ts";
import { hostJsonSchema } from "./host-json.ts";
import { parseRoute } from "./routes.ts";
import { parseSchedule } from "./schedule.ts";
import { findConnection, type Settings, settingReferences } from "./settings.ts";

/**
 * What would start here or on the platform and then not work, or not start there: found from the registrations alone.
 * Each problem is one sentence that starts with the name of its function.
 */
export function lintBindings(
  functions: readonly DescribedFunction[],
  hostJson: unknown,
  settings: Settings,
): readonly string[] {
  return [
    ...hostJsonProblems(functions, hostJson),
    ...functions.flatMap((one) => bindingProblems(one, settings)),
    ...routeClashes(functions),
  ];
}

type Binding = DescribedFunction["bindings"][string];

const isTypeOf = (binding: Binding, type: string): boolean =>
  binding.type.toLowerCase() === type.toLowerCase();

function hostJsonProblems(functions: readonly DescribedFunction[], hostJson: unknown): readonly string[] {
  const parsed = hostJsonSchema.safeParse(hostJson);
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `host.json: ${issue.path.join(".")}: ${issue.message}`);
  const needsBundle = functions
    .flatMap(({ bindings }) => Object.values(bindings))
    .some((binding) => /^serviceBus/i.test(binding.type));
  return needsBundle && parsed.data.extensionBundle === undefined
    ? ["host.json: Service Bus bindings need an extensionBundle"]
    : [];
}

function bindingProblems({ name, bindings }: DescribedFunction, settings: Settings): readonly string[] {
  return Object.values(bindings).flatMap((binding) => {
    const problems = [...settingProblems(binding, settings)];
    if (isTypeOf(binding, "httpTrigger")) problems.push(...routeProblems(name, binding));
    if (isTypeOf(binding, "timerTrigger")) problems.push(...scheduleProblems(binding, settings));
    return problems.map((problem) => `${name}: ${problem}`);
  });
}

function settingProblems(binding: Binding, settings: Settings): readonly string[] {
  const problems: string[] = [];
  const connection = binding["connection"];
  if (typeof connection === "string" && findConnection(connection, settings) === undefined)
    problems.push(`neither setting ${connection} nor ${connection}__fullyQualifiedNamespace is declared`);
  for (const value of Object.values(binding))
    for (const reference of typeof value === "string" ? settingReferences(value) : [])
      if (settings[reference] === undefined) problems.push(`setting ${reference} is not declared`);
  return problems;
}

function routeOf(name: string, binding: Binding): string {
  const route = binding["route"];
  return typeof route === "string" ? route : name;
}

/** The platform's front end takes a dot in the last segment for the name of a file. */
function routeProblems(name: string, binding: Binding): readonly string[] {
  const template = routeOf(name, binding);
  const last = template.split("/").at(-1) ?? "";
  const problems = last.includes(".") ? [`route "${template}" has a dot in its last segment`] : [];
  return [...problems, ...messageOf(() => parseRoute(template))];
}

function scheduleProblems(binding: Binding, settings: Settings): readonly string[] {
  const schedule = binding["schedule"];
  if (typeof schedule !== "string") return ["a timer needs a schedule"];
  // A reference that is missing has been reported as such.
  const resolved = schedule.replace(/%([^%]+)%/g, (text, reference: string) => settings[reference] ?? text);
  return settingReferences(resolved).length > 0 ? [] : messageOf(() => parseSchedule(resolved));
}

function messageOf(attempt: () => unknown): readonly string[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Routes that differ in nothing but the names of their parameters are the same to a request. */
function routeClashes(functions: readonly DescribedFunction[]): readonly string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const { name, bindings } of functions)
    for (const key of Object.values(bindings).flatMap((binding) => routeKeys(name, binding))) {
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, name);
      else problems.push(`${name}: ${key} is also the route of ${owner}`);
    }
  return problems;
}

function routeKeys(name: string, binding: Binding): readonly string[] {
  const methods = binding["methods"];
  if (!isTypeOf(binding, "httpTrigger") || !Array.isArray(methods)) return [];
  const shape = routeOf(name, binding)
    .toLowerCase()
    .replace(/^\/|\/$/g, "")
    .replace(/\{(\*{0,2})[^}]*\}/g, "{$1}");
  return methods.map((method) => `${String(method).toUpperCase()} ${shape}`);
}
