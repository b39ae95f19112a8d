/** An admin app on a free port, and one of our commands run against it in this process. */
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { runCommand } from '../../src/cli/run-command.ts';
import { fakeAdminApp, type FakeAdmin } from './admin-app.ts';

/** Its URL. Closed after the test. */
export async function adminServer(t: Pick<TestContext, 'after'>, options: FakeAdmin = {}): Promise<string> {
  const app = await fakeAdminApp(options);
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = '/',
): Promise<CommandResult> {
  let out = '';
  let err = '';
  const code = await runCommand(args, {
    cwd,
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    runGateway: () => Promise.reject(new Error('not here')),
  });
  return { code, out, err };
}
