import '../../../server/cli/installation/fit-node.js';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XenLab } from '../lab/xen-lab.js';
import { CHECKOUT } from '../lab/paths.js';
import { xenRelease } from '../lab/release.js';
import { Recorder } from './recorder.js';
import { SETTING, STORY, type Step } from './story.js';

const FIXTURES = join(CHECKOUT, 'test', 'fixtures');
const FIRST = join(FIXTURES, 'xl-4.17');
const BLOCK = /^\$ (.*)\n--- stdout\n/gm;
const TERMINAL = /^# pt .*$/m;

const say = (sentence: string): void => {
  process.stdout.write(`${sentence}\n`);
};

/**
 * Records on the lab's Xen what test/fixtures/xl-4.17 has of its own, command by command.
 *
 * @param wanted beginnings of the files to record; all when there is none
 */
async function main(wanted: readonly string[]): Promise<void> {
  const directory = join(FIXTURES, `xl-${xenRelease().xen}`);
  await XenLab.prepare(say);
  const lab = await XenLab.open('recording', say);
  try {
    await lab.renew();
    await lab.dom0.must('systemctl stop postern-dom0');
    await lab.dom0.must('bash -s', SETTING);
    await lab.dom0.copy(join(FIXTURES), ['xl-cfg'], '/tmp');
    mkdirSync(directory, { recursive: true });
    const recorder = new Recorder(lab.dom0, directory);
    for (const step of STORY) {
      const isWanted = wanted.length === 0 || wanted.some((name) => step.records.startsWith(name));
      if (isWanted) await record(step, lab, recorder);
    }
    say(`recorded in ${directory}; git diff shows what differs from the last time`);
  } finally {
    await lab.stop();
  }
}

async function record(
  { first, records, within, terminal }: Step,
  lab: XenLab,
  recorder: Recorder,
): Promise<void> {
  if (first !== undefined) await lab.dom0.run('bash -s', first);
  say(records);
  const text = readFileSync(join(FIRST, `${records}.txt`), 'utf8');
  const commands = [...text.matchAll(BLOCK)].map(([, command = '']) => command);
  const [create, ...rest] = commands;
  const before = within === undefined ? '' : `cd ${within}; `;
  if (terminal !== undefined && create !== undefined) {
    await recorder.commands(`${records}`, [create]);
    await recorder.terminal(records.replace(/-(?:preserve|restart-default)$/, '-console'), terminal);
    await recorder.commands(records, rest, '', true);
  } else if (commands.length > 0) await recorder.commands(records, commands, before);
  else await recorder.terminal(records, TERMINAL.exec(text)?.[0] ?? '');
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
