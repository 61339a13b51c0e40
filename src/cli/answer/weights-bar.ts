import type { WeightsProgress } from "../../llama.ts";
import type { OutStream } from "../cli-world.ts";

/**
 * Shows where the weights come from and how far they are. On a terminal as a bar in one line that fills up; elsewhere, a
 * log say, as a plain line for each quarter.
 */
export function weightsBar(stream: OutStream): (event: WeightsProgress) => void {
  let open = false;
  let quarter = -1;
  let source = "";

  const line = (text: string): void => {
    stream.write(`${open ? "\n" : ""}${text}\n`);
    open = false;
  };

  return (event) => {
    switch (event.kind) {
      case "rejected":
        line(`weights: ${event.path} ${event.reason}: it will be replaced`);
        return;
      case "source_failed":
        line(`weights: ${event.source} cannot serve (${event.reason})`);
        return;
      case "ready":
        // Also when nothing had to be fetched: who wants to know where a model is finds it here.
        line(`weights: ${event.path}${event.source === "cache" ? "" : ` (from ${event.source}, checked)`}`);
        return;
      case "fetching": {
        const share = event.total > 0 ? Math.min(1, event.bytes / event.total) : 0;
        if (event.source !== source) {
          source = event.source;
          quarter = -1;
        }
        if (stream.isTTY) {
          stream.write(`\r${bar(share, event, stream.columns ?? 80)}\x1b[K`);
          open = true;
          return;
        }
        const reached = Math.floor(share * 4);
        if (reached <= quarter) return;
        quarter = reached;
        line(`weights: from ${event.source}, ${amount(share, event)}`);
        return;
      }
      default:
        event satisfies never;
    }
  };
}

function bar(
  share: number,
  event: { readonly source: string; readonly bytes: number; readonly total: number },
  columns: number,
) {
  const text = ` ${amount(share, event)} from ${event.source}`;
  const room = Math.max(0, Math.min(40, columns - "weights: []".length - text.length - 1));
  const full = Math.round(share * room);
  return `weights: [${"#".repeat(full)}${"-".repeat(room - full)}]${text}`;
}

function amount(share: number, { bytes, total }: { readonly bytes: number; readonly total: number }): string {
  return `${String(Math.round(share * 100)).padStart(3)}% (${megabytes(bytes)} of ${megabytes(total)} MB)`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
