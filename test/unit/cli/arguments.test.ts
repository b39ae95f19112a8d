import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readArguments } from '../../../src/cli/arguments.ts';

function mistakes(...args: string[]): readonly string[] {
  const command = readArguments(args);
  return command.name === 'usage-error' ? command.mistakes : [];
}

test('without a command the gateway runs', () => {
  assert.deepEqual(readArguments([]), { name: 'run', file: undefined, flags: {} });
});

test('every flag is read, as text', () => {
  const args = [
    ['--config', 'a.yaml'],
    ['--host', '::'],
    ['--port=0'],
    ['--admin-host', '::1'],
    ['--admin-port', '9'],
    ['--threads', 'auto'],
    ['--data-dir', '/d'],
    ['--backend', 'http://a', '--backend=http://b'],
  ].flat();
  assert.deepEqual(readArguments(args), {
    name: 'run',
    file: 'a.yaml',
    flags: {
      host: '::',
      port: '0',
      adminHost: '::1',
      adminPort: '9',
      threads: 'auto',
      dataDir: '/d',
      backends: ['http://a', 'http://b'],
    },
  });
});

test('check takes its file, by name or by --config, or the usual one', () => {
  assert.deepEqual(readArguments(['check', 'a.yaml']), {
    name: 'check',
    file: 'a.yaml',
    flags: {},
    isPrinting: false,
    isJson: false,
  });
  assert.deepEqual(readArguments(['check', '--print']), {
    name: 'check',
    file: undefined,
    flags: {},
    isPrinting: true,
    isJson: false,
  });
  assert.deepEqual(readArguments(['--print']), {
    name: 'usage-error',
    mistakes: ['--print is for check: sluice check --print'],
  });
  assert.deepEqual(readArguments(['check', '-c', 'a.yaml']), {
    name: 'check',
    file: 'a.yaml',
    flags: {},
    isPrinting: false,
    isJson: false,
  });
  assert.deepEqual(readArguments(['--port', '1', 'check']), {
    name: 'check',
    file: undefined,
    flags: { port: '1' },
    isPrinting: false,
    isJson: false,
  });
});

test('run is the explicit name of starting, and takes a file', () => {
  assert.deepEqual(readArguments(['run', 'a.yaml', '-p', '1']), { name: 'run', file: 'a.yaml', flags: { port: '1' } });
  assert.deepEqual(readArguments(['run']), readArguments([]));
  assert.deepEqual(mistakes('run', '--print'), ['--print is for check: sluice check --print']);
  assert.deepEqual(mistakes('run', 'a', '-c', 'b'), ['name the file once: run FILE or --config FILE']);
});

test('help and version come before everything else', () => {
  assert.equal(readArguments(['-h']).name, 'help');
  assert.equal(readArguments(['check', '--help', 'x', 'y']).name, 'help');
  assert.equal(readArguments(['--version']).name, 'version');
});

test('an unknown flag names the nearest', () => {
  assert.deepEqual(mistakes('--prot', '80')[0], 'unknown flag --prot; did you mean --port?');
  assert.deepEqual(mistakes('--adminport=1'), ['unknown flag --adminport; did you mean --admin-port?']);
  assert.deepEqual(mistakes('--zzz'), ['unknown flag --zzz']);
  assert.deepEqual(mistakes('--constructor'), ['unknown flag --constructor']);
  assert.deepEqual(mistakes('-x'), ['unknown flag -x']);
});

test('a flag without its value does not swallow the next flag', () => {
  assert.deepEqual(mistakes('--port', '--host', '::'), [
    '--port needs a value, but --host follows',
    'unknown command ::; to run with this file: run ::',
  ]);
  assert.deepEqual(mistakes('--port'), ['--port needs a value']);
  assert.deepEqual(mistakes('--port='), ['--port needs a value']);
  assert.deepEqual(mistakes('--help=yes'), ['--help takes no value']);
  assert.deepEqual(mistakes('--port=-1'), []);
});

test('an unknown command names the nearest, or says how to name a file', () => {
  assert.deepEqual(mistakes('chekc'), ['unknown command chekc; did you mean check?']);
  assert.deepEqual(mistakes('sluice.yaml'), ['unknown command sluice.yaml; to run with this file: run sluice.yaml']);
  assert.deepEqual(mistakes('check', 'a', 'b'), ['check takes one file, not 2']);
  assert.deepEqual(mistakes('check', 'a', '-c', 'b'), ['name the file once: check FILE or --config FILE']);
});

test('all mistakes are reported at once', () => {
  assert.equal(mistakes('--prot=1', '--hots=2', 'chek').length, 3);
});
