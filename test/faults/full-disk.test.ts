import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HostKey } from '../../server/gate/ssh/host-key.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { journalOf } from '../support/journal-of.js';
import { SmallDisks } from '../support/small-disks.js';

const HOST_CANNOT = /The host cannot record changes at the moment, so it makes none/;
const GATE_CANNOT = /Nothing can be changed just now: the log that must record it cannot be written/;
/** Without limits: yorick is switched on more often than anybody should do. */
const POLICY = `rules:
  - id: all
    allow: [status, watch, log, console, takeover, start, shutdown, poweroff, reboot]
`;
const DOM0 = `deadlines: {shutdownSeconds: 3}
limits: {createsPerDomain: {count: 100000, windowSeconds: 1}, powerOffsPerMinute: 100000}
`;
/** Milliseconds for things that are tried again automatically. */
const LONG = { everyMs: 200, slowestMs: 1_000 };

describe('a disk that takes nothing', () => {
  let house: House;
  let disks: SmallDisks | null = null;

  before(async function () {
    house = await House.layOut({
      domains: [{ name: 'horatio' }, { name: 'yorick' }, { name: 'lear', ignoresShutdown: true }],
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner', lear: 'owner' } },
      policy: POLICY,
      dom0Settings: DOM0,
    });
    const { gateState, dom0State, hostKey } = house.layout;
    HostKey.open(hostKey);
    const mounted = await SmallDisks.mount('16m', [gateState, dom0State]);
    if (typeof mounted === 'string') {
      process.stdout.write(`\n  skipped: ${mounted}\n`);
      this.skip();
    }
    disks = mounted;
    house.through = mounted.into;
    await house.startDom0();
    await house.startGate();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(async () => {
    await house.stop();
    await disks?.unmount();
  });

  const disk = (): SmallDisks => disks ?? assert.fail('no disk');

  /**
   * Switches yorick on and off until it is refused, because the journal's last page may have room for some
   * records. Until then operations fail, because xl's output cannot be written anywhere.
   */
  async function refusal(): Promise<Ended> {
    const answers: Ended[] = [];
    for (let tries = 0; tries < 20; tries += 1) {
      for (const command of ['yorick start --wait', 'yorick poweroff --yes --wait']) {
        const answer = await house.ssh('bob', command);
        if (answer.status === 3 && /cannot record|Nothing can be changed/.test(answer.stderr)) return answer;
        answers.push(answer);
      }
    }
    assert.fail(`nothing was refused: ${inspect(answers.slice(-4))}`);
  }

  /** Checks that a full disk does not prevent looking. */
  async function looks(): Promise<void> {
    assert.match((await house.ssh('alice', 'list')).stdout, /horatio +running/);
    assert.equal((await house.ssh('alice', 'horatio log')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees(/login:|#/);
    alice.type('root\r');
    await alice.sees('#');
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
  }

  /**
   * Checks that everything works again without a restart, and that every request has one outcome, the same in
   * both halves.
   */
  async function worksAgain(): Promise<void> {
    await eventually(
      'changes to be possible again',
      async () => (await house.ssh('bob', 'yorick poweroff --yes --wait')).status !== 3,
      LONG,
    );
    await eventually(
      'a start',
      async () => (await house.ssh('bob', 'yorick start --wait')).status === 0,
      LONG,
    );
    assert.equal((await house.ssh('bob', 'yorick poweroff --yes --wait')).status, 0);
    await eventually('the outcomes', async () => (await open()).length === 0, LONG);
    const verified = await house.postern('audit', 'verify');
    assert.equal(verified.status, 0, verified.stdout);
    const doctor = await house.postern('doctor', '--dom0-settings', house.layout.dom0Settings);
    assert.match(doctor.stdout, / 0 to look at, 0 to mend/, doctor.stdout);
    const journal = journalOf(disk().path(house.layout.dom0State));
    assert.equal(journal.problem, null);
    for (const id of journal.requested) assert.ok(journal.ends.has(id), `${id} has no end`);
  }

  /** The intents without an outcome. */
  async function open(): Promise<readonly (string | undefined)[]> {
    const { stdout } = await house.postern('audit', '--json', '--limit', '10000');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: { kind: string; operation?: string } }).event);
    const ended = new Set(
      events.filter(({ kind }) => kind === 'operation.ended').map(({ operation }) => operation),
    );
    return events
      .filter(({ kind, operation }) => kind.endsWith('.requested') && !ended.has(operation))
      .map(({ operation }) => operation);
  }

  const doctorSays = async (what: RegExp): Promise<void> => {
    const doctor = await house.postern('doctor', '--dom0-settings', house.layout.dom0Settings);
    assert.equal(doctor.status, 1, doctor.stdout);
    assert.match(doctor.stdout, what);
  };

  it('of the dom0 half, which is full: looking goes on, changes are refused, also after a kill, and then all is as before', async () => {
    const { dom0State } = house.layout;
    disk().fill(dom0State);
    const refused = await refusal();
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, HOST_CANNOT);
    await looks();
    await doctorSays(/journal cannot be written since .*ENOSPC[^]*make room on the disk/);
    await house.endDom0('SIGKILL');
    await house.startDom0();
    await eventually('the host to be heard', async () =>
      /horatio +running/.test((await house.ssh('alice', 'list')).stdout),
    );
    assert.match((await refusal()).stderr, HOST_CANNOT);
    await looks();
    disk().free(dom0State);
    await worksAgain();
  });

  it('of the dom0 half, which was filled in the middle of an operation: its end is told, and kept for the journal', async () => {
    const { dom0State } = house.layout;
    assert.equal((await house.ssh('bob', 'lear start --wait')).status, 0);
    const asked = house.ssh('bob', 'lear shutdown --yes --wait');
    const isUnderWay = (): boolean => {
      const { requested, ends } = journalOf(disk().path(dom0State));
      return [...requested].some((id) => !ends.has(id));
    };
    await eventually('the shutdown', isUnderWay, { everyMs: 5 });
    disk().fill(dom0State);
    const { stderr } = await asked;
    assert.match(stderr, /It failed: /);
    // Its own end may have fitted into the last page. Further requests do not fit.
    await refusal();
    await doctorSays(/journal cannot be written since/);
    disk().free(dom0State);
    await worksAgain();
  });

  it('of the dom0 half, which is read-only: it starts, and needs no restart when it is writable again', async () => {
    const { dom0State } = house.layout;
    await house.endDom0('SIGKILL');
    assert.ok(disk().remount(dom0State, 'ro'));
    await house.startDom0();
    await eventually('the host to be heard', async () =>
      /horatio +running/.test((await house.ssh('alice', 'list')).stdout),
    );
    assert.match((await refusal()).stderr, HOST_CANNOT);
    await looks();
    await doctorSays(/journal cannot be written since .*EROFS[^]*or make it writable/);
    assert.ok(disk().remount(dom0State, 'rw'));
    await worksAgain();
  });

  it('of the gate, which is full: looking goes on, changes are refused, and then all is as before', async () => {
    const { gateState } = house.layout;
    disk().fill(gateState);
    const refused = await refusal();
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, GATE_CANNOT);
    await looks();
    await doctorSays(/audit log: it cannot be written [^]*make room on the disk of the gate's state/);
    await house.endGate('SIGKILL');
    await house.startGate();
    await eventually('the host to be heard', async () =>
      /horatio +running/.test((await house.ssh('alice', 'list')).stdout),
    );
    assert.match((await refusal()).stderr, GATE_CANNOT);
    disk().free(gateState);
    await worksAgain();
  });

  it('of the gate, which is read-only: it starts, and needs no restart when it is writable again', async () => {
    const { gateState } = house.layout;
    await house.endGate('SIGKILL');
    assert.ok(disk().remount(gateState, 'ro'));
    await house.startGate();
    await eventually('the host to be heard', async () =>
      /horatio +running/.test((await house.ssh('alice', 'list')).stdout),
    );
    assert.match((await refusal()).stderr, GATE_CANNOT);
    await looks();
    await doctorSays(/audit log: it cannot be written/);
    assert.ok(disk().remount(gateState, 'rw'));
    await worksAgain();
  });
});
