import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import type { Timer } from "../foundation/clock.ts";
import { type ActorRef, LocalRef, type Protocol } from "./actor-ref.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Envelope } from "./envelope.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { Few } from "./few.ts";
import { FifoMailbox } from "./mailbox.ts";
import type { RuntimeCore } from "./runtime-core.ts";
import type { Self } from "./self.ts";
import type { Sending } from "./timers.ts";

/**
 * Where an actor is in its life. `idle` may take a message; `busy` is inside a handler (perhaps waiting in it); `init`
 * and `terminating` are inside those two; `dead` is for ever: a restart is a new cell.
 */
export type ActorStatus = "init" | "idle" | "busy" | "terminating" | "dead";

/** One incarnation of an actor, as the runtime sees it. Nobody outside `runtime/` sees one. */
export interface ActorCell {
  readonly id: number;
  readonly core: RuntimeCore;
  readonly ref: ActorRef<Protocol>;
  /** What people call it: a name, a child id, the behaviour's name. */
  readonly label: string;
  // A cell holds any behaviour; only its own handlers see its state, so the types meet again there.
  readonly behaviour: Behaviour<unknown, unknown>;
  readonly mailbox: FifoMailbox<Envelope>;
  readonly startedAt: number;
  /** The async context of the code that started it: where all that is nobody else's is handled. None of it once dead. */
  scope: AsyncScope;
  status: ActorStatus;
  state: unknown;
  trapExits: boolean;
  /** The actor that started this one linked; itself when nobody did. Its exit is the one that trapping cannot ignore. */
  parent: ActorCell;
  name: string | undefined;
  /** Why it ended; only once dead. */
  reason: ExitReason | undefined;

  scheduled: boolean;
  /** Messages it may still take in this turn. */
  budget: number;
  /** Its turn is not over: what comes now is still part of it. */
  turnOpen: boolean;

  links: Few<ActorCell>;
  /** Told once, with the final reason: monitors, callers, whoever waits for the end. */
  watchers: Few<Watcher>;
  /** What this actor waits for; given up when it ends. */
  waits: Few<Wait>;
  /** Timed messages on their way to it. */
  timed: Few<Sending>;
  idleTimer: Timer | undefined;
  self: Self<Protocol> | undefined;
  /** Made when somebody asks for it; aborted at the end. */
  life: AbortController | undefined;
}

export interface Watcher {
  onDown(reason: ExitReason): void;
}

export interface Wait {
  giveUp(): void;
}

export function selfOf(cell: ActorCell): Self<Protocol> {
  return (cell.self ??= cell.core.makeSelf(cell));
}

export interface CellOptions {
  readonly label: string;
  readonly parent: ActorCell | undefined;
  readonly trapExits: boolean;
}

export function makeCell(core: RuntimeCore, behaviour: Behaviour<unknown, unknown>, options: CellOptions): ActorCell {
  core.lastId += 1;
  return new Cell(core, core.lastId, behaviour, options);
}

// A class so that all cells share one shape and the engine keeps their fields flat; it has no methods.
class Cell implements ActorCell {
  readonly id: number;
  readonly core: RuntimeCore;
  readonly ref: ActorRef<Protocol>;
  readonly label: string;
  readonly behaviour: Behaviour<unknown, unknown>;
  readonly mailbox = new FifoMailbox<Envelope>();
  readonly startedAt: number;
  scope = captureScope();
  status: ActorStatus = "init";
  state: unknown = undefined;
  trapExits: boolean;
  parent: ActorCell;
  name: string | undefined = undefined;
  reason: ExitReason | undefined = undefined;
  scheduled = false;
  budget = 0;
  turnOpen = false;
  links: Few<ActorCell> = undefined;
  watchers: Few<Watcher> = undefined;
  waits: Few<Wait> = undefined;
  timed: Few<Sending> = undefined;
  idleTimer: Timer | undefined = undefined;
  self: Self<Protocol> | undefined = undefined;
  life: AbortController | undefined = undefined;

  constructor(core: RuntimeCore, id: number, behaviour: Behaviour<unknown, unknown>, options: CellOptions) {
    this.core = core;
    this.id = id;
    this.label = options.label;
    this.behaviour = behaviour;
    this.trapExits = options.trapExits;
    this.startedAt = core.clock.now();
    this.parent = options.parent ?? this;
    this.ref = new LocalRef(this);
  }
}
