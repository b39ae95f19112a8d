/**
 * For a Worker's options: it inherits Node's options of the process, but one whose program is an argument (`node
 * --input-type=module --eval …`) has an option that no worker starts with. Options that are passed on are checked again, and
 * some of the process's fail that, so such a worker has none.
 */
export function workerArguments(): { readonly execArgv?: string[] } {
  return process.execArgv.some((argument) => argument.startsWith('--input-type')) ? { execArgv: [] } : {};
}
