import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../server/cli/command/exit-status.js';
import { addCommands } from '../../server/cli/commands.js';
import { demoKey } from '../../server/cli/demo/demo-keys.js';
import { House } from '../support/house.js';
import { postern } from '../support/postern-command.js';

const FINGERPRINT = `SHA256:${'A'.repeat(43)}`;

/** The placeholders of arguments and options that name something which Postern has. */
const NAMES = ['customer', 'domain', 'fingerprint', 'session', 'channel', 'group', 'revision', 'id', 'who'];

/**
 * Each command that takes one, and lines that name what is not there. alice and bob are there, and horatio, on which bob
 * has no role. GATE, DOM0, KEY and IMAGES are paths.
 */
const LINES: Readonly<Record<string, readonly string[]>> = {
  'customer show': ['ghost'],
  'customer remove': ['ghost'],
  'customer rename': ['ghost other'],
  'customer suspend': ['ghost'],
  'customer resume': ['ghost'],
  'key add': ['ghost KEY'],
  'key list': ['ghost', '--group ghost'],
  'key expire': [`ghost ${FINGERPRINT} 2031-01-01`, `alice ${FINGERPRINT} 2031-01-01`],
  'key remove': [`ghost ${FINGERPRINT}`, `alice ${FINGERPRINT}`],
  'key expire-old': [
    '--added-before 2020-01-01 --at 2031-01-01 --customer ghost',
    '--added-before 2020-01-01 --at 2031-01-01 --group ghost',
  ],
  'ca add': ['staff KEY --customer ghost', 'staff KEY --group ghost'],
  'ca remove': ['ghost'],
  'role add': ['ghost horatio owner'],
  'role list': ['--customer ghost'],
  'role remove': ['ghost horatio', 'bob horatio'],
  'domain show': ['ghost'],
  'domain unset': ['horatio install-suite'],
  'domain adopt': ['ghost'],
  'domain retire': ['ghost'],
  'domain keep': ['ghost'],
  'session end': ['999'],
  'notice test': ['ghost'],
  'notice forget': ['ghost'],
  'policy explain': ['BCDFGH'],
  'policy rollback': ['999'],
  console: ['ghost', 'ghost --release 1m'],
  'recording export': ['0123456789ab'],
  'image check': ['ghost'],
  'image remove': ['ghost --directory IMAGES'],
};

/** Commands that answer about what is not there, or to whom it makes no difference. */
const ANSWER: Readonly<Record<string, string>> = {
  'customer add': 'the name is a new one',
  'domain set': 'a domain has parameters before a host shows it',
  audit: 'a filter: the log is about those who have gone, too',
  'session list': 'a filter: nobody of that name is logged in',
  'recording list': 'a filter: recordings stay when a customer is removed',
  'explain-login': 'it explains why nobody of that name can log in',
  import: 'a filter of what is read',
};

describe('cli: what is named and is not there', () => {
  let house: House;
  let paths: ReadonlyMap<string, string>;

  before(async () => {
    house = await House.start({
      customers: { alice: { horatio: 'owner' }, bob: {} },
      domains: [{ name: 'horatio' }],
    });
    const { directory } = house.layout;
    const key = join(directory, 'new.pub');
    writeFileSync(key, demoKey(join(directory, 'new-keys'), 'new'));
    const images = join(directory, 'images');
    mkdirSync(images);
    paths = new Map([
      ['KEY', key],
      ['IMAGES', images],
    ]);
  });
  after(() => house.stop());

  /** The settings that a command reads. */
  const settings = (command: string): readonly string[] => {
    if (command === 'image check') return ['--dom0-settings', house.layout.dom0Settings];
    if (command === 'image remove') return [];
    return ['--settings', command === 'console' ? house.layout.dom0Settings : house.layout.gateSettings];
  };

  it('is asked of every command that takes a name', async () => {
    const program = new Command('postern');
    await addCommands(program, undefined);
    const taking: string[] = [];
    const walk = (command: Command, path: readonly string[]): void => {
      const names = [
        ...command.registeredArguments.map((argument) => argument.name()),
        ...command.options.map(({ flags }) => /<([^>]+)>/.exec(flags)?.[1] ?? ''),
      ].flatMap((name) => name.split('|'));
      if (names.some((name) => NAMES.includes(name))) taking.push(path.join(' '));
      for (const one of command.commands) walk(one, [...path, one.name()]);
    };
    walk(program, []);
    assert.ok(taking.length > 25, taking.join(', '));
    assert.deepEqual(
      taking.filter((command) => LINES[command] === undefined && ANSWER[command] === undefined),
      [],
    );
  });

  for (const [command, lines] of Object.entries(LINES))
    for (const line of lines)
      it(`is status 4 and one sentence: ${command} ${line}`, async () => {
        const given = line.split(' ').map((word) => paths.get(word) ?? word);
        const { status, stdout, stderr } = await postern([
          ...command.split(' '),
          ...given,
          ...settings(command),
        ]);
        assert.deepEqual([status, stdout], [EXIT.noSuch, ''], stderr);
        assert.match(stderr, /^postern: [^\n]+\n$/);
      });
});
