/** What every compose file promises, whether or not an engine is here. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
  readonly ulimits?: { readonly nofile: number };
}
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

export const dockerFolder = join(import.meta.dirname, '../../docker');

export interface ComposeFile extends Compose {
  readonly text: string;
}

export function readCompose(name: string): ComposeFile {
  const text = readFileSync(join(dockerFolder, name), 'utf8');
  return { text, ...(parse(text, { merge: true }) as Compose) };
}

/** @param count of services that are made of our image */
export function keepsPromises({ text, services, volumes, secrets }: ComposeFile, count: number): void {
  describe('every service', () => {
    for (const [name, service] of Object.entries(services)) {
      test(`${name} has an image by version, a health check, and no privileges to gain`, () => {
        assert.match(service.image, /^[\w./-]+:[\w.-]+$/);
        assert.doesNotMatch(service.image, /:latest$/);
        assert.ok(service.build !== undefined || /:v?\d/.test(service.image), service.image);
        assert.ok(service.healthcheck !== undefined || service.build !== undefined, 'no health check');
        assert.ok(service.security_opt?.includes('no-new-privileges:true'));
        assert.notEqual(service.privileged, true);
        assert.ok(!/^(root|0)\b/.test(service.user ?? ''));
      });

      test(`${name} waits for what it needs until that is healthy`, () => {
        for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
          assert.ok(other in services, other);
          assert.equal(condition, 'service_healthy');
        }
      });

      test(`${name} mounts folders that exist, read only, and named volumes`, () => {
        for (const mount of service.volumes ?? []) {
          const [from, , mode] = mount.split(':') as [string, string, string?];
          if (!from.startsWith('.')) assert.ok(from in volumes, mount);
          else assert.ok(existsSync(join(dockerFolder, from)) && mode === 'ro', mount);
        }
      });
    }
  });

  test('everything made of our image has a file system it cannot write to, and no capability', () => {
    const ours = Object.values(services).filter(({ build }) => build !== undefined);
    assert.equal(ours.length, count);
    for (const { read_only, tmpfs, cap_drop, build } of ours) {
      assert.equal(read_only, true);
      assert.deepEqual([tmpfs, cap_drop], [['/tmp'], ['ALL']]);
      assert.ok(existsSync(join(dockerFolder, build!.context, build!.dockerfile)));
    }
  });

  test('secrets are files that make-secrets.sh creates, and no value is in the file', () => {
    const script = readFileSync(join(dockerFolder, 'make-secrets.sh'), 'utf8');
    const made = /for name in (.+); do/.exec(script)![1]!.split(' ');
    assert.doesNotMatch(text, /\$\{/);
    for (const [name, { file }] of Object.entries(secrets ?? {})) {
      assert.equal(file, `secrets/${name}`);
      assert.ok(made.includes(name), name);
    }
    for (const { environment = {}, secrets: used = [] } of Object.values(services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/(TOKEN|PASSWORD)/.test(name)) assert.match(name, /_FILE$/);
        const [, secret] = /^\/run\/secrets\/(.*)$/.exec(value) ?? [];
        assert.ok(secret === undefined || used.includes(secret), name);
      }
    }
  });
}
