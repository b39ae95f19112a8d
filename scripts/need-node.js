// An old Node's own error about our code is cryptic: say what is needed. Plain old JavaScript on purpose.
const version = process.versions.node.split('.').map(Number);
if (version[0] < 24 || (version[0] === 24 && version[1] < 5)) {
  console.error('Sluice needs Node >= 24.5; this is ' + process.versions.node + ' (' + process.execPath + ').');
  process.exit(1);
}
