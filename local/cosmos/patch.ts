import * as z from "zod";
import { badRequest, unsupported } from "./errors.ts";
import { anyJson, isArray, isObject, type Json, type JsonObject, member } from "./json.ts";
import { SYSTEM_PROPERTIES } from "./stored-item.ts";

const MAX_OPERATIONS = 10;

const path = z.string().regex(/^\/.+/);
const operation = z.discriminatedUnion("op", [
  z.object({ op: z.enum(["add", "set", "replace"]), path, value: anyJson }),
  z.object({ op: z.literal("incr"), path, value: z.number() }),
  z.object({ op: z.literal("remove"), path }),
  z.object({ op: z.literal("move"), path, from: path }),
]);
const patchBody = z.union([
  z.array(operation),
  z.object({ condition: z.string().optional(), operations: z.array(operation) }),
]);

type Operation = z.output<typeof operation>;
export type Patch = { readonly condition: string | undefined; readonly operations: readonly Operation[] };

/** What to do with the member or element at the end of a path: the new value, or undefined to take it away. */
type Edit = (current: Json | undefined) => Json | undefined;

/** @throws CosmosError 400 */
export function parsePatch(body: Json): Patch {
  const parsed = patchBody.safeParse(body);
  if (!parsed.success) throw badRequest("The patch request is not of the expected form.");
  const { condition, operations } = Array.isArray(parsed.data)
    ? { condition: undefined, operations: parsed.data }
    : { condition: parsed.data.condition, operations: parsed.data.operations };
  if (operations.length === 0) throw badRequest("A patch needs at least one operation.");
  if (operations.length > MAX_OPERATIONS) {
    throw badRequest(`The number of patch operations can't exceed ${MAX_OPERATIONS}.`);
  }
  return { condition, operations };
}

/** All operations or none: the document that was given is never changed. @throws CosmosError 400 */
export function applyPatch(document: JsonObject, operations: readonly Operation[]): JsonObject {
  let patched: Json = document;
  for (const [index, step] of operations.entries()) patched = applyOperation(patched, step, index + 1);
  if (!isObject(patched)) throw badRequest("A patch cannot replace the whole document.");
  return patched;
}

function applyOperation(document: Json, step: Operation, number: number): Json {
  const refuse = (reason: string) => badRequest(`For Operation(${number}): ${reason}`);
  const target = segmentsOf(step.path, refuse);
  switch (step.op) {
    case "add":
      return editAt(document, target, () => step.value, "insert", refuse);
    case "set":
      return editAt(document, target, () => step.value, "replace", refuse);
    case "replace":
      return editAt(
        document,
        target,
        present(() => step.value, "replaced", refuse),
        "replace",
        refuse,
      );
    case "remove":
      return editAt(
        document,
        target,
        present(() => undefined, "removed", refuse),
        "replace",
        refuse,
      );
    case "incr":
      return editAt(document, target, (current) => increased(current, step.value, refuse), "replace", refuse);
    case "move": {
      if (`${step.path}/`.startsWith(`${step.from}/`)) throw refuse("a node cannot be moved into itself.");
      const source = segmentsOf(step.from, refuse);
      const moved = source.reduce<Json | undefined>(childOf, document);
      if (moved === undefined) throw refuse("the node to be moved is absent.");
      const removed = editAt(document, source, () => undefined, "replace", refuse);
      return editAt(removed, target, () => moved, "insert", refuse);
    }
  }
}

type Refuse = (reason: string) => Error;

function present(edit: Edit, verb: string, refuse: Refuse): Edit {
  return (current) => {
    if (current === undefined) throw refuse(`the node to be ${verb} is absent.`);
    return edit(current);
  };
}

function increased(current: Json | undefined, by: number, refuse: Refuse): number {
  if (current === undefined) return by;
  if (typeof current !== "number") throw refuse("the node to be increased is not a number.");
  return current + by;
}

function segmentsOf(text: string, refuse: Refuse): readonly string[] {
  const segments = text
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (SYSTEM_PROPERTIES.has(segments[0] ?? "")) throw refuse("a system property cannot be patched.");
  return segments;
}

/** An element by its number or a member by its name. */
function childOf(node: Json | undefined, segment: string): Json | undefined {
  return isArray(node) ? node[indexOf(segment) ?? -1] : member(node, segment);
}

function indexOf(segment: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(segment) ? Number(segment) : undefined;
}

/** A new document in which only the way to the path differs; `insert` shifts the elements of an array. */
function editAt(
  node: Json,
  segments: readonly string[],
  edit: Edit,
  mode: "insert" | "replace",
  refuse: Refuse,
): Json {
  const [segment, ...rest] = segments;
  if (segment === undefined) return node;
  if (rest.length > 0) {
    const child = childOf(node, segment);
    if (child === undefined || child === null || typeof child !== "object") {
      throw refuse("the path goes through a node that does not exist; patch cannot create it.");
    }
    return withChild(node, segment, editAt(child, rest, edit, mode, refuse));
  }
  if (isArray(node)) return editElement(node, segment, edit, mode, refuse);
  return withChild(node, segment, edit(childOf(node, segment)));
}

function withChild(node: Json, segment: string, child: Json | undefined): Json {
  if (isArray(node)) return node.with(indexOf(segment) ?? 0, child ?? null);
  if (!isObject(node)) return node;
  if (child !== undefined) return { ...node, [segment]: child };
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== segment));
}

function editElement(
  array: readonly Json[],
  segment: string,
  edit: Edit,
  mode: "insert" | "replace",
  refuse: Refuse,
): Json {
  if (segment === "-" && mode === "replace") throw unsupported("patch paths that end in /-, except to add");
  const index = segment === "-" ? array.length : indexOf(segment);
  const end = mode === "insert" ? array.length : array.length - 1;
  if (index === undefined || index > end) throw refuse("the array index is out of bounds.");
  const edited = edit(mode === "insert" ? undefined : array[index]);
  if (edited === undefined) return array.toSpliced(index, 1);
  return array.toSpliced(index, mode === "insert" ? 0 : 1, edited);
}
