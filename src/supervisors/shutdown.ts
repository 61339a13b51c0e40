import type { ActorRef } from "../runtime/actor-ref.ts";
import type { ExitReason } from "../runtime/exit-reason.ts";
import type { Self } from "../runtime/actor.ts";
import type { Shutdown } from "./child-spec.ts";

/**
 * Stops a child as its spec says and resolves with its exit reason once it is fully gone. The link stays until then
 * (OTP drops it first): should the supervisor itself be killed meanwhile, the child still hears of it.
 */
export async function stopChild(self: Self, child: ActorRef, shutdown: Shutdown): Promise<ExitReason> {
  if (shutdown !== "brutal_kill") {
    self.exitSignal(child, "shutdown");
    // 0 is no time at all, not even for a turn: only a child that does not trap has ended of the signal itself.
    const reason =
      shutdown === 0 ? undefined : await self.whenDown(child, shutdown === "infinity" ? Infinity : shutdown);
    if (reason !== undefined) return reason;
  }
  self.exitSignal(child, "kill");
  return (await self.whenDown(child)) ?? "killed";
}
