/** rhea's frame constructors, which it does not export: see rhea-internals.d.ts. */
declare module "rhea/lib/frames.js" {
  const frames: {
    disposition(fields: {
      readonly role: boolean;
      readonly first: number;
      readonly last: number;
      readonly settled: boolean;
      readonly state: object;
    }): object;
  };
  export = frames;
}
