/**
 * Measures how the cost of the product's work grows: `npm run bench:growth -- --help`. CPU time only: it holds on a
 * busy machine, too. Nothing here passes or fails.
 */
import '../../../server/cli/installation/fit-node.js';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Command, Option } from 'commander';
import { makeEd25519KeyPair } from '../../../server/gate/ssh/ed25519-key-pair.js';
import { GrownServer } from './grown-server.js';
import type { Size } from './grown-server.js';
import { Measured } from './measured.js';
import type { Costs } from './measured.js';
import { plot, short } from './plot.js';
import type { Panel } from './plot.js';

const ORDINARY: Size = { domains: 100, keys: 200, auditRows: 1_000, hosts: 1 };

/** What grows, with its sizes, and the lines of its picture. */
const GROWTHS = {
  sessions: {
    sizes: [10, 100, 1_000, 4_000],
    plotted: [
      'login with its menu',
      'a key in a menu',
      'a second of the gate at rest',
      'policy reload',
      'a role is taken and given',
    ],
  },
  domains: {
    sizes: [10, 100, 1_000, 5_000],
    plotted: [
      'start of the gate',
      'login with its menu',
      'a key in a menu',
      'menu of all domains',
      'a second of the dom0 half at rest',
      'list of domains',
      'policy reload',
    ],
  },
  keys: {
    sizes: [10, 1_000, 10_000, 100_000],
    plotted: [
      'start of the gate',
      'login with its menu',
      'a role is taken and given',
      'policy reload',
      'list of domains',
      'doctor',
      'backup',
      'audit verify',
    ],
  },
  rows: {
    sizes: [1_000, 100_000, 1_000_000, 10_000_000],
    plotted: [
      'start of the gate',
      'login with its menu',
      'a key in a menu',
      'audit, of a customer',
      'audit, since a minute',
      'doctor',
      'backup',
      'audit verify',
    ],
  },
  hosts: {
    sizes: [1, 10, 50],
    plotted: [
      'start of the gate',
      'login with its menu',
      'menu of all domains',
      'a second of the gate at rest',
      'list of domains',
      'audit verify',
    ],
  },
} as const;
type Growing = keyof typeof GROWTHS;
const NAMES = Object.keys(GROWTHS) as Growing[];
const TITLES: Readonly<Record<Growing, string>> = {
  sessions: 'open menus',
  domains: 'domains',
  keys: 'keys',
  rows: 'rows of the audit log',
  hosts: 'hosts of 20 domains',
};

function sizeOf(growing: Growing, size: number): { readonly size: Size; readonly sessions: number } {
  switch (growing) {
    case 'sessions':
      return { size: ORDINARY, sessions: size };
    case 'domains':
      return { size: { ...ORDINARY, domains: size }, sessions: 0 };
    case 'keys':
      return { size: { ...ORDINARY, keys: size }, sessions: 0 };
    case 'rows':
      return { size: { ...ORDINARY, auditRows: size }, sessions: 0 };
    case 'hosts':
      return { size: { ...ORDINARY, hosts: size }, sessions: 0 };
  }
}

/** Rows for each kind of work, columns for the sizes, in CPU milliseconds. */
function tableOf(growing: Growing, sizes: readonly number[], costs: readonly Costs[]): string {
  const works = [...new Set(costs.flatMap((one) => Object.keys(one)))];
  const cell = (value: number | undefined): string =>
    value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 0 : 1);
  return [
    `| ${TITLES[growing]} | ${sizes.map(short).join(' | ')} |`,
    `|---|${sizes.map(() => '---').join('|')}|`,
    ...works.map((work) => `| ${work} | ${costs.map((one) => cell(one[work])).join(' | ')} |`),
  ].join('\n');
}

function panelOf(growing: Growing, sizes: readonly number[], costs: readonly Costs[]): Panel {
  const lines = GROWTHS[growing].plotted.map((name) => ({
    name,
    values: costs.map((one) => one[name] ?? null),
  }));
  return { title: `${TITLES[growing]}`, sizes, lines };
}

const options = new Command('growth')
  .description("Measures how the cost of the product's work grows with what there is.")
  .addOption(
    new Option('--only <names...>', 'only this grows')
      .choices(NAMES)
      .default(NAMES, 'each, one after the other'),
  )
  .option('--most <number>', 'leave out sizes above it', '10000000')
  .option('--svg <file>', 'where the picture goes')
  .option('--json <file>', 'where the values go')
  .parse()
  .opts<{ only: readonly Growing[]; most: string; svg?: string; json?: string }>();

const { privateFile, publicFile } = makeEd25519KeyPair('');
const key = { private: privateFile, public: publicFile };
const measured: Partial<
  Record<Growing, { readonly sizes: readonly number[]; readonly costs: readonly Costs[] }>
> = {};
for (const growing of options.only) {
  const sizes = GROWTHS[growing].sizes.filter((size) => size <= Number(options.most));
  const costs: Costs[] = [];
  for (const at of sizes) {
    process.stderr.write(`${at} ${TITLES[growing]} …\n`);
    const { size, sessions } = sizeOf(growing, at);
    const server = await GrownServer.start(size, key);
    try {
      const cost = await new Measured(server).all(sessions);
      costs.push(cost);
      process.stderr.write(`${JSON.stringify(cost)}\n`);
    } finally {
      await server.stop();
    }
  }
  measured[growing] = { sizes, costs };
  process.stdout.write(`${tableOf(growing, sizes, costs)}\n\n`);
}
process.stdout.write(
  `CPU milliseconds; Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, load ${(loadavg()[0] ?? 0).toFixed(1)}\n`,
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
if (options.svg !== undefined) {
  const panels = NAMES.flatMap((growing) => {
    const one = measured[growing];
    return one === undefined ? [] : [panelOf(growing, one.sizes, one.costs)];
  });
  writeFileSync(options.svg, plot(panels, 'CPU ms'));
}
