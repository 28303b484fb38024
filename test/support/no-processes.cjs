/**
 * Loaded before all tests. A file that `.mocharc.unit.json` counts among those without processes may not
 * start any, even while others run. Only flock(1) is allowed, with which the dom0 half locks its state.
 */
const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');
const { basename, matchesGlob, relative } = require('node:path');
const { promisify } = require('node:util');
const pty = require('node-pty');
const { ignore } = require('../../.mocharc.unit.json');

const LET_THROUGH = 'flock';
const ROOT = `${__dirname}/../..`;

let isUnitTest = false;

function guarded(start) {
  const guard = (command, ...rest) => {
    if (isUnitTest && basename(command) !== LET_THROUGH) {
      throw new Error('a unit test starts a process: name its file in `ignore` of .mocharc.unit.json');
    }
    return start(command, ...rest);
  };
  const promised = start[promisify.custom];
  if (promised !== undefined) guard[promisify.custom] = guarded(promised);
  return guard;
}

// Mocha's main process starts the workers. Each runs one file at a time.
if (process.env.MOCHA_WORKER_ID !== undefined) {
  for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
    childProcess[name] = guarded(childProcess[name]);
  }
  pty.spawn = guarded(pty.spawn);
  syncBuiltinESMExports();
}

/** Whether the file of a root hook counts among those without processes. */
exports.isWithoutProcesses = ({ parent }) => {
  const file = relative(ROOT, parent.suites[0]?.file ?? '');
  return file.endsWith('.test.js') && !ignore.some((pattern) => matchesGlob(file, pattern));
};

exports.mochaHooks = {
  beforeAll() {
    isUnitTest = exports.isWithoutProcesses(this.test);
  },
  // The next file is loaded before its `beforeAll`, and may be one with processes.
  afterAll() {
    isUnitTest = false;
  },
};
