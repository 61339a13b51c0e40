import type { IncomingHttpHeaders } from "node:http";

/** The side of an exchange that undici's dispatchers talk to. */
export interface ExchangeHandler {
  onRequestStart(controller: ExchangeController): void;
  onResponseStart(controller: ExchangeController, status: number, headers: IncomingHttpHeaders): void;
  onResponseData(controller: ExchangeController, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: ExchangeController | null, error: Error): void;
}

export interface ExchangeController {
  readonly paused: boolean;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}
