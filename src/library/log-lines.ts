/** Hands the lines of a gateway's threads to the logger of the program. */
import type { GatewayLogger } from './embedded-gateway.ts';

/** Of pino's levels. */
const METHODS: Readonly<Record<string, keyof GatewayLogger>> = {
  trace: 'debug',
  debug: 'debug',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
};

/** What is no line of the log, such as the output of a plugin, is its own message. Undefined: there is no logger. */
export function lineTaker(logger: GatewayLogger | undefined): (line: string) => void {
  if (logger === undefined) return () => {};
  return (line) => {
    const { level, time: _time, msg = '', ...fields } = fieldsOf(line);
    logger[METHODS[String(level)] ?? 'info'](fields, String(msg));
  };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Somebody else has written it.
  }
  return { msg: line.trimEnd() };
}
