import { describe, UsageError } from "../foundation/errors.ts";
import { FifoQueue, type Queue } from "../foundation/queue.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Scheduler } from "./nact-host.ts";
import type { Clock, Timer } from "../foundation/clock.ts";
import type { ActorStatus, Behaviour, Runtime, Self, Sending } from "./actor.ts";
import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import { type ActorRef, type Protocol } from "./actor-ref.ts";
import type { Envelope } from "./envelope.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { SmallSet } from "./small-set.ts";

/** One incarnation of an actor, as the runtime sees it. Nobody outside `runtime/` sees one. */
export interface ActorCell {
  readonly id: number;
  readonly core: RuntimeCore;
  readonly ref: ActorRef<Protocol>;
  /** What people call it: a name, a child id, the behaviour's name. */
  readonly label: string;
  // A cell holds any behaviour; only its own handlers see its state, so the types meet again there.
  readonly behaviour: Behaviour<unknown, unknown>;
  readonly mailbox: FifoQueue<Envelope>;
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

  links: SmallSet<ActorCell>;
  /** Told once, with the final reason: monitors, callers, whoever waits for the end. */
  watchers: SmallSet<Watcher>;
  /** What this actor waits for; given up when it ends. */
  waits: SmallSet<Wait>;
  /** Timed messages on their way to it. */
  timed: SmallSet<Sending>;
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
  readonly mailbox = new FifoQueue<Envelope>();
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
  links: SmallSet<ActorCell> = undefined;
  watchers: SmallSet<Watcher> = undefined;
  waits: SmallSet<Wait> = undefined;
  timed: SmallSet<Sending> = undefined;
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

/** What all actors of one runtime share. */
export interface RuntimeCore {
  readonly name: string;
  /** Telemetry events carry it, so that listeners can tell runtimes in one process apart. */
  readonly id: string;
  readonly clock: Clock;
  /** The async context of the code that made the runtime. */
  readonly scope: AsyncScope;
  readonly scheduler: Scheduler<ActorCell>;
  /** Handed in, since what handlers may do stands above the cells that they run in. */
  readonly goOn: (cell: ActorCell) => void;
  readonly makeSelf: (cell: ActorCell) => Self<Protocol>;
  readonly deadlines: Deadlines;
  readonly names: Map<string, ActorCell>;
  /** The same runtime as seen from outside of actors. */
  readonly outside: Runtime;
  /** Deaths not yet told to links and watchers: a queue, so that a chain of any length cannot overflow the stack. */
  readonly deaths: Queue<Death>;
  tellingDeaths: boolean;
  lastId: number;
  /** Actors that are alive. */
  live: number;
  /** Wake-ups asked for and not yet come. */
  scheduled: number;
  /** Actors inside a handler. */
  busy: number;
}

export interface Death {
  readonly cell: ActorCell;
  /** The one it had: it is free by the time that its end is told. */
  readonly name: string | undefined;
  readonly reason: ExitReason;
  /** False when it never got through `init`. */
  readonly started: boolean;
}

/**
 * The one implementation of {@link ActorRef}. A class for the sake of `#cell`: a ref must lead to its actor at the
 * price of a field access, and must not show the actor's insides to whoever prints it.
 */
export class LocalRef {
  readonly id: number;
  readonly #cell: ActorCell;

  constructor(cell: ActorCell) {
    this.id = cell.id;
    this.#cell = cell;
  }

  static is(value: unknown): value is LocalRef {
    return typeof value === "object" && value !== null && #cell in value;
  }

  /** @throws UsageError for what is no ref */
  static cell(ref: ActorRef): ActorCell {
    // Refs are made nowhere else.
    if (!LocalRef.is(ref)) throw new UsageError(`expected an actor's ref or an actorName(…), got ${describe(ref)}`);
    return ref.#cell;
  }

  toString(): string {
    return `#${this.id}${this.#cell.label === "" ? "" : `<${this.#cell.label}>`}`;
  }
}

export function isRef(value: unknown): value is ActorRef {
  return LocalRef.is(value);
}
