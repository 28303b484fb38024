import assert from 'node:assert/strict';
import { NORMAL } from '../../../policy/names.js';
import type { ScreenView } from '../../../server/wire/screen.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const horatio = domainName('horatio');

const VIEW: ScreenView = {
  cols: 80,
  rows: 4,
  lines: ['日本 $ ls', '', 'horatio login:', ''],
  cursor: { row: 2, column: 15, visible: true },
  alternate: false,
  state: 'running',
  console: 'attached',
  outputAt: '2099-11-21T07:15:02.114Z',
  boot: { profile: NORMAL, over: false },
};

interface Shown {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the screen by exec', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    gate.dom0.onScreen = () => Promise.resolve(VIEW);
  });
  afterEach(() => gate.stop());

  async function exec(text: string, who = gate.alice): Promise<Shown> {
    const terminal = new FakeTerminal({ hasPty: false });
    const status = await gate.exec(who, text, terminal);
    assert.equal(terminal.listeners, 0);
    return { status, stdout: terminal.output, stderr: terminal.errors };
  }

  it('prints the rows to the last one with text, or all of them as JSON with what belongs to them', async () => {
    const text = await exec('horatio screen');
    assert.deepEqual(text, { status: 0, stdout: '日本 $ ls\n\nhoratio login:\n', stderr: '' });
    const { status, stdout, stderr } = await exec('horatio screen --json');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^[\x20-\x7e]+\n$/, 'one line of ASCII');
    const { outputAgeSeconds, ...object } = JSON.parse(stdout) as { outputAgeSeconds: unknown };
    assert.deepEqual(object, { domain: 'horatio', ...VIEW });
    assert.equal(outputAgeSeconds, 0, 'a clock that goes back makes no age below zero');
  });

  it('asks for nothing from before the role', async () => {
    await exec('horatio screen');
    const since = gate.store.roles.find(gate.alice.customer, horatio)?.since;
    assert.deepEqual(
      gate.dom0.screenQueries.map((query) => query.toString()),
      [new URLSearchParams({ since: since ?? '' }).toString()],
    );
  });

  it('says when the screen is not that of now', async () => {
    const table: readonly [more: Partial<ScreenView>, said: RegExp][] = [
      [
        { state: 'off', console: 'detached' },
        /^horatio is off: this is its last screen, from 2099-11-21 07:1/,
      ],
      [
        { boot: { profile: NORMAL, over: true } },
        /^horatio started anew and says nothing yet: .* boot before/,
      ],
      [{ console: 'locked' }, /^An administrator of the host has the console of horatio open/],
      [{ console: 'detached' }, /^The console of horatio is not open just now: this is from 2099-11-21 07:1/],
      [{ outputAt: null, boot: null, lines: ['', '', '', ''] }, /^horatio is running and has shown nothing/],
    ];
    for (const [more, said] of table) {
      gate.dom0.onScreen = () => Promise.resolve({ ...VIEW, ...more });
      const shown = await exec('horatio screen');
      assert.equal(shown.status, 0);
      assert.match(shown.stderr, said);
      assert.equal((await exec('horatio screen --json')).stderr, '', 'JSON has it in its fields');
    }
  });

  it('needs the right to watch, hides what cannot be seen, and counts among the looks at once', async () => {
    assert.equal((await exec('yorick screen')).status, 4);
    assert.equal((await exec('horatio screen', gate.bob)).status, 4);
    gate.enforce(policyOf([rule('allow', ['status', 'console', 'log'])]));
    assert.equal((await exec('horatio screen')).status, 3);
    assert.equal(gate.dom0.screenQueries.length, 0);
    const denied = gate.events('domain.denied').at(-1);
    assert.deepEqual([denied?.action, denied?.code], ['watch', 'no-rule']);
    const once = limit(['watch'], 1, { windowSeconds: null, per: 'customer' });
    gate.enforce(policyOf([rule('allow', ['status', 'watch'])], [once]));
    let second: Shown | null = null;
    gate.dom0.onScreen = async () => {
      second ??= await exec('horatio screen');
      return VIEW;
    };
    assert.equal((await exec('horatio screen')).status, 0);
    assert.deepEqual(second, { ...second!, status: 3, stdout: '' });
    assert.equal((await exec('horatio screen')).status, 0, 'the first one is over');
  });

  it('is recorded as a look at the console, with its end', async () => {
    await exec('horatio screen');
    const [asked] = gate.events('domain.watch.requested');
    const [ended] = gate.events('operation.ended');
    assert.deepEqual(
      [asked?.domain, ended?.operation, ended?.outcome, ended?.detail],
      ['horatio', asked?.operation, 'done', 'the screen as text'],
    );
    gate.dom0.onScreen = () => Promise.resolve(null);
    const behind = await exec('horatio screen');
    assert.deepEqual([behind.status, behind.stdout], [3, '']);
    assert.equal(gate.events('operation.ended').at(-1)?.outcome, 'refused');
  });

  it('shows nothing when the right goes, or goes and comes back, while the host answers', async () => {
    const { customer } = gate.alice;
    const remove = (): void => {
      gate.store.roles.remove(customer, horatio, ADMIN);
    };
    const restore = (): void => {
      gate.store.roles.add(customer, horatio, 'owner', ADMIN);
    };
    const anew = (): void => {
      remove();
      restore();
    };
    const narrow = (): void => {
      gate.enforce(policyOf([rule('allow', ['status'])]));
    };
    for (const [change, status] of [
      [anew, 4],
      [remove, 4],
      [narrow, 3],
    ] as const) {
      gate.dom0.onScreen = async () => {
        // The clock must go on, or the new role begins with the old one.
        const begun = Date.now();
        await eventually('another millisecond', () => Date.now() > begun, { everyMs: 1 });
        change();
        return VIEW;
      };
      const shown = await exec('horatio screen');
      assert.deepEqual([shown.status, shown.stdout], [status, '']);
      assert.notEqual(shown.stderr, '');
      assert.equal(gate.events('operation.ended').at(-1)?.outcome, 'refused');
      if (change === remove) restore();
    }
  });

  it('says that a host of an older version cannot, and asks it nothing', async () => {
    await gate.stop();
    gate = new GateInside();
    const { console, ...contract } = gate.dom0.contract;
    const { passesEscape, sysrqKeys, log, screenText } = console;
    gate.dom0.contract = { ...contract, console: { passesEscape, sysrqKeys, log, screenText } };
    await gate.start();
    const shown = await exec('horatio screen');
    assert.deepEqual([shown.status, shown.stdout], [3, '']);
    assert.match(shown.stderr, /not possible on the host of horatio yet/);
    assert.equal(gate.dom0.screenQueries.length, 0);
  });
});
