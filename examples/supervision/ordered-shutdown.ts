// Ordered shutdown: children stop last to first, each fully gone before the next is asked, each in its own way.
import { behaviour, startSystem, supervisor, worker, type Shutdown } from "dspex";
import { timeline } from "./timeline.ts";

interface LastWords {
  readonly name: string;
  readonly says: string;
  readonly ms: number;
}

const service = behaviour<LastWords, LastWords>({
  name: "service",
  // Without it a stop ends the actor at once: `terminate` is for those that trap exits.
  trapExits: true,
  init: (state) => ({ state }),
  async terminate({ name, says, ms }, _reason, self) {
    show.note(name, says);
    await self.sleep(ms);
  },
});

const child = (id: string, shutdown: Shutdown, ms: number, says: string) =>
  worker({ id, behaviour: service, args: { name: id, says, ms }, shutdown });

const show = timeline(
  "ordered-shutdown",
  "Ordered shutdown",
  "What was started last is of no use to anybody else: it goes first.",
);
const system = await startSystem({
  name: "ordered-shutdown",
  logger: false,
  children: [
    supervisor({
      id: "site",
      children: [
        child("database", "infinity", 150, "writes its log, however long it takes"),
        child("mailer", 100, 60_000, "waits for a server that does not answer; it has 100 ms"),
        child("scratch", "brutal_kill", 0, "would say something, but is not asked"),
        child("web", 1_000, 60, "answers the last requests"),
      ],
    }),
  ],
});
show.tree(system, "site");

const began = performance.now();
await system.stop();
show.end();
show.print("", `all gone in ${(performance.now() - began).toFixed(0)} ms; nothing keeps this process alive`, "");
