/**
 * Opens a connection to PostgreSQL and encrypts it as `sslmode` requires, before the driver sees it. The driver's own
 * implementation (postgres.js 3.4.9, src/connection.js) treats `require` as satisfied if the server refuses TLS,
 * verifies no chain without the name, and does not look for bytes smuggled in before the handshake (CVE-2021-23222).
 */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import {
  parsePostgresUrl,
  socketPath,
  type PostgresHost,
  type PostgresServer,
  type PostgresTls,
} from '../../src/net/postgres-url.ts';
import { fileReason } from '../../src/runtime/file-reason.ts';

/** One way to connect, of those that a URL allows. */
export interface Attempt {
  readonly host: PostgresHost;
  readonly encryption: 'never' | 'if-offered' | 'always';
}

/** An error before the server's first response, with a code of its own for the log and for advice. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** In libpq's order. */
export function attemptsOf({ hosts, tls }: PostgresServer): readonly Attempt[] {
  return hosts.flatMap((host) => {
    // A socket of this machine needs no encryption, and libpq uses none.
    const ways: readonly Attempt['encryption'][] = host.address === null ? ['never'] : ENCRYPTION[tls.mode];
    return ways.map((encryption) => ({ host, encryption }));
  });
}

const ENCRYPTION: Readonly<Record<PostgresTls['mode'], readonly Attempt['encryption'][]>> = {
  disable: ['never'],
  allow: ['never', 'always'],
  prefer: ['if-offered', 'never'],
  require: ['always'],
  'verify-ca': ['always'],
  'verify-full': ['always'],
};

/**
 * @param track gets each socket as soon as there is one: destroying it with an error ends the attempt with this error.
 * A socket that encrypts another replaces it: Node 24.21 crashes if the inner one is destroyed first.
 */
export async function dial(
  { host, encryption }: Attempt,
  { tls, connectTimeoutMs }: PostgresServer,
  track: (socket: Socket, inPlaceOf?: Socket) => void,
): Promise<Socket> {
  const context = encryption === 'never' ? undefined : await secureContext(tls);
  const { name, address, port } = host;
  const socket = connectSocket(address === null ? { path: socketPath(host) } : { host: address, port });
  let latest = socket;
  // Nothing else listens between two steps, and an encrypted socket reports the errors of this one.
  socket.on('error', () => {});
  track(socket);
  const timer = setTimeout(
    () => latest.destroy(new DialError('CONNECT_TIMEOUT', `no connection within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  try {
    await once(socket, 'connect');
    if (context === undefined) return socket;
    if (!tls.isDirect && !(await isOffered(socket))) {
      if (encryption === 'if-offered') return socket;
      throw new DialError('TLS_REFUSED', `the server offers no TLS, which sslmode=${tls.mode} demands`);
    }
    const secure = connectTls({ socket, ...tlsOptions(tls, name), secureContext: context });
    track((latest = secure), socket);
    await once(secure, 'secureConnect');
    return secure;
  } catch (error) {
    latest.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Why the files in a database URL cannot be used; undefined: they can, or there are none. */
export async function rejectTlsFiles(url: string | null): Promise<string | undefined> {
  const server = url === null ? null : parsePostgresUrl(url);
  if (server === null || 'problem' in server) return server?.problem;
  return secureContext(server.tls).then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  );
}

/** Reads the files of the parameters. Rejects with a {@link DialError} naming the parameter. */
async function secureContext(tls: PostgresTls): Promise<SecureContext> {
  const [ca, cert, key, crl] = await Promise.all([
    read('sslrootcert', tls.rootCert),
    read('sslcert', tls.cert),
    read('sslkey', tls.key),
    read('sslcrl', tls.crl),
  ]);
  const limits = {
    ...(tls.minVersion === null ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === null ? {} : { maxVersion: tls.maxVersion }),
  };
  const parts = [
    ['sslrootcert', ca === undefined ? {} : { ca }],
    ['sslcrl', crl === undefined ? {} : { crl }],
    ['sslcert and sslkey', cert === undefined || key === undefined ? {} : { cert, key, ...passphrase(tls) }],
  ] as const;
  for (const [parameter, files] of parts) {
    try {
      // By default, a context accepts anything as a certificate of an authority.
      if ('ca' in files) new X509Certificate(files.ca);
      createSecureContext(files);
    } catch (cause) {
      throw new DialError('TLS_FILE', `${parameter}: not usable: ${reasonOf(cause)}`, { cause });
    }
  }
  return createSecureContext(Object.assign({}, limits, ...parts.map(([, files]) => files)) as SecureContextOptions);
}

const passphrase = ({ keyPassword }: PostgresTls): { passphrase?: string } =>
  keyPassword === null ? {} : { passphrase: keyPassword };

async function read(parameter: string, file: string | null): Promise<Buffer | undefined> {
  if (file === null) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new DialError('TLS_FILE', `${parameter}: ${file} cannot be read: ${fileReason(cause)}`, { cause });
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

function tlsOptions(tls: PostgresTls, name: string): ConnectionOptions {
  const checksName = tls.mode === 'verify-full';
  // As in libpq, `require` with a root certificate means verify-ca.
  const checksChain = checksName || tls.mode === 'verify-ca' || tls.rootCert !== null;
  return {
    // The name that is compared with the certificate's; an empty servername sends none.
    host: name,
    servername: tls.sni && isIP(name) === 0 ? name : '',
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: checksChain,
    ...(checksName ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** The server's one-byte answer to SSLRequest: PostgreSQL manual, 53.2.12 "SSL Session Encryption". */
async function isOffered(socket: Socket): Promise<boolean> {
  socket.write(SSL_REQUEST);
  const answer = await firstBytes(socket);
  if (answer.length === 1 && answer[0] === YES) return true;
  if (answer.length === 1 && answer[0] === NO) return false;
  throw new DialError('TLS_REFUSED', 'the server is not PostgreSQL, or the connection was tampered with');
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const YES = 0x53;
const NO = 0x4e;

function firstBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('readable', onReadable).off('end', onEnd).off('error', onError);
    };
    const onReadable = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      done();
      resolve(bytes);
    };
    const onEnd = (): void => {
      done();
      reject(new DialError('ECONNRESET', 'the server closed the connection before it answered'));
    };
    const onError = (error: Error): void => {
      done();
      reject(error);
    };
    if (socket.errored !== null) return reject(socket.errored);
    socket.on('readable', onReadable).on('end', onEnd).on('error', onError);
  });
}
