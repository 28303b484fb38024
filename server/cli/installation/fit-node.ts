/**
 * Ends the process with one sentence where Node.js is too old. It must be the first import of each tool that
 * npm runs: what the others load may crash on it.
 */
import { unfitNode } from './node-version.js';

const unfit = unfitNode(process.versions.node);
if (unfit !== null) {
  process.stderr.write(`postern: ${unfit}\n`);
  process.exit(1);
}
