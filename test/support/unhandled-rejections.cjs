const { isWithoutProcesses } = require('./no-processes.cjs');

/**
 * Loaded before all tests. A rejection that nobody handles ends a half. So it fails a test that has a part of a
 * half in its own process. Mocha by itself ignores it.
 */
function fail(reason) {
  throw reason;
}

exports.mochaHooks = {
  // A worker removes all listeners after each file.
  beforeAll() {
    process.off('unhandledRejection', fail);
    if (isWithoutProcesses(this.test)) process.on('unhandledRejection', fail);
  },
};
