import type { AnyPredictor, Program } from "../../programs/program.ts";
import { insideOf, isPredictor } from "../../programs/program-tree.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";

/**
 * A program as a model can read it: its parts, down to the predictors with their fields and instructions, and the source
 * text of the code that puts them together. (DSPy puts the Python source of the program's class here.)
 */
export function programText(program: Program): string {
  return linesOf(program, `${kindText(program)} ${program.name}`).join("\n");
}

/** What a predictor takes and gives, as DSPy writes it: `Predict(question) -> reasoning, answer`. */
export function predictorText({ signature }: AnyPredictor): string {
  return `Predict(${names(signature.inputFields)}) -> ${names(signature.outputFields)}`;
}

function linesOf(program: Program, title: string): string[] {
  return [title, ...(isPredictor(program) ? predictorLines(program.signature) : partLines(program))];
}

function partLines(program: Program): string[] {
  const parts = Object.entries(program.parts).flatMap(([name, part]) =>
    linesOf(part, `part ${name}: ${kindText(part)}`),
  );
  const texts = Object.entries(insideOf(program)?.parameters ?? {}).map(([name, text]) => `parameter ${name}: ${text}`);
  const code = Object.values(insideOf(program)?.code ?? { forward: program.forward }).flatMap(sourceLines);
  return [...parts, ...texts.flatMap((text) => text.split("\n")), ...code].map(indented);
}

function predictorLines(signature: AnySignature): string[] {
  const [first = "", ...rest] = signature.instructions.split("\n");
  return [`fields: ${signature.toString()}`, `instructions: ${first}`, ...rest.map(indented)].map(indented);
}

/** As it was written, but for the indent of the place where it stands, and the gaps that types leave where they are stripped. */
function sourceLines(code: object): string[] {
  const source = typeof code === "function" ? Function.prototype.toString.call(code) : "";
  if (source === "" || source.includes("[native code]")) return [];
  const [first = "", ...rest] = source.split("\n");
  const indents = rest.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents);
  return [first, ...rest.map((line) => line.slice(common))].map((line) => line.replace(/(?<=\S) {2,}/g, " ").trimEnd());
}

/** `chain_of_thought` in words. */
function kindText({ kind }: Program): string {
  return kind.replaceAll("_", " ");
}

function names(fields: AnySignature["fields"]): string {
  return fields.map(({ name }) => name).join(", ");
}

function indented(line: string): string {
  return line === "" ? "" : `  ${line}`;
}
