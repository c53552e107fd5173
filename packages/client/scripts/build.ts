import path from "node:path";
import { writeDistribution } from "./distribution.ts";

await writeDistribution(path.join(import.meta.dirname, "../dist"));
