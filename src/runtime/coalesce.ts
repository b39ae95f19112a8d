/**
 * Runs `work` after it was asked for, never twice at a time: whoever asks while it runs has it run once more.
 * @param onError what work rejects with.
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
