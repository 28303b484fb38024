/**
 * Both halves at work for hours: `npm run soak -- --help`. Ends with 1 when something leaked, hung, or disagrees.
 */
import '../../server/cli/installation/fit-node.js';
import { Command } from 'commander';
import { Soak } from './soak.js';

const options = new Command('soak')
  .description('Lets customers, an admin and kills work on both halves, and looks at what they keep.')
  .option('--hours <number>', 'how long')
  .option('--minutes <number>', 'how long, instead; 2 by default')
  .option('--customers <number>', 'how many work at once', '6')
  .option('--seed <number>', 'repeats the choices of another run, but not the times of the machine')
  .parse()
  .opts<{ hours?: string; minutes?: string; customers: string; seed?: string }>();

const seconds =
  options.hours === undefined ? Number(options.minutes ?? 2) * 60 : Number(options.hours) * 3600;
const seed = Number(options.seed ?? Math.floor(Math.random() * 1e9));
const customers = Number(options.customers);
if (![seconds, seed, customers].every((each) => Number.isFinite(each) && each >= 0) || customers < 1) {
  process.stderr.write('soak: --hours, --minutes, --customers and --seed take numbers\n');
  process.exit(2);
}
process.stdout.write(`soak: ${seconds} s, ${customers} customers, --seed ${seed}\n`);
const { report, faults } = await Soak.run({
  seconds,
  seed,
  customers,
  tell: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${report}\n${faults.map((fault) => `FAULT: ${fault}\n`).join('')}`);
process.stdout.write(
  faults.length === 0 ? 'soak: nothing leaked, hung or disagrees\n' : `soak: ${faults.length} faults\n`,
);
process.exit(faults.length === 0 ? 0 : 1);
