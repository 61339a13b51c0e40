// A process that compiles until it is killed: the tour's chapter on jobs starts it.
import { llama } from "dspex/llama";
import { compileAlone } from "./compile-past.ts";

const [, , folder = ""] = process.argv;
await compileAlone(folder, llama(), process.stdout, true);
