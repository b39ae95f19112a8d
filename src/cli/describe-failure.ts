/** Causes that an operator can fix, by name: the code that throws them is loaded by a running gateway only. */
const EXPECTED: ReadonlySet<string> = new Set([
  'DataFolderLocked',
  'CannotOpenDatabase',
  'GatewayError',
  'UnusableFile',
]);

/** Why the gateway ended: one line if an operator can fix the cause; otherwise with the stack. */
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
      // If the system refuses a file or socket, its message is enough.
      return EXPECTED.has(error.name) || 'syscall' in error ? error.message : (error.stack ?? error.message);
  }
}
