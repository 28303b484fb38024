import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { TerminalClient } from '../support/terminal-client.js';

const ALL = `rules:
  - allow: [status, console, watch, takeover, sysrq, log, start, shutdown, poweroff, reboot, rescue, normal]
    roles: [owner]
`;
const LOOK_ONLY = `rules:
  - deny: [console, poweroff]
    reason: Closed for maintenance until noon.
  - allow: [status, log, start, shutdown, reboot]
    roles: [owner]
`;
const NOBODY = `rules:
  - allow: [status, log]
    customers: [alice, nobody-here]
`;
const BROKEN = `rules:
  - alow: [status]
`;

const SCRIPT = fileURLToPath(new URL('../../server/postern.js', import.meta.url));

describe('policy reload', () => {
  let house: House;
  beforeEach(async () => {
    house = await House.start({ policy: ALL });
  });
  afterEach(() => house.stop());

  it('ends at once what is no longer allowed, with a sentence, and keeps what is', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    const menu = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await menu.sees('running');
    house.writePolicy(LOOK_ONLY);
    const { status, stdout, stderr } = await house.postern('policy', 'reload');
    assert.equal(status, 0, stdout + stderr);
    await console.receives('Closed for maintenance until noon.');
    assert.notEqual(await console.ends(), 0);
    await menu.sees(/4 +Power off +× Closed/);
    menu.type('4');
    await menu.sees('Closed for maintenance until noon.');
    const refused = await house.ssh('alice', 'horatio poweroff --yes');
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /Closed for maintenance until noon\./);
  });

  it('says what it comes to, and asks at a terminal when a customer would lose everything', async () => {
    const settings = ['--settings', house.layout.gateSettings];
    const atTerminal = (answer: string): TerminalClient => {
      const client = new TerminalClient(process.execPath, [SCRIPT, 'policy', 'reload', ...settings]);
      client.type(answer);
      return client;
    };
    house.writePolicy(LOOK_ONLY);
    const some = await house.postern('policy', 'reload');
    assert.match(
      some.stdout,
      /^2 customers lose something, 0 customers gain \(3 roles asked about\)\nthe policy is in force: revision 2\n/,
    );

    house.writePolicy(NOBODY);
    const no = atTerminal('n\r');
    await no.receives('bob would see no server at all any more (postern policy diff)');
    await no.receives('put this in force? [y]es or [n]o? ');
    assert.equal(await no.ends(), 3);
    assert.match((await house.postern('policy', 'status')).stdout, /revision 2/);
    assert.match((await house.ssh('bob', 'list')).stdout, /yorick/);

    const yes = atTerminal('y\r');
    assert.equal(await yes.ends(), 0);
    assert.match((await house.ssh('bob', 'list')).stdout, /You have no servers/);
    house.writePolicy('rules: []\n');
    const script = await house.postern('policy', 'reload');
    assert.equal(script.status, 0, 'nobody is asked in a script');
    assert.match(
      script.stdout,
      /warning: .*No rule allows status[^]*alice would see no server at all any more/,
    );
  });

  it('a broken policy changes nothing and is said with its place; SIGHUP reloads as well', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    house.writePolicy(BROKEN);
    const { status, stdout, stderr } = await house.postern('policy', 'reload');
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /10-default\.yaml:2:5/);
    assert.match(stdout + stderr, /allow/, 'with a suggestion');
    console.type('\r');
    assert.equal((await house.ssh('alice', 'horatio status')).status, 0);
    house.writePolicy(LOOK_ONLY);
    house.signalGate('SIGHUP');
    await console.receives('Closed for maintenance until noon.');
  });

  it('a gate that starts with a broken policy runs the last accepted one, and says so', async () => {
    await house.endGate();
    house.writePolicy(BROKEN);
    await house.startGate();
    assert.equal((await house.ssh('alice', 'horatio status')).status, 0);
    const { stdout } = await house.postern('policy', 'status');
    assert.match(stdout, /last accepted|broken|rejected/i);
  });

  it('explain says which rule decides', async () => {
    const allowed = await house.postern('policy', 'explain', 'alice', 'poweroff', 'horatio');
    assert.equal(allowed.status, 0);
    assert.match(allowed.stdout, /allow/);
    assert.match(allowed.stdout, /10-default\.yaml:2/);
    const denied = await house.postern('policy', 'explain', 'bob', 'poweroff', 'horatio');
    assert.match(denied.stdout, /no-role/);
    const next = join(house.layout.policy, '..', 'next.yaml');
    const when = '{from: [203.0.113.0/24], times: ["22:00-06:00"], zone: Europe/Berlin}';
    writeFileSync(next, `rules:\n  - {id: night, allow: [poweroff], when: ${when}}\n`);
    const options = ['--policy', next, '--at', '2026-12-24T22:00Z', '--from', '203.0.113.7'];
    const night = await house.postern('policy', 'explain', 'alice', 'poweroff', 'horatio', ...options);
    assert.match(night.stdout, /: allowed by night\n[^]*next\.yaml:2[^]*thu 23:00, met\n/, night.stderr);
    assert.match(
      (await house.postern('policy', 'explain', 'alice', 'poweroff', 'horatio')).stdout,
      /rules\[0\]/,
    );
  });
});

describe('limits', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      policy: `${ALL}limits:\n  - actions: [start]\n    per: domain\n    count: 1\n    within: 1h\nsessions:\n  - customers: ["*"]\n    count: 2\n`,
    });
  });
  after(() => house.stop());

  it('two requests at once cannot both pass a limit of one', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => house.ssh('alice', 'horatio start')));
    const statuses = results.map(({ status }) => status).sort();
    assert.equal(statuses.filter((status) => status === 0).length, 1, statuses.join());
  });

  it('a customer has no more sessions than policy says', async () => {
    const first = house.terminal('bob');
    const second = house.terminal('bob');
    await first.sees('yorick');
    await second.sees('yorick');
    const third = await house.ssh('bob', 'list');
    assert.notEqual(third.status, 0);
    assert.match(third.stderr + third.stdout, /sessions/);
    first.type('q');
    await first.ends();
    await eventually('room for a session', async () => (await house.ssh('bob', 'list')).status === 0);
    second.type('q');
    await second.ends();
  });
});

describe('a gate that never had a valid policy', () => {
  let house: House;
  before(async () => {
    house = await House.layOut({ policy: BROKEN });
  });
  after(() => house.stop());

  it('says so and ends, so that nobody takes it for running', async () => {
    await assert.rejects(house.startGate(), /did not start[^]*There is no key `alow` here/);
  });
});
