/**
 * dspex: typed LM programs under OTP supervision. Tests find models that say what they are told, a loopback server and a
 * test clock in `dspex/testing`; the embedded model is in `dspex/llama`.
 */

import "./foundation/needs-node.ts";

// The system: one supervision tree, and the way from app code into it.
export { startSystem, StartError } from "./system.ts";
export type { System, SystemOptions } from "./system.ts";
export type { SignalOptions, StopSystemOptions } from "./actors/stop-on-signals.ts";
export type { Labels, Overlay, ParentRun, RunOptions, RunTerms } from "./programs/run-terms.ts";
export { client } from "./actors/client/client.ts";
export type { ClientSpec } from "./actors/client/client.ts";
export type { ClientLimits, ClientOptions } from "./actors/client/client-options.ts";
export type { RetrieverClientOptions, RetrieverClientSpec, RetrieverLimits } from "./actors/client/retriever-client.ts";
export type { CircuitBreakerOptions, CircuitState } from "./lm/limits/circuit-breaker.ts";
export type { StandingRefusal } from "./lm/limits/standing-refusal.ts";
export type { Priority } from "./lm/limits/permits.ts";
export { historyJsonl } from "./actors/client/client-history.ts";
export type { CallRecord } from "./actors/client/client-history.ts";
export type { LedgerRecord, UsageReport } from "./lm/ledger/account.ts";
export type { CacheOptions } from "./actors/cache/cache-options.ts";
export { programActor } from "./actors/program/program-actor.ts";
export type { ProgramActorOptions, ProgramSpec } from "./actors/program/program-actor.ts";
export type { ProgramHandle } from "./actors/program/program-handle.ts";
export { RunError } from "./programs/outcome.ts";
export type { Outcome, RunErrorCode } from "./programs/outcome.ts";
export { drawTree } from "./observer/draw-tree.ts";
export type { ClientHealth, HealthStanding, ProgramHealth, SystemHealth } from "./observer/health.ts";
export type { TreeNode } from "./observer/tree-snapshot.ts";

// Signatures: what a task takes and gives.
export { signature } from "./signatures/signature.ts";
export type { SignatureOptions } from "./signatures/signature.ts";
export type { AnySignature, InputsOf, OutputsOf, Signature } from "./signatures/signature-value.ts";
export type { Refinement } from "./signatures/refinement.ts";
export type { Demo } from "./signatures/example.ts";
export type { Field, FieldRole } from "./signatures/field/field.ts";
export type { FieldConstraints } from "./signatures/field/field-constraints.ts";
export type { FieldType } from "./signatures/types/field-type.ts";
export type { DateText, DateTimeText, HistoryTurn } from "./signatures/infer/infer-type.ts";

// Values that are not text, and tools.
export { audio, file, image } from "./media/media.ts";
export type { AudioMaker, FileMaker, ImageMaker } from "./media/media.ts";
export type { AudioValue, Bytes, FileOptions, FileValue, ImageValue, MediaOptions } from "./signatures/values/media.ts";
export { tool } from "./signatures/values/tool.ts";
export type { Tool, ToolCall, ToolOptions } from "./signatures/values/tool.ts";

// Programs: frozen values, edited by copying, composed like functions.
export { predict } from "./programs/predict/predict.ts";
export type { PredictOptions } from "./programs/predict/predict.ts";
export { chainOfThought } from "./programs/modules/chain-of-thought.ts";
export type { ChainOfThought, WithReasoning } from "./programs/modules/chain-of-thought.ts";
export { retrieve } from "./programs/modules/retrieve.ts";
export type {
  Retrieve,
  Retrieved,
  RetrieveInputs,
  RetrieveOptions,
  RetrieveSettings,
} from "./programs/modules/retrieve.ts";
export { program } from "./programs/composed-program.ts";
export type {
  BoundParts,
  ComposedProgram,
  FieldsOf,
  ProgramContext,
  ProgramOptions,
} from "./programs/composed-program.ts";
export { parametersOf, withParameters } from "./programs/program-parameters.ts";
export { tunablePredictors } from "./programs/replace-predictors.ts";
export { digestOf, functionsBySource, identityOf } from "./programs/identity/digest-of.ts";
export type { ClientLike } from "./programs/identity/digest-of.ts";
export { forward } from "./programs/bare/forward.ts";
export type { ForwardOptions } from "./programs/bare/forward-options.ts";
export { stream } from "./programs/bare/stream.ts";
export type { ProgramInputs, ProgramOutputs, ProgramStream, StreamItem } from "./programs/program-stream.ts";
export type { AnswerPart, PartListener } from "./programs/answer-part.ts";
export type { CallContext, ContextClient, ContextRetriever, RunLog } from "./programs/call-context.ts";
export { dumpProgram, loadProgramFrom } from "./programs/saved/dump-program.ts";
export type { DumpOptions, SavedFormat } from "./programs/saved/dump-program.ts";
export type { DspexState, SavedField, SavedPredictor } from "./programs/saved/dspex-state.ts";
export type { SavedSearch } from "./programs/saved/saved-searches.ts";
export { readRecord, toRecord } from "./programs/record.ts";
export type { DspexRecord, RecordKind, RecordOptions, RecordValues } from "./programs/record.ts";
export type { MediaTable } from "./programs/records/media-table.ts";
export { RecordError } from "./programs/records/record-error.ts";
export type { RecordErrorCode } from "./programs/records/record-error.ts";
export { loadProgram, saveProgram } from "./programs/saved/program-file.ts";
export { SavedProgramError } from "./programs/saved/saved-program-error.ts";
export type { SavedProgramErrorCode } from "./programs/saved/saved-program-error.ts";
export type { Exchange, TraceStep } from "./programs/prediction.ts";
export { effectJournal } from "./programs/effects/effect-journal.ts";
export type { EffectJournal, EffectJournalOptions } from "./programs/effects/effect-journal.ts";
export { memoryEffects } from "./programs/effects/effect-store.ts";
export type { EffectKey, EffectStore } from "./programs/effects/effect-store.ts";
export type { EffectKind, Perform } from "./programs/effects/effect.ts";
export type {
  AnyPredictor,
  NoParts,
  OnUnparsable,
  Predictor,
  PredictorEdits,
  PredictorSettings,
  Program,
  ProgramParameters,
  ProgramParts,
} from "./programs/program.ts";
export type { Prediction, PredictionMeta } from "./programs/prediction.ts";

