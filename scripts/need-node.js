// An old Node's own error about our code is cryptic: say what is needed. Plain old JavaScript on purpose.
if (parseInt(process.versions.node, 10) < 24) {
  console.error('Sluice needs Node >= 24; this is ' + process.versions.node + ' (' + process.execPath + ').');
  process.exit(1);
}
