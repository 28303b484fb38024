/** Loaded before the unit tests: whoever starts a process there is told where such a test belongs. */
const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');
const pty = require('node-pty');

function refuse() {
  throw new Error('a unit test starts a process: name its file in `ignore` of .mocharc.unit.json');
}

// The process that runs the others is mocha's own: it starts the workers.
if (process.env.MOCHA_WORKER_ID !== undefined || process.argv.includes('--no-parallel')) {
  for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
    childProcess[name] = refuse;
  }
  pty.spawn = refuse;
  syncBuiltinESMExports();
}
