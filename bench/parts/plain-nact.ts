// The yardstick: nact as its documentation has people use it, with no library of ours around it.
import nact from "nact";

export interface NactContext {
  readonly self: NactRef;
  readonly sender: NactRef;
}

/** nact's own refs are typed as empty classes, which take anything; this one is at least not a number. */
export interface NactRef {
  readonly path?: unknown;
}

type Stateful<State, Message> = (state: State, message: Message, context: NactContext) => State | Promise<State>;
type Stateless<Message> = (message: Message, context: NactContext) => unknown;

export interface NactYardstick {
  /** The system itself: a parent that never gets a message, as fast as one can be. */
  readonly root: NactRef;
  spawn<State, Message>(
    name: string,
    initialState: State,
    handle: Stateful<State, Message>,
    options?: { readonly parent?: NactRef; readonly afterStop?: () => void },
  ): NactRef;
  spawnStateless<Message>(name: string, handle: Stateless<Message>, parent?: NactRef): NactRef;
  dispatch(to: NactRef, message: unknown): void;
  query<Reply>(to: NactRef, message: (replyTo: NactRef) => unknown, timeoutMs: number): Promise<Reply>;
  stop(ref: NactRef): void;
  end(): void;
}

export function plainNact(): NactYardstick {
  const root = nact.start();
  // nact's types want classes of its own, which nothing at run time needs.
  const own = (value: unknown): never => value as never;
  return {
    root,
    spawn: (name, initialState, handle, { parent = root, afterStop } = {}) =>
      nact.spawn(own(parent), own(handle), name, {
        initialState: own(initialState),
        ...(afterStop && { afterStop }),
      }),
    spawnStateless: (name, handle, parent = root) => nact.spawnStateless(own(parent), own(handle), name),
    dispatch: (to, message) => nact.dispatch(own(to), own(message)),
    query: (to, message, timeoutMs) => nact.query(own(to), own(message), timeoutMs),
    stop: (ref) => nact.stop(own(ref)),
    end: () => nact.stop(root),
  };
}
