import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const horatio = domainName('horatio');
const BOOT = { at: '2026-11-21T07:15:02.114Z', profile: 'rescue' };

interface Shown {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the log by exec', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  async function exec(text: string, who = gate.alice): Promise<Shown> {
    const terminal = new FakeTerminal({ hasPty: false });
    const status = await gate.exec(who, text, terminal);
    assert.equal(terminal.listeners, 0);
    return { status, stdout: terminal.output, stderr: terminal.errors };
  }

  /** The last question's query, without `since`. */
  function asked(): string {
    const query = new URLSearchParams(gate.dom0.logQueries.at(-1));
    query.delete('since');
    return query.toString();
  }

  const begun = (): string => gate.store.roles.find(gate.alice.customer, horatio)?.since ?? assert.fail();

  it('asks for what was asked for, and never for anything from before the role', async () => {
    const table = [
      ['', 'lines=1000'],
      ['--lines 5', 'lines=5'],
      ['--lines 0', 'lines=0'],
      ['--boot -2', 'boot=-2'],
      ['--since 2020-01-01', ''],
      ['--since 10w --lines 3', 'lines=3'],
      ['--raw', 'lines=1000'],
    ] as const;
    gate.dom0.logFacts = { keeping: true, switchedAt: null, place: 'disk', boot: BOOT, page: null };
    for (const [flags, query] of table) {
      await exec(`horatio log ${flags}`);
      assert.equal(asked(), query, flags);
      assert.equal(gate.dom0.logQueries.at(-1)?.get('since'), begun(), flags);
    }
    await exec('horatio log --since 2099-01-01T00:00:00Z');
    assert.equal(gate.dom0.logQueries.at(-1)?.get('since'), '2099-01-01T00:00:00.000Z');
  });

  it('prints text, JSON, or the bytes as they were', async () => {
    const said = 'one\r\n\x1b[31mtwo\x1b[m \xff\x1b]0;t\x07\r\nthree';
    gate.dom0.logSaid = () => [said.slice(0, 7), said.slice(7)];
    const text = await exec('horatio log');
    assert.deepEqual(text, { status: 0, stdout: 'one\ntwo ÿ\nthree\n', stderr: '' });
    const raw = await exec('horatio log --raw');
    assert.deepEqual(raw, { status: 0, stdout: Buffer.from(said).toString('latin1'), stderr: '' });
    const { stdout } = await exec('horatio log --json');
    assert.deepEqual(JSON.parse(stdout), {
      domain: 'horatio',
      since: begun(),
      keeping: true,
      switchedAt: null,
      place: 'disk',
      boot: null,
      lines: ['one', 'two ÿ', 'three'],
    });
    gate.dom0.logSaid = () => [];
    assert.deepEqual((JSON.parse((await exec('horatio log --json')).stdout) as { lines: unknown }).lines, []);
    assert.deepEqual(await exec('horatio log'), { status: 0, stdout: '', stderr: '' });
  });

  it('says which boot it is, that there is none, and what is switched off, on stderr', async () => {
    const facts = { keeping: true, switchedAt: null, place: 'disk', boot: null, page: null } as const;
    gate.dom0.logFacts = { ...facts, boot: { ...BOOT, at: '2099-11-21T07:15:02.114Z' } };
    assert.match(
      (await exec('horatio log --boot 0')).stderr,
      /^horatio: the boot that began at 2099-11-21 07:15:02 UTC, rescue\.\n$/,
    );
    gate.dom0.logFacts = { ...facts, boot: BOOT };
    assert.match((await exec('horatio log --boot 0')).stderr, /began before you had it, rescue/);
    gate.dom0.logFacts = facts;
    const none = await exec('horatio log --boot -7');
    assert.deepEqual([none.status, none.stdout], [1, '']);
    assert.match(none.stderr, /no such boot/);
    gate.dom0.logFacts = { ...facts, keeping: false, switchedAt: '2099-11-21T07:15:02.114Z' };
    const off = await exec('horatio log --json');
    assert.deepEqual(
      [off.stderr, (JSON.parse(off.stdout) as { switchedAt: unknown }).switchedAt],
      ['', '2099-11-21T07:15:02.114Z'],
    );
    assert.match(
      (await exec('horatio log')).stderr,
      /switched off since 2099-11-21 07:15:02 UTC\. The lines here are from before/,
    );
    gate.dom0.logFacts = { ...facts, keeping: false, switchedAt: '2020-11-21T07:15:02.114Z' };
    assert.match((await exec('horatio log')).stderr, /^The log of horatio is switched off\. The lines here/);
    gate.dom0.logSaid = () => ['x\n'.repeat(1000)];
    gate.dom0.logFacts = facts;
    assert.match((await exec('horatio log')).stderr, /the last 1000 lines/);
    assert.equal((await exec('horatio log --lines 1000')).stderr, '');
  });

  it('says honestly what a host that keeps no log on its disk cannot do', async () => {
    const { contract } = gate.dom0;
    gate.dom0.contract = { ...contract, console: { ...contract.console, log: false } };
    gate.dom0.logFacts = null;
    gate.dom0.logSaid = () => ['one\r\ntwo\r\nthree\r\n'];
    await gate.dom0.stop();
    await eventually('the loss', () => !gate.core.hosts.areAllReachable);
    await gate.dom0.start();
    await eventually('the host', () => gate.core.hosts.areAllReachable);
    const { status, stdout, stderr } = await exec('horatio log --lines 2');
    assert.deepEqual([status, stdout], [0, 'two\nthree\n']);
    assert.match(stderr, /keeps no log on its disk: this is its last output, at most 256 KiB/);
    assert.equal(asked(), '', 'it knows since alone');
    for (const flags of ['--follow', '--boot -1', '--boot 0']) {
      const no = await exec(`horatio log ${flags}`);
      assert.deepEqual([no.status, no.stdout], [3, ''], flags);
      assert.match(no.stderr, /^The host of horatio has no log on its disk just now[^\n]*\n$/);
    }
    const off = await exec('horatio log off');
    assert.equal(off.status, 3);
    assert.match(off.stderr, /not possible on the host of horatio yet/);
    assert.deepEqual(gate.dom0.logSwitches, []);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('says the same when the disk takes nothing just now', async () => {
    gate.dom0.logFacts = { keeping: true, switchedAt: null, place: 'memory', boot: null, page: null };
    const { status, stderr } = await exec('horatio log');
    assert.equal(status, 0);
    assert.match(stderr, /takes no log just now/);
    assert.equal((await exec('horatio log --follow')).status, 3);
    assert.equal((await exec('horatio log --boot -1')).status, 3);
  });

  it('follows, and shows the beginning of a line that is long in coming', async () => {
    gate.dom0.logSaid = () => ['one\r\nhoratio login: '];
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
    await eventually('the prompt', () => terminal.output === 'one\nhoratio login:');
    const [follower] = gate.dom0.logFollowers;
    follower?.write('root\r\n10%');
    await eventually('the rest', () => terminal.output === 'one\nhoratio login: root\n10%');
    follower?.write('\r\x1b[Kdone\r\n');
    await eventually('the new line', () => terminal.output.endsWith('\n10%\ndone\n'));
    assert.deepEqual(gate.events('operation.ended'), []);
    follower?.end();
    assert.equal(await ended, 1);
    assert.match(terminal.errors, /The log ends here: horatio is not on its host any more/);
    assert.deepEqual(
      gate.events('operation.ended').map(({ outcome }) => outcome),
      ['done'],
    );
    assert.equal(terminal.listeners, 0);
  });

  it('stops asking the host when the client goes, and when Ctrl-C is typed', async () => {
    for (const leave of [
      (terminal: FakeTerminal) => {
        terminal.hangUp();
      },
      (terminal: FakeTerminal) => {
        terminal.type('\x03');
      },
    ]) {
      const terminal = new FakeTerminal();
      const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
      await eventually('the follower', () => gate.dom0.logFollowers.size === 1);
      await eventually('the text', () => terminal.output.includes('boot of horatio'));
      leave(terminal);
      await ended;
      await eventually('nobody follows', () => gate.dom0.logFollowers.size === 0);
      assert.equal(terminal.listeners, 0);
    }
  });

  it('ends with the right to it: role, rule, or a new owner of the name', async () => {
    const takings: (() => void)[] = [
      () => {
        gate.enforce(policyOf([rule('deny', ['log']), rule('allow', ['status', 'console'])]));
      },
      () => {
        gate.store.roles.remove(gate.alice.customer, horatio, ADMIN);
      },
    ];
    for (const take of takings) {
      const terminal = new FakeTerminal({ hasPty: false });
      const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
      await eventually('the follower', () => gate.dom0.logFollowers.size === 1);
      take();
      assert.equal(await ended, 1);
      assert.match(terminal.errors, /no longer yours|do not let you|closed/);
      await eventually('nobody follows', () => gate.dom0.logFollowers.size === 0);
      gate.enforce(policyOf([rule('allow', ['status', 'log'])]));
    }
    assert.equal((await exec('horatio log --follow')).status, 4);
  });

  it('ends also with a right that goes while the host is asked', async () => {
    let answer: () => void = () => undefined;
    gate.dom0.logWaits = new Promise((resolve) => {
      answer = resolve;
    });
    for (const flags of ['', '--follow', '--raw', '--json']) {
      const terminal = new FakeTerminal({ hasPty: false });
      const ended = gate.exec(gate.alice, `ophelia log ${flags}`, terminal);
      gate.store.roles.remove(gate.alice.customer, domainName('ophelia'), ADMIN);
      answer();
      assert.equal(await ended, 1);
      assert.equal(terminal.output, '');
      assert.match(terminal.errors, /no longer yours/);
      gate.role(gate.alice.customer, domainName('ophelia'), 'owner');
    }
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('stays when the host is lost, says so once, and goes on with each byte once', async () => {
    gate.dom0.logFacts = {
      keeping: true,
      switchedAt: null,
      place: 'disk',
      boot: null,
      page: null,
      from: 100,
    };
    const said = [
      'one\r\ntwo\r\nthree\r\n',
      'one\r\ntwo\r\nthree\r\nfour\r\n',
      'one\r\ntwo\r\nthree\r\nfour\r\nfive',
    ];
    let boots = 0;
    gate.dom0.logSaid = (_, query) => {
      const from = Number(query.get('from') ?? 100);
      return [(said[boots] ?? '').slice(from - 100)];
    };
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
    await eventually('the text', () => terminal.output === 'one\ntwo\nthree\n');
    for (boots = 1; boots <= 2; boots += 1) {
      await gate.dom0.stop();
      await eventually(
        'the sentence',
        () => terminal.errors.match(/does not answer: the log goes on/g)?.length === boots,
      );
      await gate.dom0.start();
      await eventually('the rest', () => terminal.output.endsWith(boots === 1 ? 'four\n' : 'five'));
    }
    assert.equal(terminal.output, 'one\ntwo\nthree\nfour\nfive');
    assert.equal(terminal.errors.match(/answers again: the log goes on/g)?.length, 2);
    assert.deepEqual(gate.events('operation.ended'), [], 'it is one reading');
    const [follower] = gate.dom0.logFollowers;
    follower?.end();
    assert.equal(await ended, 1);
    assert.equal(terminal.listeners, 0);
  });

  it('ends while it waits for a lost host: with the client, the right, or a name that is gone', async () => {
    const facts = {
      keeping: true,
      switchedAt: null,
      place: 'disk',
      boot: null,
      page: null,
      from: 0,
    } as const;
    const endings: readonly (readonly [
      end: (terminal: FakeTerminal) => void,
      status: number,
      says: RegExp,
    ])[] = [
      [
        (terminal) => {
          terminal.type('\x03');
        },
        0,
        /the log goes on when it does/,
      ],
      [
        () => {
          gate.store.roles.remove(gate.alice.customer, horatio, ADMIN);
        },
        1,
        /no longer yours/,
      ],
    ];
    for (const [end, status, says] of endings) {
      gate.dom0.logFacts = facts;
      const terminal = new FakeTerminal();
      const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
      await eventually('the text', () => terminal.output.includes('boot of horatio'));
      await gate.dom0.stop();
      const said = (): string => terminal.output + terminal.errors;
      await eventually('the sentence', () => said().includes('the log goes on when it does'));
      end(terminal);
      assert.equal(await ended, status);
      assert.match(said(), says);
      assert.equal(terminal.listeners, 0);
      await gate.dom0.start();
      await eventually('the host', () => gate.core.hosts.areAllReachable);
    }
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('ends when a host is lost that tells no positions, and says so', async () => {
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.exec(gate.alice, 'horatio log --follow', terminal);
    await eventually('the text', () => terminal.output.includes('boot of horatio'));
    await gate.dom0.stop();
    assert.equal(await ended, 6);
    assert.match(terminal.errors, /does not answer/);
  });

  it('waits for a client that does not read, and lets go of it when it is gone or loses the right', async () => {
    // The host is in this process too: on a busy machine it may take a second to answer.
    await gate.stop();
    gate = new GateInside({ silence: 60_000, answer: 60_000 });
    await gate.start();
    let given = 0;
    const full = (terminal: FakeTerminal): Promise<unknown> =>
      eventually('it to be full', () => terminal.pendingBytes > 64 * 1024, {
        instead: () => [given, terminal.pendingBytes, terminal.status, terminal.errors],
      });
    // More than all buffers between the two take.
    const log = Array.from({ length: 64 }, () => `${'x'.repeat(1023)}\n`.repeat(64));
    gate.dom0.logSaid = () => {
      given += 1;
      return log;
    };
    for (const flags of ['', '--raw', '--json']) {
      const terminal = new FakeTerminal({ hasPty: false });
      terminal.stuck = true;
      const ended = gate.exec(gate.alice, `horatio log ${flags}`, terminal);
      await full(terminal);
      const held = terminal.pendingBytes;
      await eventually('the answer', () => given > 0);
      await new Promise((resolve) => setImmediate(resolve));
      // After 200 ms the line that has begun is shown, too.
      const more = terminal.pendingBytes - held;
      assert.ok(more >= 0 && more < 1024, `nothing more came, but ${more} bytes`);
      assert.ok(held < 512 * 1024, `${held}`);
      terminal.hangUp();
      await ended;
    }
    const terminal = new FakeTerminal({ hasPty: false });
    terminal.stuck = true;
    const ended = gate.exec(gate.alice, 'horatio log', terminal);
    await full(terminal);
    gate.store.roles.remove(gate.alice.customer, horatio, ADMIN);
    assert.equal(await ended, 1);
  });

  it('is switched off and on by who may, recorded with what was wanted, and nothing else is asked of the host', async () => {
    assert.deepEqual(await exec('horatio log off'), {
      status: 0,
      stdout:
        'The log of horatio is off: the output of its console is no longer kept. Older output stays until it is too old.\n',
      stderr: '',
    });
    assert.deepEqual(JSON.parse((await exec('horatio log on --json')).stdout), {
      domain: 'horatio',
      keeping: true,
    });
    const requested = gate.store.audit
      .tail({ limit: 100 })
      .filter(({ event }) => event.kind === 'domain.log-switch.requested');
    assert.deepEqual(
      requested.map(({ event }) => 'keep' in event && event.keep),
      [false, true],
    );
    assert.deepEqual(
      gate.dom0.logSwitches.map(({ domain, keep, actor }) => [
        domain,
        keep,
        actor.customer,
        actor.auditSeq,
        actor.auditHash,
      ]),
      requested.map(({ seq, hash }, at) => ['horatio', at === 1, 'alice', seq, hash]),
    );
    const activity = await exec('activity');
    assert.match(activity.stdout, /you: switched the console log of horatio off/);
    assert.match(activity.stdout, /you: switched the console log of horatio on/);
    gate.enforce(policyOf([rule('allow', ['status', 'log', 'console'])]));
    const no = await exec('horatio log off');
    assert.equal(no.status, 3);
    assert.match(no.stderr, /do not let you switch the console log of horatio off or on/);
    assert.equal((await exec('yorick log off')).status, 4);
    assert.equal(gate.dom0.logSwitches.length, 2);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });
});
