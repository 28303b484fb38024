import { unfitNode } from './cli/installation/node-version.js';

const unfit = unfitNode(process.versions.node);
if (unfit === null) {
  const { useCompileCache } = await import('./compile-cache.js');
  useCompileCache();
  const { runCommandLine } = await import('./cli/command-line.js');
  await runCommandLine();
} else {
  process.stderr.write(`postern: ${unfit}\n`);
  process.exitCode = 1;
}
