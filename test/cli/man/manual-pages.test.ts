import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { addCommands } from '../../../server/cli/commands.js';
import { manualPages } from '../../../server/cli/man/pages.js';
import { GATE_SCHEMA } from '../../../config/gate-schema.js';
import { plain, spans } from '../../../server/cli/man/roff.js';

/** A page as man(1) shows it, without the overstrikes. */
function shown(page: string): string {
  return execFileSync('groff', ['-man', '-Tutf8', '-P-cbou', '-rLL=200n'], { input: page, encoding: 'utf8' });
}

describe('cli: the manual pages', () => {
  let program: Command;
  let pages: ReadonlyMap<string, string>;
  const hasGroff = spawnSync('groff', ['--version']).status === 0;

  before(async () => {
    program = new Command('postern').description('A restricted SSH console server.');
    await addCommands(program, undefined);
    pages = manualPages(program, '1.2.3');
  });

  it('are one for each command, one for all, and one for each file that admins write', () => {
    const visible = program
      .createHelp()
      .visibleCommands(program)
      .map((one) => one.name());
    const names = visible.filter((name) => name !== 'help').map((name) => `man1/postern-${name}.1`);
    const files = ['gate.yaml', 'dom0.yaml', 'policy', 'customers'].map((name) => `man5/postern-${name}.5`);
    assert.deepEqual([...pages.keys()], ['man1/postern.1', ...names, ...files]);
    assert.ok(!pages.has('man1/postern-complete.1'));
  });

  it('name each subcommand, argument and option, and each key of the settings', () => {
    for (const command of program.commands.filter((one) => pages.has(`man1/postern-${one.name()}.1`))) {
      const page = pages.get(`man1/postern-${command.name()}.1`) ?? '';
      for (const one of command.commands.length === 0 ? [command] : command.commands) {
        if (one !== command)
          assert.ok(page.includes(`.SS postern ${plain(`${command.name()} ${one.name()}`)}`), one.name());
        for (const { long } of one.options)
          assert.ok(page.includes(plain(long ?? '')), `${one.name()} ${long ?? ''}`);
      }
    }
    const gate = pages.get('man5/postern-gate.yaml.5') ?? '';
    for (const key of Object.keys(GATE_SCHEMA.properties)) assert.ok(gate.includes(key), key);
  });

  it('show what is meant: no character of a text is a command of roff', function () {
    if (!hasGroff) this.skip();
    for (const text of [
      '.SH not a section',
      "'br",
      String.raw`a \fB\n b`,
      '-x --long',
      '~ ^ ” é',
      '`a.b`',
      '[the page](x.md) says',
    ])
      assert.equal(
        shown(`.TH X 1\n.nh\n${spans(text)}\n`)
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '')[1],
        text.replace('[the page](x.md)', 'the page').replace('`a.b`', 'a.b'),
        text,
      );
  });

  it('are sound for groff, each', function () {
    if (!hasGroff) this.skip();
    for (const [path, page] of pages) {
      const { stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
        input: page,
        encoding: 'utf8',
      });
      assert.deepEqual([status, stderr], [0, ''], path);
    }
    const key = shown(pages.get('man1/postern-key.1') ?? '');
    assert.match(key, /^NAME\n +postern-key - The public keys that customers log in with$/m);
    assert.match(key, /postern key add \[options\] <customer> /);
  });
});
