import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";

/** An app for the tests of the functions host: HTTP functions that tell what they were given. */

async function tell(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const body = await request.text();
  return {
    jsonBody: {
      function: context.functionName,
      method: request.method,
      url: request.url,
      params: request.params,
      query: [...request.query],
      body,
      agent: request.headers.get("x-agent"),
      traceParent: context.traceContext?.traceParent,
      invocationId: context.invocationId,
    },
  };
}

app.http("literal", { route: "orders/latest", methods: ["GET"], handler: tell });
app.http("parameter", { route: "orders/{orderId}", methods: ["GET", "PUT", "HEAD"], handler: tell });
app.http("rest", { route: "orders/{*path}", methods: ["GET"], handler: tell });
app.http("optional", { route: "places/{place?}", methods: ["GET"], handler: tell });
app.http("post", { route: "texts", methods: ["POST"], handler: tell });
app.http("guarded", { route: "guarded", methods: ["GET"], authLevel: "function", handler: tell });
app.http("options", { route: "options", methods: ["OPTIONS"], handler: tell });
app.get("nothing", async () => ({ body: "taken away by the hook" }));
app.get("throws", async () => {
  throw new Error("no such luck");
});
app.get("full", async () => ({
  status: 201,
  headers: { "x-own": "1", "content-type": "application/x-bytes" },
  body: Buffer.from([0, 255, 1]),
  cookies: [
    { name: "first", value: "a b", httpOnly: true, secure: true, sameSite: "Strict", maxAge: 60, path: "/" },
    { name: "second", value: "2", expires: new Date("2030-01-02T03:04:05Z"), domain: "example.org" },
  ],
}));
app.get("logs", async (_request, context) => {
  context.log("told", { the: "host" });
  context.warn("warned");
  console.log("past the host");
  return {};
});
app.get("environment", async () => ({ jsonBody: { ...process.env } }));

let slowCalls = 0;
app.get("slow", async () => {
  slowCalls += 1;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { body: "done" };
});
app.get("slowCalls", async () => ({ body: String(slowCalls) }));

app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== "hooked") return;
  context.inputs.push("from the hook");
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === "nothing") context.result = undefined;
  if (context.invocationContext.functionName !== "hooked") return;
  context.result = { body: `${String(context.inputs.at(-1))}, then after` };
});
app.get("hooked", async () => ({ body: "replaced" }));
app.hook.appTerminate(() => {
  console.log("app terminated");
});
