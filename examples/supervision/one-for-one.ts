// One for one: only the child that ended is started again; the others keep running, and keep their state.
import { actorName, behaviour, startSystem, supervisor, worker, type CallOf, type Protocol } from "dspex";
import { lifeOf, timeline, until } from "./timeline.ts";

interface Counting extends Protocol {
  call: CallOf<{ type: "visit" }, number>;
  cast: { type: "bad_record" };
  info: never;
}

const department = behaviour<undefined, number, Counting>({
  name: "department",
  init: () => ({ state: 0 }),
  handleCall: (visits) => ({ state: visits + 1, reply: visits + 1 }),
  handleCast() {
    throw new Error("index is corrupt");
  },
});

const open = (id: string) => worker({ id, name: id, behaviour: department, args: undefined });

const show = timeline("one-for-one", "One for one", "Only the child that crashed is started again.");
const system = await startSystem({
  name: "one-for-one",
  logger: false,
  children: [
    supervisor({ id: "shop", strategy: "one_for_one", children: [open("cart"), open("search"), open("payment")] }),
  ],
});
show.tree(system, "shop");

const visit = async (name: string): Promise<void> => {
  const visits = await system.runtime.call(actorName<Counting>(name), { type: "visit" });
  show.note(name, `has counted ${visits} ${visits === 1 ? "visit" : "visits"}`);
};
for (const name of ["cart", "search", "cart", "search", "payment"]) await visit(name);

show.note("search", "is given a bad record");
system.runtime.cast(actorName<Counting>("search"), { type: "bad_record" });
await until(() => lifeOf(system, "shop", "search") === 2);
for (const name of ["cart", "search", "payment"]) await visit(name);

show.tree(system, "shop");
await system.stop();
show.end();
