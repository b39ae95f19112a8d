// Exit code 0 when the address answers 2xx, for HEALTHCHECK: the image has no curl. Not by fetch, which takes twice the CPU.
const url = process.argv[2] ?? 'http://127.0.0.1:9000/readyz';
const { get } = await import(url.startsWith('https:') ? 'node:https' : 'node:http');

function fail(why) {
  console.error(`${url}: ${why}`);
  process.exitCode = 1;
}

const request = get(url, { agent: false, timeout: 8000 }, (response) => {
  response.resume();
  if (response.statusCode < 200 || response.statusCode > 299) fail(`status ${response.statusCode}`);
});
request.on('timeout', () => request.destroy(new Error('no answer within 8 s')));
request.on('error', (error) => fail(error.message));
