import type { AsyncScope } from "../foundation/async-scope.ts";
import type { Clock } from "../foundation/clock.ts";
import type { ActorCell } from "./actor-cell.ts";
import type { Protocol } from "./actor-ref.ts";
import type { Deadlines } from "./deadlines.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Runtime } from "./runtime.ts";
import type { Scheduler } from "./nact-host.ts";
import type { Self } from "./self.ts";

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
  readonly deaths: Mailbox<Death>;
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
  readonly reason: ExitReason;
  /** False when it never got through `init`. */
  readonly started: boolean;
}
