import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { saveAccepted } from '../../config/accepted-policy.js';
import { readPolicy } from '../../config/policy-document.js';
import { Store } from '../../server/store/store.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { postern, posternProcess, startPostern } from '../support/postern-command.js';

const FIRST = `rules:
  - id: look
    allow: [status, watch, log]
  - id: work
    allow: [console, poweroff]
    roles: [owner]
tests:
  - {customer: alice, role: owner, domain: horatio, allow: [status]}
`;
const NO_POWEROFF = FIRST.replace('[console, poweroff]', '[console]');
const FAILING = FIRST.replace('[status, watch, log]', '[watch, log]');

describe('the life of a policy', () => {
  let house: House;
  let settings: string[];
  let file: string;
  let edits: string;

  before(async () => {
    house = await House.layOut({ policy: FIRST });
    await house.startGate();
    settings = ['--settings', house.layout.gateSettings];
    file = join(house.layout.policy, '10-default.yaml');
    edits = join(house.layout.logs, 'edits');
    mkdirSync(edits);
    const editor = join(house.layout.logs, 'editor');
    writeFileSync(
      editor,
      '#!/bin/sh\nnext=$(ls "$EDITS" | head -1)\n. "$EDITS/$next"\nrm -f "$EDITS/$next"\n',
    );
    chmodSync(editor, 0o755);
  });
  after(() => house.stop());

  const policy = (...args: string[]): Promise<Ended> => postern(['policy', ...args, ...settings]);
  const env = (): NodeJS.ProcessEnv => ({ EDITOR: join(house.layout.logs, 'editor'), EDITS: edits });

  /** Runs `policy edit`. Each opening of the editor runs one of these shell lines, with the file as $1. */
  function edit(lines: readonly string[], answers: readonly string[], ...args: string[]): Promise<Ended> {
    lines.forEach((line, index) => {
      writeFileSync(join(edits, String(index)), `${line}\n`);
    });
    const input = answers.map((answer) => `${answer}\n`).join('');
    return posternProcess(['policy', 'edit', ...args, ...settings], { input, env: env() });
  }

  const replace = (text: string): string => `cat > "$1" <<'EOF'\n${text}EOF`;
  const names = (): string[] => readdirSync(house.layout.policy).sort();

  function revision(): Promise<number> {
    return policy('status', '--json').then(
      ({ stdout }) => (JSON.parse(stdout) as { revision: number }).revision,
    );
  }

  function events(kind: string): object[] {
    const store = Store.open(join(house.layout.gateState, 'postern.db'));
    try {
      return store.audit.tail({ limit: 1000 }).flatMap(({ event }) => (event.kind === kind ? [event] : []));
    } finally {
      store.close();
    }
  }

  it('diff tells nothing, then who would lose what, with an exit status for scripts', async () => {
    const same = await policy('diff');
    assert.deepEqual([same.status, same.stderr], [0, '']);
    assert.match(
      same.stdout,
      /^from revision 1, in force, to .*:\nnobody gains or loses anything \(3 roles\)\n$/,
    );
    const other = join(house.layout.logs, 'other');
    mkdirSync(other);
    writeFileSync(join(other, '10.yaml'), NO_POWEROFF);
    writeFileSync(
      join(other, '20-\u001b[2J.yaml'),
      'limits: [{id: few, actions: [start], count: 1, within: 1h}]\n',
    );
    const less = await policy('diff', other);
    assert.equal(less.status, 1);
    assert.match(
      less.stdout,
      /\n- alice and bob lose poweroff on horatio, ophelia and yorick \(3 roles\)\n {4}no rule allows it; before: allowed by work \(10-default\.yaml:4\)[^]*\n2 customers lose something/,
    );
    assert.match(
      less.stdout,
      /\n {2}limits: few \(20-\^\[\[2J\.yaml:1\) is new\n/,
      'no file name plays with the terminal',
    );
    writeFileSync(join(other, '10.yaml'), FAILING);
    const failing = await policy('diff', other);
    assert.equal(failing.status, 2);
    assert.match(failing.stderr, /10\.yaml:8:\d+: This test fails: status on horatio by alice, owner/);
  });

  it('a reload whose tests fail is refused, with place, expectation and what came instead', async () => {
    writeFileSync(file, FAILING);
    const refused = await policy('reload');
    assert.equal(refused.status, 1);
    assert.match(
      refused.stdout,
      /10-default\.yaml:8:\d+: This test fails: status on horatio by alice, owner, is denied, as no rule allows it\./,
    );
    assert.match(refused.stdout, /expected it to be allowed[^]*revision 1 stays in force/);
    writeFileSync(file, FIRST);
  });

  it('edit puts in place what is sound and agreed to, in one step, with mode and owner', async () => {
    chmodSync(file, 0o640);
    const done = await edit([replace(NO_POWEROFF)], ['y']);
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /- alice and bob lose poweroff[^]*the policy is in force: revision 2\n$/);
    assert.equal(readFileSync(file, 'utf8'), NO_POWEROFF);
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(names(), ['10-default.yaml']);
  });

  it('edit again, until it is sound; what is not put in place is kept', async () => {
    const broken = await edit(
      [replace('rules: [{alow: [status]}]\n'), replace(FAILING), replace(FIRST)],
      ['e', 'e', 'q'],
    );
    assert.equal(broken.status, 3);
    assert.match(broken.stderr, /There is no key `alow` here[^]*This test fails[^]*nothing was put in force/);
    const kept = /what you typed is in (.*)\n/.exec(broken.stderr)?.[1] ?? '';
    assert.equal(readFileSync(kept, 'utf8'), FIRST);
    assert.equal(readFileSync(file, 'utf8'), NO_POWEROFF);
    rmSync(kept);
    const failed = await edit([`echo '#' >> "$1"; exit 7`], []);
    assert.match(failed.stderr, /what you typed is in (.*)\npostern: the editor .* ended with 7/);
    rmSync(/what you typed is in (.*)\n/.exec(failed.stderr)?.[1] ?? '');
    rmSync(join(edits, '0'), { force: true });
    assert.deepEqual([names(), await revision()], [['10-default.yaml'], 2]);
  });

  it('edit notices that the file was changed meanwhile', async () => {
    const other = `${NO_POWEROFF}# theirs\n`;
    const kept = await edit(
      [`${replace(FIRST)}\n${replace(other).replace('"$1"', `'${file}'`)}`],
      ['y', 'q'],
    );
    assert.equal(kept.status, 3);
    assert.match(kept.stderr, /10-default\.yaml was changed meanwhile by somebody else/);
    assert.equal(readFileSync(file, 'utf8'), other);
    rmSync(/what you typed is in (.*)\n/.exec(kept.stderr)?.[1] ?? '');
    writeFileSync(file, NO_POWEROFF);
  });

  it('of two who edit at once, the second is told who does; one who is killed locks nobody out, and what was typed is kept', async () => {
    const hold = join(house.layout.logs, 'held');
    writeFileSync(
      join(edits, '0'),
      `echo '# mine' >> "$1"; rm "$EDITS/0"; echo $$ > '${hold}.new'; mv '${hold}.new' '${hold}'; exec sleep 60\n`,
    );
    const first = startPostern(['policy', 'edit', ...settings], { ...env(), SUDO_USER: 'bea' });
    await eventually('the first editor', () => existsSync(hold));
    const second = await policy('rollback', '--yes');
    assert.equal(second.status, 5);
    assert.equal(
      second.stderr,
      `postern: the policy is being changed by bea, process ${first.pid ?? 0}: nothing was done\n`,
    );
    const gone = once(first, 'exit');
    first.kill('SIGKILL');
    process.kill(Number(readFileSync(hold, 'utf8')));
    await gone;
    const next = await edit(['true'], []);
    assert.equal(next.status, 0, next.stderr);
    const left = /an earlier edit was cut off: what was typed then is in (.*)\n/.exec(next.stderr)?.[1] ?? '';
    assert.equal(readFileSync(left, 'utf8'), `${NO_POWEROFF}# mine\n`);
    rmSync(left);
  });

  it('history says which were in force, since when and by whom', async () => {
    const { stdout } = await policy('history');
    const lines = stdout.split('\n');
    assert.match(lines[1] ?? '', /^2 +20\S+ \S+ +ada +10-default\.yaml +in force$/);
    assert.match(lines[2] ?? '', /^1 +20\S+ \S+ +- +10-default\.yaml$/);
  });

  it('rollback puts an earlier one back, files and all, and sets aside what they said', async () => {
    writeFileSync(file, 'rules: [{');
    writeFileSync(join(house.layout.policy, '20-new.yaml'), FIRST);
    writeFileSync(join(house.layout.policy, 'README'), 'mine');
    const asked = await postern(['policy', 'rollback', ...settings], { input: 'n\n' });
    assert.equal(asked.status, 3);
    assert.match(asked.stdout, /^from revision 2, in force, to 1:\n\+ alice and bob gain poweroff/);
    assert.equal(readFileSync(file, 'utf8'), 'rules: [{');
    const done = await policy('rollback', '--yes');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /the policy is in force: revision 3\n$/);
    assert.deepEqual([names(), readFileSync(file, 'utf8')], [['10-default.yaml', 'README'], FIRST]);
    const aside = /what the files said before is in (.*)\n/.exec(done.stdout)?.[1] ?? '';
    assert.deepEqual(readdirSync(aside).sort(), ['10-default.yaml', '20-new.yaml']);
    assert.equal(readFileSync(join(aside, '10-default.yaml'), 'utf8'), 'rules: [{');
    assert.deepEqual(events('policy.restored'), [
      { kind: 'policy.restored', actor: { admin: 'ada' }, revision: 1, from: 2 },
    ]);
    await house.endGate();
    const down = await policy('rollback', '2', '--yes');
    assert.match(
      down.stdout,
      /- alice and bob lose poweroff[^]*no gate is running: the next one that starts reads the files\n$/,
    );
    await house.startGate();
    assert.deepEqual([await revision(), readFileSync(file, 'utf8')], [4, NO_POWEROFF]);
  });

  describe('an admin who is careless:', () => {
    it('a policy file that everybody may write to is not put in force', async () => {
      writeFileSync(file, FIRST);
      chmodSync(file, 0o666);
      const { status, stdout } = await policy('reload');
      assert.equal(status, 1);
      assert.match(
        stdout,
        /10-default\.yaml: Everybody on this machine may write to it, and so make the policy\.\n *expected chmod o-w/,
      );
      chmodSync(file, 0o644);
      writeFileSync(file, NO_POWEROFF);
    });

    it('a symbolic link stays one: what it points to is edited; one that was planted is not written through', async () => {
      const real = join(house.layout.logs, 'in-git.yaml');
      const precious = join(house.layout.logs, 'precious');
      writeFileSync(real, NO_POWEROFF);
      rmSync(file);
      symlinkSync(real, file);
      writeFileSync(precious, 'precious');
      symlinkSync(precious, join(house.layout.logs, '.in-git.edit.yaml'));
      const done = await edit([replace(FIRST)], ['y']);
      assert.equal(done.status, 0, done.stderr);
      assert.ok(lstatSync(file).isSymbolicLink());
      assert.deepEqual([readFileSync(real, 'utf8'), readFileSync(precious, 'utf8')], [FIRST, 'precious']);
    });

    it('an EDITOR is words, and no shell reads them', async () => {
      const trap = join(house.layout.logs, 'trap');
      const { status, stderr } = await posternProcess(['policy', 'edit', ...settings], {
        env: { EDITOR: `true;touch ${trap}` },
      });
      assert.equal(status, 1);
      assert.match(stderr, /the editor true;touch cannot be started/);
      assert.ok(!existsSync(trap));
    });

    it('a policy that cannot be kept is in force all the same, and kept by the next reload', async () => {
      const accepted = join(house.layout.gateState, 'policy-accepted');
      const kept = readdirSync(accepted).length;
      renameSync(accepted, `${accepted}.away`);
      // A path that cannot be made a directory stands for a full disk.
      writeFileSync(accepted, '');
      writeFileSync(file, FIRST.replace('watch, log', 'watch'));
      assert.match((await policy('reload')).stdout, /the policy is in force: revision \d+/);
      const diff = await policy('diff');
      assert.equal(diff.status, 3);
      assert.match(diff.stderr, /is not kept in .*: `postern policy reload` keeps it/);
      rmSync(accepted);
      renameSync(`${accepted}.away`, accepted);
      assert.match((await policy('reload')).stdout, /the files are those in force/);
      assert.ok(readdirSync(accepted).length > kept);
    });

    it('a rollback to a policy whose tests fail today changes nothing', async () => {
      const loaded = readPolicy([{ file, text: FAILING }], { tested: false });
      assert.ok(loaded.ok);
      saveAccepted(join(house.layout.gateState, 'policy-accepted'), loaded, 0);
      const before = readFileSync(file, 'utf8');
      const refused = await policy('rollback', '0', '--yes');
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /revision 0 is not sound today, and nothing was done:\n.*10-default\.yaml:8:\d+: This test fails/,
      );
      assert.equal(readFileSync(file, 'utf8'), before);
    });

    it('a rollback that was cut off is done again', async () => {
      writeFileSync(join(house.layout.policy, '.postern-unfinished'), '');
      const done = await policy('rollback', '--yes');
      assert.equal(done.status, 0, done.stderr);
      assert.ok(!existsSync(join(house.layout.policy, '.postern-unfinished')));
    });

    it('a rollback that has no room to set the files aside changes nothing', async () => {
      const aside = join(house.layout.gateState, 'policy-set-aside');
      rmSync(aside, { recursive: true });
      writeFileSync(aside, '');
      writeFileSync(file, 'rules: [{');
      const { status, stderr } = await policy('rollback', '--yes');
      assert.equal(status, 1);
      assert.match(stderr, /^postern: nothing was done: /m);
      assert.equal(readFileSync(file, 'utf8'), 'rules: [{');
    });
  });
});
