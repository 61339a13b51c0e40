import { UsageError } from "../../foundation/errors.ts";
import { type AnySignature, type Program, signature } from "../../index.ts";
import { isPredictor, isProgram, notProgram } from "../../programs/program-tree.ts";
import type { CliWorld } from "../cli-world.ts";
import { namedExport } from "./named-export.ts";

/** The program of `FILE#name`. @throws UsageError (rejects) for what is none, and as {@link namedExport} does */
export async function namedProgram(option: string, text: string, world: CliWorld): Promise<Program> {
  const found = await namedExport(option, text, world);
  if (!isProgram(found)) throw notProgram(`${option} ${text}: expected`, found);
  return found;
}

/** What goes into a program and comes out of it, where it says so itself; undefined for code of one's own. */
export function signatureOf(program: Program): AnySignature | undefined {
  if (isPredictor(program)) return program.signature;
  // It is one predictor, with the reasoning before the outputs: one more label that a set may have.
  return program.kind === "chain_of_thought" ? signatureOf(program.parts["predict"] as Program) : undefined;
}

/**
 * A signature as text (`question -> answer`), or that of `FILE#name`.
 * @throws UsageError (rejects) for what is none, and as {@link namedExport} does
 */
export async function namedSignature(option: string, text: string, world: CliWorld): Promise<AnySignature> {
  if (text.includes("->")) return signature<string>(text);
  const found = (await namedExport(option, text, world)) as Partial<AnySignature> | null | undefined;
  if (found?.kind === "signature") return found as AnySignature;
  throw new UsageError(`${option} ${text}: expected a signature`);
}
