import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { lab } from './lab/hooks.js';
import { StateWatch, statusOf } from './lab/states.js';

const MINUTES = 60_000;

/** The shipped unit, systemd and the guests' own xl processes. */
describe('the dom0 half’s unit on a real Xen', function () {
  this.timeout(15 * MINUTES);
  beforeEach(() => lab().renew());

  const xlProcess = async (name: string): Promise<string> =>
    (await lab().dom0.must(`pgrep -f 'xl create.*${name}'`)).trim();
  const stateIs = (name: string, state: string): Promise<unknown> =>
    eventually(`${name} to be ${state}`, async () => (await statusOf(lab(), 'alice', name)).state === state, {
      withinMs: 5 * MINUTES,
      everyMs: 500,
    });
  const start = async (name: string): Promise<void> => {
    const { status, stderr } = await lab().ssh('alice', `${name} start --wait`);
    assert.equal(status, 0, stderr);
  };

  it('runs as shipped, and is what keeps its socket', async () => {
    const unit = await lab().dom0.must(
      'systemctl show -p ActiveState,KillMode,OOMPolicy,UnitFileState postern-dom0',
    );
    assert.match(unit, /ActiveState=active/);
    assert.match(unit, /KillMode=process/);
    assert.match(unit, /OOMPolicy=continue/);
    assert.match(unit, /UnitFileState=enabled/);
    assert.match(
      await lab().dom0.must('stat -c "%a %U %G" /run/postern /run/postern/dom0.sock'),
      /^750 root postern\n660 root postern\n$/,
    );
  });

  it('restarting the unit leaves the xl process of a running server, which then reboots and powers off from inside', async () => {
    await start('horatio');
    const alice = lab().terminal('alice', 'horatio console');
    await alice.sees('login:', 5 * MINUTES);
    alice.type('root\r');
    await alice.sees('/root #', MINUTES);
    const process = await xlProcess('horatio');
    await lab().dom0.must('systemctl restart postern-dom0');
    assert.equal(await xlProcess('horatio'), process, 'the same process');
    await eventually(
      'the console to answer again',
      () => {
        alice.type('echo $((40 + 2)) again\r');
        return alice.screen.includes('42 again');
      },
      { withinMs: 2 * MINUTES, everyMs: 2000 },
    );

    const before = await lab().domid('horatio');
    alice.type('reboot\r');
    await eventually(
      'a new domid',
      async () => {
        const now = await lab().domid('horatio');
        return now !== undefined && now !== before;
      },
      { withinMs: 5 * MINUTES, everyMs: 500 },
    );
    await alice.sees('login:', 5 * MINUTES);
    alice.type('root\r');
    await alice.sees('/root #', MINUTES);
    alice.type('poweroff\r');
    await stateIs('horatio', 'off');
    assert.equal(await lab().domid('horatio'), undefined);
    assert.equal(
      (await lab().dom0.run('pgrep -f "xl create"')).status,
      1,
      'the xl process cleaned up and left',
    );
  });

  it('kill -9 of the dom0 half leaves the server, its xl process and its reboot; systemd starts the half again', async () => {
    await start('horatio');
    const process = await xlProcess('horatio');
    const before = await lab().domid('horatio');
    await lab().dom0.must('kill -9 $(systemctl show -p MainPID --value postern-dom0)');
    assert.equal(await xlProcess('horatio'), process);
    assert.equal(await lab().domid('horatio'), before);
    for (const reachable of [false, true]) {
      await eventually(
        reachable ? 'the dom0 half to be back' : 'its end to be noticed',
        async () => (await statusOf(lab(), 'alice', 'horatio')).reachable === reachable,
        { withinMs: 2 * MINUTES, everyMs: 300 },
      );
    }
    assert.equal((await statusOf(lab(), 'alice', 'horatio')).state, 'running');
    const { status, stderr } = await lab().ssh('alice', 'horatio reboot --wait');
    assert.equal(status, 0, stderr);
    assert.notEqual(await lab().domid('horatio'), before);
  });

  it('kill -9 in the middle of a start: it is finished or undone, never left paused', async () => {
    const asked = await lab().ssh('alice', 'horatio start');
    assert.equal(asked.status, 0, asked.stderr);
    await eventually(
      'xl create to run',
      async () => (await lab().dom0.run("pgrep -f 'xl create'")).status === 0,
      {
        withinMs: MINUTES,
        everyMs: 100,
      },
    );
    await lab().dom0.must('kill -9 $(systemctl show -p MainPID --value postern-dom0)');
    await eventually(
      'its end to be noticed',
      async () => !(await statusOf(lab(), 'alice', 'horatio')).reachable,
      { withinMs: MINUTES, everyMs: 100 },
    );
    await eventually(
      'the server to be running or off, with nothing under way',
      async () => {
        const { stdout } = await lab().ssh('alice', 'horatio status --json');
        const seen = JSON.parse(stdout) as { state: string; operation: unknown; reachable: boolean };
        return seen.reachable && seen.operation === null && ['running', 'off'].includes(seen.state);
      },
      { withinMs: 5 * MINUTES, everyMs: 500 },
    );
    const { state } = await statusOf(lab(), 'alice', 'horatio');
    const list = (await lab().xl('list')).stdout;
    if (state === 'off') assert.doesNotMatch(list, /horatio/);
    else assert.match(list, /horatio +\d+ +128 +1 +[r-][b-]---- /);
    await eventually('its outcome in the journal', async () =>
      (await lab().ssh('alice', 'activity')).stdout.includes('start'),
    );
    if (state === 'off') await start('horatio');
    const { status, stderr } = await lab().ssh('alice', 'horatio poweroff --yes --wait');
    assert.equal(status, 0, stderr);
  });

  it('a cut link says that the host does not answer, and comes back by itself', async () => {
    await lab().gate.stopLink();
    await eventually('to be told', async () => {
      const { stdout } = await lab().ssh('alice', 'horatio status --json');
      return !(JSON.parse(stdout) as { reachable: boolean }).reachable;
    });
    await lab().gate.startLink();
    await eventually(
      'the host to answer',
      async () => {
        const { stdout } = await lab().ssh('alice', 'horatio status --json');
        return (JSON.parse(stdout) as { reachable: boolean }).reachable;
      },
      { withinMs: MINUTES },
    );
  });

  it('a reboot that its admin asks for while the dom0 half is down is seen as no more than a reboot', async () => {
    await start('horatio');
    const alice = lab().terminal('alice', 'horatio console');
    await alice.sees('login:', 5 * MINUTES);
    await lab().dom0.must('systemctl stop postern-dom0');
    const before = await lab().domid('horatio');
    await lab().dom0.must('xl reboot horatio');
    await eventually(
      'a new domid',
      async () => {
        const now = await lab().domid('horatio');
        return now !== undefined && now !== before;
      },
      { withinMs: 5 * MINUTES, everyMs: 500 },
    );
    await lab().dom0.must('systemctl start postern-dom0');
    await eventually(
      'the dom0 half to be back',
      async () => {
        const { reachable, state } = await statusOf(lab(), 'alice', 'horatio');
        return reachable && state === 'running';
      },
      { withinMs: 3 * MINUTES, everyMs: 500 },
    );
    const watch = await StateWatch.start(lab(), 'horatio');
    assert.deepEqual(watch.stop(), ['running']);
  });
});
