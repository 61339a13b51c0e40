/**
 * `dspex/testing`: what a test of a program or a service needs: models that say what they are told, a server to point
 * real clients at, and a clock that waits for no one.
 */

import "./foundation/needs-node.ts";

export { openaiServer } from "./testing/openai-server.ts";
export type { OpenAiServer, ServedRequest } from "./testing/openai-server.ts";
export type { OpenAiServerOptions } from "./testing/server-options.ts";
export type {
  FineTuningFault,
  FineTuningOptions,
  FineTuningRequest,
  ServedFile,
  ServedFineTuning,
  ServedTraining,
} from "./testing/openai-fine-tuning.ts";
export type { EmbeddingsReply, EmbeddingsRequestBody } from "./testing/openai-reply.ts";
export { PLANNED_FAULTS } from "./testing/fault-plan.ts";
export type { FaultPlanOptions, PlannedFault } from "./testing/fault-plan.ts";
export type { ServedCounts } from "./testing/server-tally.ts";
export type { ChatRequestBody, FaultReply, HttpErrorReply, ServerFault, ServerReply } from "./testing/openai-reply.ts";
export { scripted } from "./testing/scripted.ts";
export type { ScriptedModel, ScriptedOptions } from "./testing/scripted.ts";
export { estimateTokens } from "./testing/scripted-reply.ts";
export type { ScriptedAnswer, ScriptedCompletion, ScriptedFields, ScriptedReply } from "./testing/scripted-reply.ts";
export { testClock } from "./testing/test-clock.ts";
export type { TestClock, TestClockOptions } from "./testing/test-clock.ts";
export { until } from "./testing/until.ts";
export type { UntilOptions } from "./testing/until.ts";
