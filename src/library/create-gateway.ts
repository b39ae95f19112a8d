import type { CreateGatewayOptions, EmbeddedGateway, StartFailure } from './embedded-gateway.ts';

/** A gateway with a valid configuration cannot start; nothing of it is left running. */
export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
  readonly code: StartFailure;

  /** @param cause the error of the system, the database, or a thread */
  constructor(code: StartFailure, cause: Error) {
    super(`the gateway cannot start: ${cause.message}`, { cause });
    this.code = code;
  }
}

/**
 * Starts a gateway in this process. Resolves when it listens. It handles no signals, does not end the process, and writes
 * nothing to its output; several can run side by side.
 *
 * @throws ConfigError if the configuration is invalid, with every problem; GatewayStartError if it cannot start; TypeError if
 * the options contradict each other
 * @example
 *   const gateway = await createGateway({
 *     config: { pools: { web: { backends: [{ url: 'http://127.0.0.1:8081' }] } } },
 *     port: 8080,
 *     adminPort: 0,
 *   });
 */
export async function createGateway(options: CreateGatewayOptions): Promise<EmbeddedGateway> {
  // Most users of this module need no gateway: plugins, and configurations in code.
  const opener = (await import(OPENER)) as { readonly openGateway: typeof createGateway };
  return opener.openGateway(options);
}

const OPENER = new URL('./open-gateway.ts', import.meta.url).href;
