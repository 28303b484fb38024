/**
 * Measures Postern side by side with OpenSSH and a menu in bash: `npm run bench -- --help`. Each scenario has a
 * fresh server each round, and the servers take turns. Nothing here passes or fails.
 */
import '../../server/cli/installation/fit-node.js';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Command, Option } from 'commander';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';
import { Figures, table, type Line } from './figures.js';
import { OpensshServer } from './openssh-server.js';
import { PosternServer } from './postern-server.js';
import { SCENARIOS, type Amount, type Scenario, type Values } from './scenarios.js';
import type { ServerUnderLoad } from './server-under-load.js';

interface Options {
  readonly only: readonly string[];
  readonly rounds: string;
  readonly sessions: string;
  readonly rest: string;
  readonly logins: string;
  readonly echoes: string;
  readonly sshd: string;
  readonly alone: boolean;
  readonly postern?: string;
  readonly workers: string;
  readonly json?: string;
}

const options = new Command('bench')
  .description('Measures Postern side by side with OpenSSH and a menu in bash.')
  .addOption(
    new Option('--only <names...>', 'only these scenarios')
      .choices(SCENARIOS.map(({ name }) => name))
      .default(
        SCENARIOS.map(({ name }) => name),
        'all',
      ),
  )
  .option('--rounds <number>', 'how often each is measured; the medians count', '3')
  .option('--sessions <number>', 'menus of Postern that nobody touches', '1000')
  .option('--rest <seconds>', 'for how long nobody touches them', '40')
  .option('--logins <number>', 'logins of a round', '400')
  .option('--echoes <number>', 'keys of a round', '2000')
  .option('--sshd <program>', "OpenSSH's server", '/usr/sbin/sshd')
  .option('--alone', 'without OpenSSH', false)
  .option('--postern <file>', 'the dist/server/postern.js of another tree, to compare')
  .option('--workers <number>', 'how many workers the gate has', '1')
  .option('--json <file>', 'where the values of each round go')
  .parse()
  .opts<Options>();

const given = {
  workers: Number(options.workers),
  sessions: Number(options.sessions),
  ...(options.postern === undefined ? {} : { script: options.postern }),
};
const amount: Amount = {
  logins: Number(options.logins),
  echoes: Number(options.echoes),
  sessions: Number(options.sessions),
  opensshSessions: Math.min(200, Number(options.sessions)),
  restSeconds: Number(options.rest),
};
// ssh2's own generator drops a leading zero, and then nobody can read the key.
const { privateFile, publicFile } = makeEd25519KeyPair('');
const key = { private: privateFile, public: publicFile };
const chosen = SCENARIOS.filter(({ name }) => options.only.includes(name));
const whyAlone =
  options.alone || !chosen.some(({ compares }) => compares) ? '--alone' : OpensshServer.whyNot(options.sshd);
if (whyAlone !== null && whyAlone !== '--alone') {
  process.stderr.write(`${whyAlone}\n`);
  process.exit(2);
}

async function measured(scenario: Scenario, start: () => Promise<ServerUnderLoad>): Promise<Values> {
  const server = await start();
  try {
    return await scenario.run(server, amount);
  } finally {
    await server.stop();
  }
}

/** What was measured of one scenario, round by round. */
interface Rounds {
  readonly openssh: Values[];
  readonly postern: Values[];
}

async function rounds(scenario: Scenario): Promise<Rounds> {
  const all: Rounds = { openssh: [], postern: [] };
  for (let round = 0; round < Number(options.rounds); round += 1) {
    if (scenario.compares && whyAlone === null)
      all.openssh.push(await measured(scenario, () => OpensshServer.start(key, options.sshd)));
    all.postern.push(await measured(scenario, () => PosternServer.start(key, given)));
  }
  return all;
}

function linesOf(scenario: Scenario, { openssh, postern }: Rounds): readonly Line[] {
  return Object.entries(scenario.lines).map(([what, [unit, wanted]]) => {
    const median = (values: readonly Values[]): number =>
      new Figures(values.map((each) => each[what] ?? NaN)).median;
    const theirs = openssh.length === 0 ? null : median(openssh);
    const ours = median(postern);
    return {
      what,
      unit,
      openssh: theirs,
      postern: ours,
      ratio: theirs === null ? null : ours / theirs,
      wanted,
    };
  });
}

const lines: Line[] = [];
const raw: Record<string, Rounds> = {};
for (const scenario of chosen) {
  process.stderr.write(`${scenario.name} …\n`);
  const all = await rounds(scenario);
  raw[scenario.name] = all;
  lines.push(...linesOf(scenario, all));
}
const machine = {
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? '?'}`,
  load: loadavg()[0] ?? 0,
};
process.stdout.write(
  `${table(lines)}\nNode ${machine.node}, ${machine.cpu}, load ${machine.load.toFixed(1)}; ${options.rounds} rounds, ${amount.sessions} menus\n`,
);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine, amount, lines, rounds: raw }, null, 2)}\n`);
