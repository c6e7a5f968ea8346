import { app } from "@azure/functions";

/** An app for the tests of the functions host that streams its bodies. */

app.setup({ enableHttpStream: true });

app.http("echo", {
  route: "echo/{name}",
  methods: ["POST"],
  handler: async (request) => ({
    status: 202,
    headers: { "x-name": request.params["name"] ?? "", "x-query": request.query.get("q") ?? "" },
    body: request.body,
  }),
});
app.get("parts", async () => ({
  body: ReadableStream.from([new TextEncoder().encode("one,"), new TextEncoder().encode("two")]),
}));
app.get("throws", async () => {
  throw new Error("no such luck");
});
