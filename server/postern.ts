import { unfitNode } from './cli/installation/node-version.js';

const unfit = unfitNode(process.versions.node);
if (unfit === null) {
  const { useCompileCache } = await import('./compile-cache.js');
  useCompileCache();
  const named = await program(process.argv[2]);
  await named.run();
} else {
  process.stderr.write(`postern: ${unfit}\n`);
  process.exitCode = 1;
}

/** Each is one file of modules, so a half loads nothing of the other's (program-bundles.ts). */
async function program(command: string | undefined): Promise<{ run(): Promise<void> }> {
  switch (command) {
    case 'gate':
    case 'gate-worker':
      return import('./cli/gate-program.js');
    case 'dom0':
      return import('./cli/dom0-program.js');
    default:
      return import('./cli/command-program.js');
  }
}
