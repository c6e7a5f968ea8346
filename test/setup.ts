import fc from "fast-check";
import { propertySeed } from "./property-seed.ts";

const seed = propertySeed(process.env["PROPERTY_SEED"]);
fc.configureGlobal(seed === undefined ? {} : { seed });
