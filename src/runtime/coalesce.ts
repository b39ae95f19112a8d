/**
 * Runs `work` after it was asked for, never twice at a time: whoever asks while it runs has it run once more.
 * @param onError what work rejects with.
 */
export function coalesce(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isRunning = false;
  let isAskedAgain = false;
  const run = async (): Promise<void> => {
    isAskedAgain = false;
    await work().catch(onError);
    if (isAskedAgain) setImmediate(() => void run());
    else isRunning = false;
  };
  return () => {
    isAskedAgain = true;
    if (isRunning) return;
    isRunning = true;
    setImmediate(() => void run());
  };
}
