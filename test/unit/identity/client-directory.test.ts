import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { ClientDirectory, type DirectoryChange } from '../../../src/identity/client-directory.ts';

const put = (key: string, apiKeyHash: string | null, kind: DirectoryChange['kind'] = 'id'): DirectoryChange => ({
  op: 'put',
  key,
  kind,
  apiKeyHash,
});
const remove = (key: string, kind: DirectoryChange['kind'] = 'id'): DirectoryChange => ({
  op: 'remove',
  key,
  kind,
  apiKeyHash: null,
});

function directoryOf(...changes: DirectoryChange[]): ClientDirectory {
  const directory = new ClientDirectory();
  directory.apply(changes);
  return directory;
}

describe('API keys', () => {
  it('name the bucket of their client, of whatever kind', () => {
    const directory = directoryOf(put('mobile', 'h1'), put('10.0.0.1', 'h2', 'ip'), put('10.0.0.0/8', 'h3', 'cidr'));
    assert.equal(directory.byApiKeyHash('h1'), 'id:mobile');
    assert.equal(directory.byApiKeyHash('h2'), 'ip:10.0.0.1');
    assert.equal(directory.byApiKeyHash('h3'), 'cidr:10.0.0.0/8');
    assert.equal(directory.byApiKeyHash('h4'), undefined);
  });

  it('are known to exist or not', () => {
    const directory = directoryOf(put('a', null));
    assert.equal(directory.hasApiKeys, false);
    directory.apply([put('a', 'h1')]);
    assert.equal(directory.hasApiKeys, true);
    directory.apply([remove('a')]);
    assert.equal(directory.hasApiKeys, false);
  });

  it('are needed by the clients that have one, for as long as they have it', () => {
    const directory = directoryOf(put('a', 'h1'), put('b', null));
    assert.equal(directory.needsApiKey('id:a'), true);
    assert.equal(directory.needsApiKey('id:b'), false);
    directory.apply([put('a', 'h2')]);
    assert.equal(directory.needsApiKey('id:a'), true);
    directory.apply([put('a', null)]);
    assert.equal(directory.needsApiKey('id:a'), false);
    directory.apply([put('b', 'h3'), remove('b')]);
    assert.equal(directory.needsApiKey('id:b'), false);
  });

  it('that were replaced or taken away are not valid any more', () => {
    const directory = directoryOf(put('a', 'h1'));
    directory.apply([put('a', 'h2')]);
    assert.equal(directory.byApiKeyHash('h1'), undefined);
    assert.equal(directory.byApiKeyHash('h2'), 'id:a');
    directory.apply([put('a', null)]);
    assert.equal(directory.byApiKeyHash('h2'), undefined);
  });

  it('that moved to another client stay with it when the first one changes', () => {
    const directory = directoryOf(put('a', 'h1'), put('b', 'h1'), put('a', 'h2'));
    assert.equal(directory.byApiKeyHash('h1'), 'id:b');
    directory.apply([remove('a')]);
    assert.equal(directory.byApiKeyHash('h1'), 'id:b');
    assert.equal(directory.byApiKeyHash('h2'), undefined);
  });

  it('stay when the same is put again', () => {
    const directory = directoryOf(put('a', 'h1'), put('a', 'h1'));
    assert.equal(directory.byApiKeyHash('h1'), 'id:a');
  });
});

describe('blocks', () => {
  it('name the bucket of their client, and only clients by block have one', () => {
    const directory = directoryOf(
      put('10.0.0.0/8', null, 'cidr'),
      put('11.0.0.1', null, 'ip'),
      put('12.0.0.0/8', null),
    );
    assert.equal(directory.blocks.find(parseAddress('10.1.1.1')!), 'cidr:10.0.0.0/8');
    assert.equal(directory.blocks.size, 1);
  });

  it('are gone when their client is', () => {
    const directory = directoryOf(put('10.0.0.0/8', null, 'cidr'), put('10.1.0.0/16', null, 'cidr'));
    directory.apply([remove('10.1.0.0/16', 'cidr')]);
    assert.equal(directory.blocks.find(parseAddress('10.1.1.1')!), 'cidr:10.0.0.0/8');
  });

  it('that are invalid are left out', () => assert.equal(directoryOf(put('nonsense', null, 'cidr')).blocks.size, 0));
});

describe('the version', () => {
  it('counts up with every batch of changes', () => {
    const directory = new ClientDirectory();
    assert.equal(directory.version, 0);
    directory.apply([put('a', null), put('b', null)]);
    assert.equal(directory.version, 1);
    directory.apply([remove('unknown')]);
    assert.equal(directory.version, 2);
  });
});
