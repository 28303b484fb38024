import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Live } from '../../../server/gate/access/revocation.js';
import type { Terminal } from '../../../server/gate/session/terminal.js';
import { eventually } from '../../support/eventually.js';
import { ALLOW_ALL } from '../../support/gate-inside.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { GateUnderTest, type GateOptions } from '../../support/gate-under-test.js';
import { SshClient, type SshTarget } from '../../support/ssh-client.js';

describe('gate/ssh: live sessions', () => {
  const client = new SshClient();
  const gates: GateUnderTest[] = [];

  async function start(options: GateOptions = {}): Promise<GateUnderTest> {
    const gate = new GateUnderTest(options);
    gates.push(gate);
    await gate.listen(client);
    gate.customer('alice', [client.key('alice').blob], ['horatio']);
    gate.customer('bob', [client.key('bob').blob]);
    return gate;
  }

  const as = (gate: GateUnderTest, login: string, key = login): SshTarget => ({
    port: gate.port,
    login,
    key: client.key(key),
    options: ['LogLevel=ERROR'],
  });

  afterEach(async () => {
    for (const gate of gates.splice(0)) await gate.dispose();
  });

  after(() => {
    client.dispose();
  });

  it('are listed with who, from where, what and since when', async () => {
    const gate = await start();
    const began = Date.now();
    const menu = client.terminal(as(gate, 'alice'));
    await menu.sees('hello alice');
    const plain = client.start(as(gate, 'bob'), ['horatio', 'console']);
    const [first, second] = await eventually('both sessions', () => {
      const list = gate.gate.sessions.list();
      return list.length === 2 ? list : null;
    });
    assert.ok(first && second);
    assert.match(first.id, /^[0-9a-f]{8}\.1$/);
    assert.equal(first.identity.customer, 'alice');
    assert.equal(first.identity.source, '127.0.0.1');
    assert.ok(first.openedAt.getTime() >= began && first.openedAt.getTime() <= Date.now());
    assert.deepEqual([first.what, first.command, first.hasPty], ['menu', null, true]);
    assert.deepEqual([second.what, second.command, second.hasPty], ['exec', 'console', false]);
    plain.kill();
    await eventually('the other to remain', () => gate.gate.sessions.list().length === 1);
  });

  it('have their work in turns of their customer: one who took much waits', async () => {
    const gate = await start();
    client.start(as(gate, 'alice'), ['stay']);
    const terminal: Terminal = await eventually(
      'the session',
      () => gate.handler.sessions[0]?.terminal ?? null,
    );
    const ran: string[] = [];
    terminal.inTurn?.(() => {
      const end = performance.now() + 100;
      while (performance.now() < end);
      ran.push('long');
    });
    terminal.inTurn?.(() => ran.push('next'));
    assert.ok(!ran.includes('next'), 'it has no turn any more');
    await eventually('its next turn', () => ran.includes('next'));
    assert.deepEqual(ran, ['long', 'next']);
  });

  it('never show a pasted key: only the verb of a command is kept', async () => {
    const gate = await start();
    const key = `ssh-ed25519 ${client.key('bob').blob.toString('base64')}`;
    const ssh = client.start(as(gate, 'alice'), ['keys', 'add', key]);
    await eventually('the session', () => gate.gate.sessions.list().length === 1);
    assert.equal(gate.gate.sessions.list()[0]?.command, 'keys');
    ssh.kill();
    await eventually('its end', () => gate.eventsOf('session.closed').length === 1);
    assert.ok(!JSON.stringify([gate.eventsOf('session.opened'), gate.logged]).includes('AAAA'));
  });

  it('end with a sentence: the handler is told, or it is done for it and the terminal put right', async () => {
    const gate = await start();
    const told: string[] = [];
    gate.handler.opened = (session) => {
      if (session.identity.customer !== 'alice') return;
      session.onEnd((sentence) => {
        told.push(sentence);
        session.terminal.write(`goodbye: ${sentence}\r\n`);
        session.terminal.exit(7);
      });
    };
    const [alice, bob] = [client.terminal(as(gate, 'alice')), client.terminal(as(gate, 'bob'))];
    await alice.sees('hello alice');
    await bob.sees('hello bob');
    const ended = gate.gate.sessions.endWhere(({ identity }) => identity.customer === 'alice', 'Suspended.');
    assert.equal(ended, 1);
    assert.equal(await alice.ends(), 7);
    assert.deepEqual(told, ['Suspended.']);
    assert.match(alice.raw, /goodbye: Suspended\.\r\n/);
    const [left] = gate.gate.sessions.list();
    assert.equal(left?.identity.customer, 'bob');
    assert.equal(gate.gate.sessions.end(left.id, 'An admin has ended this session.'), true);
    assert.equal(await bob.ends(), 1);
    assert.match(bob.raw, /\x1b\[\?1049l.*\r\nAn admin has ended this session\.\r\n/s);
    assert.equal(gate.gate.sessions.end(left.id, 'again'), false);
  });

  it('end even when the handler throws or does nothing', async () => {
    const gate = await start();
    gate.handler.opened = (session) => {
      session.onEnd(() => {
        throw new Error('the handler has a fault');
      });
    };
    const alice = client.terminal(as(gate, 'alice'));
    await alice.sees('hello alice');
    gate.gate.sessions.endWhere(() => true, 'Time is up.');
    assert.equal(await alice.ends(), 1);
    assert.match(alice.raw, /Time is up\./);
  });

  it('all end when the gate closes, with its sentence; new logins are not taken', async () => {
    const gate = await start();
    const alice = client.terminal(as(gate, 'alice'));
    await alice.sees('hello alice');
    const closing = gate.gate.close('The gate is being restarted.');
    assert.equal((await client.run(as(gate, 'bob'), ['whoami'])).status, 255);
    assert.equal(await alice.ends(), 1);
    assert.match(alice.raw, /The gate is being restarted\./);
    await closing;
    assert.deepEqual(gate.gate.sessions.list(), []);
    assert.equal(gate.eventsOf('connection.closed').length, 1);
  });

  it('are refused with a sentence and status 3 when the handler does not admit them', async () => {
    const gate = await start();
    gate.handler.refusal = 'You have 2 sessions open, and that is the limit.';
    const outcome = await client.run(as(gate, 'alice'), ['whoami']);
    assert.deepEqual(outcome, { status: 3, stdout: '', stderr: `${gate.handler.refusal}\n` });
    assert.equal(gate.eventsOf('session.opened').length, 0);
  });

  it('cannot be opened on an old connection by who may no longer log in', async () => {
    const gate = await start();
    const master = `${client.directory}/master`;
    const shared = (options: string[]): SshTarget => ({
      ...as(gate, 'alice'),
      options: ['LogLevel=ERROR', `ControlPath=${master}`, ...options],
    });
    const first = client.start(shared(['ControlMaster=yes']), ['cat']);
    await eventually('the first session', () => gate.gate.sessions.list().length === 1);
    assert.equal((await client.run(shared([]), ['whoami'])).stdout, 'alice -\n');
    gate.suspend('alice');
    assert.equal((await client.run(shared([]), ['whoami'])).stdout, '');
    await eventually('the whole connection to end', () => gate.gate.sessions.list().length === 0);
    first.kill();
  });

  it('are not opened any more on a connection whose key has expired, or that policy does not allow any more', async () => {
    const gate = await start();
    const closings: readonly (() => void)[] = [
      () => {
        gate.expireKeys('alice');
      },
      () => {
        gate.policy = { ...ALLOW_ALL, keyRules: [{ ...NO_KEY_RULE, types: ['ssh-rsa'] }] };
      },
    ];
    for (const [index, close] of closings.entries()) {
      const who = index === 0 ? 'alice' : 'bob';
      const shared = (options: string[]): SshTarget => ({
        ...as(gate, who),
        options: ['LogLevel=ERROR', `ControlPath=${client.directory}/master-${who}`, ...options],
      });
      const first = client.start(shared(['ControlMaster=yes']), ['cat']);
      await eventually('the first session', () => gate.gate.sessions.list().length === 1);
      close();
      assert.equal((await client.run(shared([]), ['whoami'])).stdout, '');
      await eventually('the whole connection to end', () => gate.gate.sessions.list().length === 0);
      first.kill();
    }
  });

  it('end with their connections when who is behind them is chosen, even without a session', async () => {
    const tracked: Live[] = [];
    const forgotten: Live[] = [];
    const gate = await start({
      parts: {
        revocation: {
          track: (live) => {
            tracked.push(live);
            return { canAct: () => true, forget: () => forgotten.push(live) };
          },
        },
      },
    });
    const idle = client.start({ ...as(gate, 'alice'), flags: ['-N'] });
    await eventually('the login', () => gate.eventsOf('login.accepted').length === 1);
    const [connection, ...others] = tracked;
    assert.ok(connection !== undefined && others.length === 0);
    assert.equal(connection.identity.customer, 'alice');
    assert.equal(connection.needs(), null, 'no more than to be here');
    connection.end('Suspended.');
    await eventually('ssh to have ended', () => idle.exitCode !== null);
    await eventually('it to be forgotten', () => forgotten.length === 1);
  });

  it('are waited for only so long: a connection without one is closed', async () => {
    // A client on a busy machine asks for its session a while after the login.
    const gate = await start({ parts: { idleMs: 3_000 } });
    const busy = client.terminal(as(gate, 'bob'));
    await busy.sees('hello bob');
    const idle = client.start({ ...as(gate, 'alice'), flags: ['-N'] });
    await eventually('ssh to have ended', () => idle.exitCode !== null);
    assert.equal(gate.gate.sessions.list().length, 1);
  });

  it('begin when the login and the session are on the disk for everybody to read', async () => {
    const kinds: unknown[] = [];
    const gate: GateUnderTest = await start({
      parts: {
        handler: {
          refuses: () => null,
          open: ({ terminal, recorded }) => {
            void recorded.then(() => {
              // Another connection sees only what was committed.
              const other = new Sqlite(gate.databaseFile, { readonly: true });
              kinds.push(...other.prepare('SELECT kind FROM audit ORDER BY seq DESC LIMIT 2').pluck().all());
              other.close();
              terminal.exit(0);
            });
          },
        },
      },
    });
    assert.equal((await client.run(as(gate, 'alice'), ['whoami'])).status, 0);
    assert.deepEqual(kinds, ['session.opened', 'login.accepted']);
  });

  it('go on when the audit log cannot be written, and the log says so loudly', async () => {
    const gate = await start({
      parts: {
        audit: {
          appendSoon: () => Promise.reject(new Error('database or disk is full')),
          appendLater: () => Promise.reject(new Error('database or disk is full')),
        },
      },
    });
    assert.equal((await client.run(as(gate, 'alice'), ['whoami'])).stdout, 'alice -\n');
    assert.ok(gate.logged.some(({ level, message }) => level === 'error' && message === 'audit.unwritable'));
  });

  it('are not begun when logins cannot be looked up: refused, logged, and the gate goes on', async () => {
    let broken = true;
    const gate: GateUnderTest = await start({
      parts: {
        accounts: {
          find: (login, fingerprint, verified) => {
            if (broken) throw new Error('disk I/O error');
            return gate.accounts.find(login, fingerprint, verified);
          },
        },
      },
    });
    const { status, stderr } = await client.run({ ...as(gate, 'alice'), options: [] }, ['whoami']);
    assert.equal(status, 255);
    assert.match(stderr, /Logging in is not possible now/);
    broken = false;
    assert.equal((await client.run(as(gate, 'alice'), ['whoami'])).stdout, 'alice -\n');
  });

  it('outlive a client that vanishes only as long as keepalives go unanswered', async () => {
    const gate = await start({ settings: { keepAlive: { intervalSeconds: 1, countMax: 3 } } });
    const alice = client.terminal(as(gate, 'alice'));
    await alice.sees('hello alice');
    alice.kill('SIGSTOP');
    await eventually('the session to be closed', () => gate.gate.sessions.list().length === 0);
  });
});

describe('gate/ssh: new keys in time', () => {
  const client = new SshClient();
  const text = 'All work and no play makes Jack a dull boy.\n'.repeat(50_000);

  after(() => {
    client.dispose();
  });

  for (const [who, rekey, options] of [
    ['the gate', { bytes: 256 * 1024, ms: 3_600_000 }, []],
    ['the gate, by the clock', { bytes: 2 ** 30, ms: 2 }, []],
    ['the client', { bytes: 2 ** 30, ms: 3_600_000 }, ['RekeyLimit=256K']],
    ['both', { bytes: 300_000, ms: 20 }, ['RekeyLimit=256K']],
  ] as const) {
    it(`are asked for by ${who}, and nothing is lost on the way`, async () => {
      const gate = new GateUnderTest({ parts: { rekey } });
      try {
        await gate.listen(client);
        gate.customer('alice', [client.key('alice').blob]);
        const target = {
          port: gate.port,
          login: 'alice',
          key: client.key('alice'),
          options: [...options, 'LogLevel=DEBUG1'],
        };
        const { stdout, stderr, status } = await client.run(target, ['cat'], text);
        assert.equal(status, 0, stderr.slice(-1000));
        assert.ok(stdout === text);
        const exchanges = stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;
        assert.ok(exchanges >= 3, `${exchanges} key exchanges`);
      } finally {
        await gate.dispose();
      }
    });
  }

  it('hold back what is written meanwhile, and let it go by themselves', async () => {
    const gate = new GateUnderTest({ parts: { rekey: { bytes: 1000, ms: 3_600_000 } } });
    try {
      await gate.listen(client);
      gate.customer('alice', [client.key('alice').blob]);
      gate.handler.opened = ({ terminal }) => {
        for (let n = 0; n < 10; n += 1) terminal.write('x'.repeat(1000));
        assert.equal(terminal.pendingBytes > 8000, true, 'it waits here, and not in ssh2');
        terminal.exit(0);
      };
      const target = { port: gate.port, login: 'alice', key: client.key('alice') };
      const { stdout, status } = await client.run(target, ['burst']);
      assert.deepEqual([stdout.length, status], [10_000, 0]);
    } finally {
      await gate.dispose();
    }
  });
});
