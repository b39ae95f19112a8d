// Goes on after boot.js in the main thread, as a module: only these have import().
//
// `sluice ARGUMENTS` runs the command line. `sluice [--import MODULE] PROGRAM ARGUMENTS`, with a program inside the
// executable, runs that as Node would: child_process.fork() writes such command lines (src/cli/lab).
const { sep } = require('node:path');
const { pathToFileURL } = require('node:url');

const [self, , ...words] = process.argv;
const preloaded = words[0] === '--import' ? words[1] : undefined;
const program = words[preloaded === undefined ? 0 : 2];
const inside = self + sep;

run().catch((error) => {
  // As Node ends if its program cannot be loaded.
  process.nextTick(() => {
    throw error;
  });
});

async function run() {
  if (program?.startsWith(inside)) {
    process.argv = [self, program, ...words.slice(preloaded === undefined ? 1 : 3)];
    if (preloaded !== undefined) await import(preloaded);
    await import(pathToFileURL(program).href);
    return;
  }
  const { keepCompiled } = await import(pathToFileURL(`${inside}dist/compile-cache.js`).href);
  keepCompiled(process.env);
  await import(pathToFileURL(`${inside}dist/main.js`).href);
}
