import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importText } from '../support/import-fixtures.ts';
import { httpRequest } from '../support/http-request.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic } from '../support/traffic.ts';

test('an imported configuration of nginx forwards, rewrites, answers and refuses as it did there', async (t) => {
  const [web, api, beta] = await Promise.all(['web', 'api', 'beta'].map((name) => startRawBackend(rawResponse(name))));
  t.after(() => Promise.all([web!.close(), api!.close(), beta!.close()]));
  const at = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
  const { yaml } = importText(
    'nginx',
    `
map $http_x_channel $api { default api; beta beta; }
upstream api { server ${at(api!)}; }
upstream beta { server ${at(beta!)}; }
server {
  listen 80 default_server;
  proxy_set_header Host $host;
  location / { proxy_pass http://${at(web!)}; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forged $ssl_client_verify; }
  location /api/ { rewrite ^/api/v(\\d+)/(.*)$ /$2/of/$1 break; proxy_pass http://$api; client_max_body_size 4; }
  location /admin { deny all; }
  location = /ping { return 200 "pong\\n"; }
  location /old/ { return 301 https://new.example$request_uri; }
}`,
  );
  const traffic = await startTraffic(yaml.replace(/port: 80 .*/, 'port: 0'));
  t.after(() => traffic.close());
  const ask = (path: string, options = {}) => httpRequest(`${traffic.url}${path}`, options);

  assert.equal(
    (await ask('/hello?a=1', { headers: { host: 'shop.example', 'x-real-ip': '6.6.6.6', 'x-forged': 'yes' } })).body,
    'web',
  );
  const [first = ''] = web!.requests;
  assert.match(first, /^GET \/hello\?a=1 HTTP\/1\.1\r\n/);
  assert.match(first, /\r\nhost: shop\.example\r\n/i);
  assert.match(first, /\r\nx-real-ip: 127\.0\.0\.1\r\n/i);
  assert.doesNotMatch(first, /x-forged|6\.6\.6\.6/i);

  assert.equal((await ask('/api/v2/orders')).body, 'api');
  assert.match(api!.requests[0]!, /^GET \/orders\/of\/2 HTTP/);
  assert.equal((await ask('/api/v2/orders', { headers: { 'x-channel': 'beta' } })).body, 'beta');
  assert.equal((await ask('/api/v2/orders', { method: 'POST', body: 'too much' })).status, 413);

  for (const path of ['/admin', '/admin/x', '/adminx']) assert.equal((await ask(path)).status, 403, path);
  const pong = await ask('/ping');
  assert.deepEqual([pong.status, pong.body], [200, 'pong\n']);
  const moved = await ask('/old/page?x=1');
  assert.deepEqual([moved.status, moved.headers.location], [301, 'https://new.example/old/page?x=1']);
});

test('an imported configuration of Kong strips paths, prefers its priorities, and refuses as it did there', async (t) => {
  const [shop, beta, files] = await Promise.all(
    ['shop', 'beta', 'files'].map((name) => startRawBackend(rawResponse(name))),
  );
  t.after(() => Promise.all([shop!.close(), beta!.close(), files!.close()]));
  const at = ({ port }: { readonly port: number }): string => `http://127.0.0.1:${port}`;
  const { yaml } = importText(
    'kong',
    `
_format_version: "3.0"
services:
  - name: shop
    url: ${at(shop!)}/v1
    routes:
      - { name: shop, paths: [/shop] }
      - name: admin
        paths: [/shop/admin]
        plugins: [{ name: key-auth }]
  - name: beta
    url: ${at(beta!)}
    routes:
      - { name: beta, paths: [/shop], headers: { X-Channel: [Beta] } }
  - name: files
    url: ${at(files!)}
    routes:
      - { name: files, paths: ['~/f/\\d+'], preserve_host: true }
      - name: closed
        paths: [/f]
        plugins: [{ name: ip-restriction, config: { deny: [127.0.0.0/8, "::1"] } }]
routes:
  - name: gone
    paths: [/old]
    plugins: [{ name: request-termination, config: { status_code: 410, message: moved } }]
plugins:
  - name: request-transformer
    config: { remove: { headers: [X-Debug] }, append: { headers: ["X-Via:edge"] } }
`,
    false,
  );
  const traffic = await startTraffic(yaml.replace(/port: 8000 .*/, 'port: 0'));
  t.after(() => traffic.close());
  const ask = (path: string, headers = {}) =>
    httpRequest(`${traffic.url}${path}`, { headers: { host: 'shop.example', ...headers } });

  assert.equal((await ask('/shop/cart?a=1', { 'x-debug': 'yes' })).body, 'shop');
  const [first = ''] = shop!.requests;
  assert.match(first, /^GET \/v1\/cart\?a=1 HTTP\/1\.1\r\n/);
  assert.match(first, /\r\nhost: 127\.0\.0\.1:\d+\r\n/i);
  assert.match(first, /\r\nx-via: edge\r\n/i);
  assert.doesNotMatch(first, /x-debug/i);
  for (const path of ['/shop/admin', '/shop/admin/users', '/shop/adminx'])
    assert.equal((await ask(path)).status, 401, path);
  // One more condition comes before the longer path there.
  assert.equal((await ask('/shop/admin/users', { 'x-channel': 'beta' })).body, 'beta');
  assert.match(beta!.requests[0]!, /^GET \/admin\/users HTTP/);

  assert.equal((await ask('/f/12/a')).body, 'files');
  assert.match(files!.requests[0]!, /^GET \/a HTTP\/1\.1\r\n(?:.*\r\n)*?host: shop\.example\r\n/i);
  assert.equal((await ask('/f/other')).status, 403);
  const gone = await ask('/old/page');
  assert.deepEqual([gone.status, gone.body], [410, '{"message":"moved"}']);
});
