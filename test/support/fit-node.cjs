/**
 * Loaded before all tests and before anything native, which may crash on an older Node.js without a word: ends
 * mocha with one sentence there.
 */
const OLDEST_MAJOR = 22;

if (Number.parseInt(process.versions.node, 10) < OLDEST_MAJOR) {
  process.stderr.write(
    `tests: this is Node.js ${process.versions.node}, which is too old. Run them by npm test, or put node_modules/.bin first in PATH.\n`,
  );
  process.exit(1);
}
