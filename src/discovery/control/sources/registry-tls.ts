/** TLS to a registry, of files that are read again for each connection: agents replace short-lived certificates. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Camelized } from '../../../config/camelize.ts';
import type { RegistryTlsFile } from '../../../config/schema/discover/registry-tls-schema.ts';
import { fileReason } from '../../../runtime/file-reason.ts';
import type { TlsOptions } from './registry-http.ts';

export class RegistryTls {
  readonly #settings: Camelized<RegistryTlsFile> | null;
  readonly #cwd: string;

  /** @param settings null: nothing but the defaults. @param cwd relative names of files start here */
  constructor(settings: Camelized<RegistryTlsFile> | null, cwd: string) {
    this.#settings = settings;
    this.#cwd = cwd;
  }

  /** Rejects with the reason for operators. */
  async read(): Promise<TlsOptions> {
    if (this.#settings === null) return {};
    const { caFile, certFile, keyFile, serverName } = this.#settings;
    const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => this.#text(file)));
    return {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(serverName !== null && { servername: serverName }),
    };
  }

  async #text(file: string | null): Promise<string | undefined> {
    if (file === null) return undefined;
    return readFile(resolve(this.#cwd, file), 'utf8').catch((error: unknown) => {
      throw new Error(`${file} cannot be read: ${fileReason(error)}`, { cause: error });
    });
  }
}
