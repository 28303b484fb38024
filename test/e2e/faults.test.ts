import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

describe('faults', () => {
  let house: House;
  beforeEach(async () => {
    house = await House.start();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  afterEach(() => house.stop());

  it('kill -9 of the gate in a console: the console goes on, a new login finds its screen', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('clear\r');
    alice.type('echo still here\r');
    await alice.sees('still here');
    await house.endGate('SIGKILL');
    await alice.ends();
    await house.startGate();
    const again = house.terminal('alice', 'horatio console');
    await again.sees('still here');
    again.type('echo and typing\r');
    await again.sees(/and typing[\s\S]*and typing/);
    again.type('\x1d.');
    assert.equal(await again.ends(), 0);
  });

  it('kill -9 of the dom0 half in a console: it says so, the guest lives, the console comes back', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    await house.endDom0('SIGKILL');
    await alice.receives(/not answer|lost|unreachable/i);
    assert.match(house.xlByHand('list').stdout, /horatio/);
    await house.startDom0();
    alice.type('\r');
    await eventually(
      'the console to answer again',
      () => {
        alice.type('\r');
        return (alice.screen.match(/login:/g) ?? []).length > 1;
      },
      { everyMs: 300 },
    );
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  });

  it('kill -9 of the gate in the middle of an operation: it goes on, and the audit log gets its outcome', async () => {
    assert.equal((await house.ssh('alice', 'horatio shutdown --yes')).status, 0);
    await house.endGate('SIGKILL');
    await eventually('horatio to be off', () => !house.xlByHand('list').stdout.includes('horatio'));
    await house.startGate();
    await eventually('the outcome in the audit log', async () => {
      const { stdout } = await house.postern('audit', '--json');
      const rows = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: { kind: string; operation?: string; outcome?: string } });
      const intent = rows.find(({ event }) => event.kind === 'domain.shutdown.requested');
      return rows.some(
        ({ event }) =>
          event.kind === 'operation.ended' &&
          event.operation === intent?.event.operation &&
          event.outcome === 'done',
      );
    });
    const { stdout, status } = await house.postern('audit', 'verify');
    assert.equal(status, 0, stdout);
  });

  it('stopping and killing the dom0 half never ends the process that a guest needs for its reboot', async () => {
    await house.endDom0('SIGTERM');
    assert.match(house.xlByHand('list').stdout, /horatio/);
    assert.equal(house.xlByHand('reboot', 'horatio').status, 0);
    await eventually('horatio to be back', () =>
      /horatio +\d+ +[1-9]\d* .*[rb]-----|horatio.*-b----/.test(house.xlByHand('list').stdout),
    );
    await house.startDom0();
    await house.endDom0('SIGKILL');
    assert.match(house.xlByHand('list').stdout, /horatio/);
  });

  it('writes no key material and no console bytes into its logs', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    alice.type('root\r');
    alice.type('echo s3cret-w0rds\r');
    await alice.sees('s3cret-w0rds');
    alice.type('\x1d.');
    await alice.ends();
    const blob = readFileSync(`${house.layout.clientKeys}/alice.pub`, 'utf8').split(' ')[1] ?? assert.fail();
    for (const text of [
      readFileSync(house.log('gate'), 'utf8'),
      readFileSync(house.log('dom0'), 'utf8'),
      (await house.postern('audit', '--json')).stdout,
    ]) {
      assert.ok(!text.includes('s3cret-w0rds'));
      assert.ok(!text.includes(blob));
    }
  });
});
