/** Causes that an operator can mend, by name: what throws them is loaded by a gateway that runs only. */
const EXPECTED: ReadonlySet<string> = new Set(['DataFolderLocked', 'CannotOpenDatabase']);

/** Why the gateway ended, in one line where the cause is one an operator knows; else with the stack. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = address !== undefined ? `${address}:${port}` : port !== undefined ? `port ${port}` : 'the port';
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is in use by another program; give --port or --admin-port, or stop the other`;
    case 'EACCES':
      return port === undefined
        ? error.message
        : `not allowed to listen on ${where}; ports below 1024 need a privilege`;
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine`;
    default:
      // A file or socket that the system refuses says it all in its message.
      return EXPECTED.has(error.name) || 'syscall' in error ? error.message : (error.stack ?? error.message);
  }
}
