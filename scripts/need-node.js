// Plain JavaScript, and imported before anything else: an old Node cannot read our .ts files and says so in riddles.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write('Sluice needs Node >= 24, this is v' + process.versions.node + '\n');
  process.exit(1);
}
