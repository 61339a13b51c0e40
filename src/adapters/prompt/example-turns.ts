import type { LmContent, LmMessage } from "../../lm/message.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import type { FieldValues } from "../adapter.ts";
import { checkMedia } from "./media-parts.ts";

const INCOMPLETE = "This is an example of the task, though some input or output fields are not supplied.";
const NOT_SUPPLIED = "Not supplied for this particular example. ";

export interface DemoWriter {
  user(values: FieldValues, opening: string): LmContent;
  assistant(values: FieldValues, missing?: string): string;
}

/**
 * Demos as turns, in DSPy's order: the incomplete ones, then the complete ones. A demo is complete when every field is
 * there and not null; one that lacks all inputs or all outputs teaches nothing and is left out.
 */
export function demoTurns(signature: AnySignature, demos: readonly Demo[], writer: DemoWriter): LmMessage[] {
  const turn = (demo: Demo, opening: string, missing?: string): LmMessage[] => {
    checkMedia(signature.inputFields, demo, `${signature.name}: a demo`);
    return [
      { role: "user", content: writer.user(demo, opening) },
      { role: "assistant", content: writer.assistant(demo, missing) },
    ];
  };
  const has = (demo: Demo, fields: readonly Field[]): boolean => fields.some(({ name }) => demo[name] !== undefined);
  const complete = (demo: Demo): boolean => isComplete(signature.fields, demo);
  const partial = demos.filter(
    (demo) => !complete(demo) && has(demo, signature.inputFields) && has(demo, signature.outputFields),
  );
  return [
    ...partial.flatMap((demo) => turn(demo, INCOMPLETE, NOT_SUPPLIED)),
    ...demos.filter(complete).flatMap((demo) => turn(demo, "")),
  ];
}

export function isComplete(fields: readonly Field[], values: FieldValues): boolean {
  return fields.every(({ name }) => values[name] !== undefined && values[name] !== null);
}

export interface TurnWriter {
  user(values: FieldValues): LmContent;
  assistant(values: FieldValues): string;
}

/**
 * The turns that stand in the signature's history field, if it has one. A turn without inputs has no user message, one
 * without outputs no assistant message; an output that a turn lacks is left out, where DSPy prints `None` for it.
 */
export function historyOf(signature: AnySignature, writer: TurnWriter): (inputs: FieldValues) => readonly LmMessage[] {
  const field = signature.inputFields.find(({ type }) => type.kind === "history");
  if (field === undefined) return () => NO_TURNS;
  const asked = withoutHistory(signature.inputFields);
  const write = (turn: FieldValues): LmMessage[] => {
    checkMedia(asked, turn, `${signature.name}: a turn of "${field.name}"`);
    return [
      ...(asked.some(({ name }) => turn[name] !== undefined)
        ? [{ role: "user" as const, content: writer.user(turn) }]
        : []),
      ...(signature.outputFields.some(({ name }) => turn[name] !== undefined)
        ? [{ role: "assistant" as const, content: writer.assistant(turn) }]
        : []),
    ];
  };
  return (inputs) => turnsOf(inputs[field.name]).flatMap(write);
}

const NO_TURNS: readonly LmMessage[] = Object.freeze([]);

function turnsOf(history: unknown): readonly FieldValues[] {
  return Array.isArray(history)
    ? history.filter((turn): turn is FieldValues => typeof turn === "object" && turn !== null)
    : [];
}

/** The inputs that are shown as such: a history becomes turns. */
export function withoutHistory(fields: readonly Field[]): readonly Field[] {
  return fields.filter(({ type }) => type.kind !== "history");
}
