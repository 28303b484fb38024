import { InvalidArgumentError, type Command } from 'commander';
import type { DemoOptions } from './run-demo.js';

/** Adds `postern demo`: both halves on a simulated Xen host, for trying out. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('Run everything on a simulated Xen host: two customers, three machines, no root.')
    .option('--dir <directory>', 'where the demo keeps its state', '.postern-demo')
    .option('--port <number>', 'the port on 127.0.0.1; 0 picks a free one', wholeNumber, 2222)
    .option(
      '--hosts <number>',
      'how many Xen hosts: 1 or 2; a machine can be moved to the second',
      oneOrTwo,
      1,
    )
    .option('--fresh', 'begin anew', false)
    .option('--time-scale <factor>', 'how long the simulated machines take, of a real one', factor, 0.3)
    .addHelpText(
      'after',
      '\nExamples:\n  postern demo\n  postern demo --port 0 --fresh\n  ssh -F .postern-demo/ssh_config alice',
    )
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('./run-demo.js');
      await runDemo(options);
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return value;
}

function factor(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 10)
    throw new InvalidArgumentError('a number above 0, at most 10.');
  return value;
}

function oneOrTwo(text: string): 1 | 2 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new InvalidArgumentError('1 or 2.');
}
