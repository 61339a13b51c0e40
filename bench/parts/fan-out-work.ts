// What one process of the fan-out bench does: so many pieces of work at once, each of which waits.
import { OpenRequests } from "../../src/actors/run/open-requests.ts";
import { supervisedLm } from "../../src/actors/run/supervised-lm.ts";
import { termsIn } from "../../src/actors/run/start-run.ts";
import { client } from "../../src/actors/client/client.ts";
import { systemEnv } from "../../src/actors/system-env.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Protocol } from "../../src/runtime/actor-ref.ts";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { signature } from "../../src/signatures/signature.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSystem, type System } from "../../src/system.ts";
import { type Load, measureLoad } from "./load.ts";
import { type NactRef, plainNact } from "./plain-nact.ts";
import { waitingModel } from "./waiting-model.ts";

const WAIT_MS = 1_000;
const CLIENT = "bench";

/** The floor: nothing but timers. */
export function bareTimers(count: number): Promise<Load> {
  return measureLoad(() => Promise.all(Array.from({ length: count }, wait)));
}

/**
 * nact at its best: the requests are not children of the client, since nact copies the map of children for each message
 * that their parent gets.
 */
export function nactActors(count: number): Promise<Load> {
  const nact = plainNact();
  const requests = nact.spawnStateless("requests", () => undefined);
  const perform = async ({ done }: { readonly done: () => void }, { self }: { readonly self: NactRef }) => {
    await wait();
    done();
    nact.stop(self);
  };
  let started = 0;
  const asked = nact.spawnStateless("client", (request) => {
    nact.dispatch(nact.spawnStateless(`request-${(started += 1)}`, perform, requests), request);
  });
  return measureLoad(() =>
    Promise.all(Array.from({ length: count }, () => new Promise<void>((done) => nact.dispatch(asked, { done })))),
  );
}

interface AskerProtocol extends Protocol {
  readonly call: never;
  readonly cast: { readonly requests: number; readonly done: (answers: Promise<unknown>) => void };
  readonly info: never;
}

/** A supervised process with many requests under way, which traps their exits: what a run is. */
const asker = behaviour<undefined, undefined, AskerProtocol>({
  name: "asker",
  trapExits: true,
  init: () => ({ state: undefined }),
  handleCast(_state, { requests, done }, self) {
    const described = systemEnv(self.runtime).clients.get(CLIENT);
    if (described === undefined) throw new Error("the client is not up");
    const lm = supervisedLm(
      self,
      CLIENT,
      described,
      new OpenRequests(),
      termsIn(self.runtime, { timeoutMs: Infinity }),
    );
    const ask = () => lm.generate({ messages: [] }, { signal: self.signal });
    done(Promise.all(Array.from({ length: requests }, ask)));
  },
  handleInfo() {},
});

/** One process asks for everything, through request processes and the client's permits. */
export async function requests(count: number): Promise<Load> {
  const system = await startBenchSystem();
  return measureLoad(
    () =>
      new Promise((resolve) => {
        system.runtime.cast(actorName<AskerProtocol>("asker"), { requests: count, done: resolve });
      }),
  );
}

/** The whole way of a user's call: a run for each, its prompt, its request, its answer read. */
export async function forwards(count: number): Promise<Load> {
  const system = await startBenchSystem();
  const program = predict(signature("question -> answer"));
  return measureLoad(() =>
    Promise.all(Array.from({ length: count }, (_, index) => system.forward(program, { question: `q${index}` }))),
  );
}

function startBenchSystem(): Promise<System> {
  return startSystem({
    name: "fan-out",
    logger: false,
    children: [
      client({ name: CLIENT, lm: waitingModel(WAIT_MS) }),
      worker({ id: "asker", name: "asker", behaviour: asker, args: undefined }),
    ],
  });
}

function wait(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}
