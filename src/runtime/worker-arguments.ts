/** Node's options for a worker: those of the process, without one that a program given as an argument has and a file must not. */
export function workerArguments(): string[] {
  return process.execArgv.filter((argument) => !argument.startsWith('--input-type'));
}
