/**
 * Listens to a signal's abort for as long as another one, a life, lasts. Gives the function that ends it before.
 *
 * The platform's own way, `addEventListener("abort", …, { signal: life })`, forgets: of many such listeners on one signal
 * Node keeps hold of the last one's life alone, and after a collection of garbage the others stay for ever.
 */
export function onAbort(signal: AbortSignal, listener: () => void, life: AbortSignal): () => void {
  const end = (): void => {
    signal.removeEventListener("abort", listener);
    life.removeEventListener("abort", end);
  };
  if (life.aborted) return end;
  signal.addEventListener("abort", listener, { once: true });
  life.addEventListener("abort", end, { once: true });
  return end;
}
