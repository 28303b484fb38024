import '../../../server/cli/installation/fit-node.js';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { demoPort } from '../../../server/cli/demo/demo-port.js';
import { eventually } from '../../support/eventually.js';
import { labCache } from './paths.js';
import { XenLab } from './xen-lab.js';

const USAGE = `npm run xen-lab              a real Xen host with Postern and three customers' machines; Ctrl-C ends it
npm run xen-lab -- stop      end it from another terminal
npm run xen-lab -- snapshot  keep it as it is now: the next start goes on from there
npm run xen-lab -- reset     forget what was kept

POSTERN_XEN_LAB=DIR is where images and machines are kept; $XDG_CACHE_HOME/postern-xen-lab when it is not set.`;

/** The snapshot that a start continues from. */
const KEPT = 'kept';
/** laertes, whose GRUB needs more memory, has no room beside these. */
const DOMAINS = ['horatio', 'ophelia', 'yorick', 'guildenstern', 'rosencrantz', 'hamlet'];
/** One lab runs at a time; this file tells the other commands which. */
const PID_FILE = join(labCache(), 'playground.pid');
/** Touched after each snapshot. */
const KEPT_FILE = join(labCache(), 'playground.kept');

const say = (sentence: string): void => {
  process.stdout.write(`${sentence}\n`);
};

async function main(words: readonly string[]): Promise<void> {
  const [word] = words;
  if (words.length > 1) throw new Error(USAGE);
  switch (word) {
    case undefined:
      return play();
    case 'stop':
      return stop();
    case 'snapshot':
      return snapshot();
    case 'reset':
      return reset();
    case 'help':
    case '--help':
      say(USAGE);
      return;
    default:
      throw new Error(USAGE);
  }
}

async function play(): Promise<void> {
  if (runningPid() !== undefined) throw new Error('the lab runs already; npm run xen-lab -- stop ends it');
  mkdirSync(dirname(PID_FILE), { recursive: true, mode: 0o700 });
  writeFileSync(PID_FILE, String(process.pid));
  // We listen from the beginning: Ctrl-C during the start must end what was started.
  const ended = new Promise<void>((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        settle();
      });
    }
  });
  const lab = await XenLab.open('playground', say);
  try {
    const started = open(lab).then(() => true);
    if (!(await Promise.race([started, ended.then(() => false)]))) return;
    process.on('SIGUSR2', () => {
      keep(lab).then(
        () => {
          say('kept');
        },
        (error: unknown) => {
          say(String(error));
        },
      );
    });
    say(welcome(lab));
    await ended;
  } finally {
    await lab.stop();
    rmSync(PID_FILE, { force: true });
  }
}

/** Continues from the kept snapshot, or boots the customers' domains and keeps a snapshot. */
async function open(lab: XenLab): Promise<void> {
  const kept = lab.machine.hasSnapshot(KEPT);
  await lab.start(kept ? KEPT : undefined);
  if (kept) restoreGate(lab);
  else for (const name of DOMAINS) await lab.dom0.must(`xl create -q /etc/xen/${name}.cfg`);
  await lab.gate.start({ port: await demoPort(2223).catch(() => 0), fresh: !kept });
  if (!kept) await keep(lab);
}

async function keep(lab: XenLab): Promise<void> {
  await lab.machine.keep(KEPT);
  const { gateState } = lab.gate.layout;
  rmSync(`${gateState}.kept`, { recursive: true, force: true });
  cpSync(gateState, `${gateState}.kept`, { recursive: true });
  writeFileSync(KEPT_FILE, new Date().toISOString());
}

/** The gate's knowledge must be from the same moment as the host's. */
function restoreGate(lab: XenLab): void {
  const { gateState } = lab.gate.layout;
  if (!existsSync(`${gateState}.kept`)) return;
  rmSync(gateState, { recursive: true, force: true });
  cpSync(`${gateState}.kept`, gateState, { recursive: true });
}

async function stop(): Promise<void> {
  const pid = runningPid();
  if (pid === undefined) {
    say('the lab does not run');
    return;
  }
  process.kill(pid, 'SIGTERM');
  await eventually('the lab to end', () => runningPid() === undefined, { withinMs: 60_000, everyMs: 100 });
}

async function snapshot(): Promise<void> {
  const pid = runningPid();
  if (pid === undefined) throw new Error('the lab does not run; npm run xen-lab starts it');
  const last = keptAt();
  process.kill(pid, 'SIGUSR2');
  await eventually('the snapshot', () => keptAt() > last, { withinMs: 120_000, everyMs: 100 });
  say('kept: the next start goes on from here');
}

async function reset(): Promise<void> {
  await stop();
  const lab = await XenLab.open('playground', say);
  rmSync(lab.machine.directory, { recursive: true, force: true });
}

function runningPid(): number | undefined {
  try {
    const pid = Number(readFileSync(PID_FILE, 'utf8'));
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return commandLine.includes('xen/lab/command.js') ? pid : undefined;
  } catch {
    return undefined;
  }
}

function keptAt(): number {
  return existsSync(KEPT_FILE) ? statSync(KEPT_FILE).mtimeMs : 0;
}

function welcome(lab: XenLab): string {
  const { sshConfig, gateSettings } = lab.gate.layout;
  return `
  Postern runs on a real Xen. In another terminal:

      ssh -F ${sshConfig} alice

  Alice owns horatio, and ophelia, who does not boot: choose 6 there to rescue her;
  guildenstern boots by PV-GRUB, rosencrantz by PyGRUB, hamlet is a PVH guest.
  Bob owns yorick:  ssh -F ${sshConfig} bob
  The Xen host itself:  ssh -F ${lab.dom0.sshConfig} dom0    (then: xl list)
  An admin looks on:  node ${relative(process.cwd(), process.argv[1] ?? '').replace(
    /test\/xen\/lab\/command\.js$/,
    'server/postern.js',
  )} audit --follow --settings ${gateSettings}

  Ctrl-C ends everything; what was not kept (npm run xen-lab -- snapshot) is forgotten.

postern ready on 127.0.0.1:${lab.gate.port}
`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
