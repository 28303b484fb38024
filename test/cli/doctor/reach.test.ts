import assert from 'node:assert/strict';
import { checkReach } from '../../../server/cli/doctor/reach.js';
import type { GateStatus, HostStatus } from '../../../server/gate/control/status-answers.js';

const ANSWERED_AT = Date.parse('2026-11-21T07:15:02.000Z');

/**
 * Runs `checkReach` on a simulated clock. `says` gives the gate's status of xen1 after so many milliseconds.
 */
async function reach(
  says: (after: number) => Partial<HostStatus>,
): Promise<{ said: string[]; took: number }> {
  let time = ANSWERED_AT;
  const found = await checkReach('xen1', ANSWERED_AT, {
    status: () =>
      Promise.resolve({
        hosts: [
          {
            name: 'xen1',
            reachable: false,
            domains: 0,
            tellsNames: true,
            missing: [],
            ...says(time - ANSWERED_AT),
          },
        ],
      } as unknown as GateStatus),
    now: () => time,
    wait: (milliseconds) => {
      time += milliseconds;
      return Promise.resolve();
    },
  });
  return { said: found.map(({ level, finding }) => `${level} ${finding}`), took: time - ANSWERED_AT };
}

const tried = (after: number, reason: string): Partial<HostStatus> => ({
  failure: { at: new Date(ANSWERED_AT + after).toISOString(), reason },
});

describe('postern doctor, of a host that answers here and is not reached by the gate', () => {
  it('waits for the attempt that the gate makes next: the link was not up at the last one', async () => {
    const { said, took } = await reach((after) =>
      after < 5000 ? tried(-900, 'connect ENOENT') : { reachable: true },
    );
    assert.deepEqual(said, []);
    assert.equal(took, 5000);
  });

  it('waits when the gate has not tried at all', async () => {
    assert.deepEqual((await reach((after) => ({ reachable: after >= 500 }))).said, []);
  });

  it('says so at once when the gate tried after the host had answered, with the reason', async () => {
    const { said, took } = await reach((after) => tried(after < 1000 ? -900 : 700, 'connect EACCES'));
    assert.deepEqual(said, [
      'fail it answers here, and the running gate does not reach it; it tried last at 2026-11-21T07:15:02.700Z: connect EACCES',
    ]);
    assert.equal(took, 1000);
  });

  it('says in the end that it was not reached yet, and when it was tried last', async () => {
    const { said } = await reach(() => tried(-900, 'connect ENOENT'));
    assert.deepEqual(said, [
      'fail it answers here, and the running gate has not reached it yet; it tried last at 2026-11-21T07:15:01.100Z: connect ENOENT',
    ]);
    // An older gate does not report its attempts.
    assert.deepEqual((await reach(() => ({}))).said, [
      'fail it answers here, and the running gate has not reached it yet',
    ]);
  });
});