// Adapters: layouts of prompts and answers.
export { chatAdapter } from "./adapters/chat-adapter.ts";
export type { ChatAdapterOptions } from "./adapters/chat-adapter.ts";
export { jsonAdapter } from "./adapters/json-adapter.ts";
export type { JsonAdapterOptions } from "./adapters/json-adapter.ts";
export { leanAdapter } from "./adapters/lean-adapter.ts";
export { twoStepAdapter } from "./adapters/two-step-adapter.ts";
export type { TwoStepAdapterOptions } from "./adapters/two-step-adapter.ts";
export { xmlAdapter } from "./adapters/xml-adapter.ts";
export type { XmlAdapterOptions } from "./adapters/xml-adapter.ts";
export type { AdapterFacts } from "./adapters/adapter-settings.ts";
export type {
  Adapter,
  AdapterSettings,
  AdapterStep,
  AskStep,
  DoneStep,
  PreparedPrompt,
  UnreadableStep,
} from "./adapters/adapter.ts";
export type { FieldPart, PartialReader } from "./adapters/answer/partial-reader.ts";

// Evaluation and teleprompters.
export * from "./evaluation.ts";
export * from "./optimization.ts";

// Language models and what is done when they fail.
export { openai } from "./lm/openai/openai.ts";
export type { OpenAiOptions } from "./lm/openai/openai.ts";
export type { OpenAiConnectionOptions } from "./lm/openai/connection.ts";
export type { OpenAiApi } from "./lm/openai/protocols.ts";
export { fromAiSdk } from "./lm/ai-sdk/ai-sdk.ts";
export type { FromAiSdkOptions } from "./lm/ai-sdk/ai-sdk.ts";
export type {
  AiSdkCallOptions,
  AiSdkFile,
  AiSdkMessage,
  AiSdkModel,
  AiSdkReasoning,
  AiSdkText,
  AiSdkTool,
  AiSdkToolCall,
  AiSdkToolChoice,
  AiSdkToolResult,
} from "./lm/ai-sdk/model.ts";
export type { AiSdkSettings } from "./lm/ai-sdk/settings.ts";
export { backoff } from "./lm/retry/retry-policy.ts";
export type { BackoffOptions, RetryPolicy } from "./lm/retry/retry-policy.ts";
export type { Price, PriceTable } from "./lm/prices.ts";
export type { Budget } from "./lm/budget.ts";
export type { Fallback } from "./lm/retry/retry.ts";
export { LM_FAILURES, LmError } from "./lm/failure.ts";
export type { LmErrorOptions, LmFailureCode } from "./lm/failure.ts";
export type { LmRateLimit, LmRateWindow } from "./lm/limits/rate-limit.ts";
export type {
  LanguageModel,
  LmCallOptions,
  LmCapabilities,
  LmChunk,
  LmCompletion,
  LmFinishReason,
  LmOpenOptions,
  LmRequest,
  LmResponse,
  LmResponseFormat,
  LmSpec,
  LmTokenLogprob,
  LmUsage,
  RequestAbout,
} from "./lm/language-model.ts";
export type { LmSampling } from "./lm/sampling.ts";
export { textOf } from "./lm/message.ts";
export type {
  LmAudioPart,
  LmContent,
  LmContentPart,
  LmFilePart,
  LmImagePart,
  LmMessage,
  LmRole,
  LmTextPart,
  LmTool,
  LmToolCall,
  LmToolChoice,
} from "./lm/message.ts";

