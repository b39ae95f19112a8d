/**
 * Runs `work` on request, never concurrently: requests during a run cause one more run.
 * @param onError called with what work rejects with.
 */
export function coalesce(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isRunning = false;
  let isPending = false;
  const run = async (): Promise<void> => {
    isPending = false;
    await work().catch(onError);
    if (isPending) setImmediate(() => void run());
    else isRunning = false;
  };
  return () => {
    isPending = true;
    if (isRunning) return;
    isRunning = true;
    setImmediate(() => void run());
  };
}