// Retrievers: passages for a query.
export { textIndex } from "./retrieval/text-index.ts";
export { embeddingIndex } from "./retrieval/embedding-index.ts";
export type { Embed, EmbeddingIndexOptions } from "./retrieval/embedding-index.ts";
export { openaiEmbedder } from "./lm/openai/embedder.ts";
export type { OpenAiEmbedderOptions } from "./lm/openai/embedder.ts";
export type { Embedded, Embedder, EmbedderBatch, EmbedderSpec, EmbedOptions } from "./lm/embedder.ts";
export type { DocumentOptions } from "./retrieval/read-passages.ts";
export type { Documents, SourceText } from "./retrieval/read-documents.ts";
export type {
  Passage,
  Retriever,
  RetrieverFacts,
  RetrieverOpenOptions,
  RetrieverSpec,
  SearchOptions,
} from "./retrieval/retriever.ts";

// Actors, as OTP has them.
export { createRuntime } from "./runtime/runtime.ts";
export type { RuntimeOptions } from "./runtime/runtime.ts";
export type {
  Activity,
  ActorSnapshot,
  Behaviour,
  CallOptions,
  DownMessage,
  ExitMessage,
  From,
  Handled,
  InitResult,
  MonitorRef,
  Next,
  ReplyMessage,
  Runtime,
  RuntimeMessage,
  Self,
  Sending,
  StartOptions,
  StartResult,
  StopOptions,
  TimeoutMessage,
} from "./runtime/actor.ts";
export { behaviour } from "./runtime/behaviour.ts";
export { actorName } from "./runtime/actor-ref.ts";
export type { ActorName, ActorRef, CallOf, Protocol, ReplyOf, RequestOf, Target } from "./runtime/actor-ref.ts";
export { onBehalfOf, reply } from "./runtime/self.ts";
export { ExitError, formatReason, isClean } from "./runtime/exit-reason.ts";
export type { ExitReason } from "./runtime/exit-reason.ts";
export { BadNameError } from "./runtime/names.ts";
export { task } from "./runtime/task-api.ts";
export type { Task, TaskFunction, TaskOptions, TaskResult } from "./runtime/task.ts";
export type { AsyncStreamOptions } from "./runtime/task-stream.ts";

// Supervisors, as OTP has them.
export { dynamicSupervisor, startSupervisor, supervisor } from "./supervisors/supervision.ts";
export { worker } from "./supervisors/child-spec.ts";
export type {
  AutoShutdown,
  ChildSpec,
  ChildType,
  RestartType,
  Shutdown,
  WorkerOptions,
  WorkerSpec,
} from "./supervisors/child-spec.ts";
export type { ChildInfo, ChildState } from "./supervisors/children.ts";
export type { Strategy } from "./supervisors/restart-strategy.ts";
export type { SupervisorSpec } from "./supervisors/supervision.ts";
export type { SupervisorArgs, SupervisorFlags } from "./supervisors/supervisor.ts";
export type { DynamicSupervisorArgs } from "./supervisors/dynamic-supervisor.ts";
export {
  countChildren,
  deleteChild,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
} from "./supervisors/supervisor-protocol.ts";
export type { Caller, ChildCounts, ChildResult, SupervisorProtocol } from "./supervisors/supervisor-protocol.ts";

// Telemetry: every event kind, to subscribe to.
export {
  actorExited,
  actorStarted,
  actorStartFailed,
  deadLetter,
  mailboxOverflow,
  unexpectedMessage,
} from "./runtime/actor-events.ts";
export type { ActorEvent, ActorLifeEvent } from "./runtime/actor-events.ts";
export { childExited, childStarted, childStartFailed, childStopped, gaveUp } from "./supervisors/supervisor-events.ts";
export type { ChildEvent } from "./supervisors/supervisor-events.ts";
export { clientCircuit, clientHedged, clientPaused, clientRefused } from "./actors/client/client-events.ts";
export type { ClientEvent } from "./actors/client/client-events.ts";
export { requestEnded, requestStarted } from "./actors/client/request-events.ts";
export type { RequestEvent } from "./actors/client/request-events.ts";
export { cacheBypassed, cacheHit, cacheMended, cacheTrouble } from "./actors/cache/cache-events.ts";
export { programUpgraded, runDecided, runEnded, runStarted } from "./actors/run/run-events.ts";
export type { RunEvent } from "./actors/run/run-events.ts";
export { jobCrashed, jobEnded, jobStarted, jobStep, type JobEvent } from "./actors/teleprompter/job-events.ts";
export type { EventKind, TelemetryEvent } from "./foundation/telemetry.ts";

// Ground.
export { DspexError, UsageError } from "./foundation/errors.ts";
export type { DspexErrorOptions, ErrorDetails } from "./foundation/errors.ts";
export { systemClock } from "./foundation/clock.ts";
export type { Clock, Timer, TimerOptions } from "./foundation/clock.ts";
export { seededRandom, systemRandom } from "./foundation/random.ts";
export type { Random, RandomStreams } from "./foundation/random.ts";
export type { LoggerOption, LoggerSettings } from "./logging.ts";
