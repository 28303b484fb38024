import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { BootProfileName } from '../../../policy/names.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import type { RescueEnd } from '../../../server/wire/rescue-end.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const MINUTE = 60_000;

describe('a console of a rescue that ends', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  beforeEach(async () => {
    gate = new GateInside();
    // Without a pty each notice is a line of its own.
    terminal = new FakeTerminal({ hasPty: false });
    await gate.start();
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  const rescue = (left: number, more: Partial<RescueEnd> = {}): void => {
    const { observation } = domainView(HORATIO, 'running');
    gate.dom0.set(HORATIO, 'running', {
      observation: { ...observation, profile: 'rescue' as BootProfileName },
      rescueEnd: {
        operation: '7e0c1b52-6a51-4d0c-9d8e-2f7f0c6b4a11',
        forSeconds: 7200,
        at: new Date(Date.now() + left).toISOString(),
        then: 'normal',
        retryAt: null,
        ...more,
      },
    });
  };
  const open = async (): Promise<void> => {
    void new ConsoleSession(gate.core.console, gate.alice, terminal, 'horatio', 'write').run();
    await eventually('an attachment', () => gate.dom0.consoles.length > 0);
  };
  const count = (text: string): number => terminal.errors.split(text).length - 1;
  const shows = (text: string): Promise<unknown> =>
    eventually(`to show ${text}`, () => terminal.errors.includes(text), { instead: () => terminal.errors });

  it('says so 15 and 5 minutes before, and at the end, each once', async () => {
    rescue(15 * MINUTE + 200);
    await open();
    await shows('The rescue of horatio ends in 15 minutes, then it boots normally. The menu, or "extend"');
    rescue(14 * MINUTE);
    rescue(5 * MINUTE - 1000);
    await shows('The rescue of horatio ends in 5 minutes, then');
    rescue(4 * MINUTE);
    rescue(100);
    await shows('The time of the rescue of horatio is over: it shuts down, then it boots normally.');
    assert.deepEqual([count('ends in'), count('is over')], [2, 1]);
  });

  it('tells a customer who comes late what is left', async () => {
    rescue(3 * MINUTE, { then: 'poweroff' });
    await open();
    await shows('The rescue of horatio ends in 3 minutes, then it stays off.');
  });

  it('warns again when it was given more time, and says when it is tried again', async () => {
    rescue(4 * MINUTE);
    await open();
    await shows('ends in 4 minutes');
    rescue(300 * MINUTE, { forSeconds: 25_200 });
    rescue(15 * MINUTE - 1000, { forSeconds: 25_200 });
    await shows('ends in 15 minutes');
    rescue(-1000, { forSeconds: 25_200, retryAt: '2030-01-31T12:10:00.000Z' });
    await shows('horatio did not shut down at the end of its rescue: it is asked again 12:10:00 UTC.');
    assert.equal(count('ends in'), 2);
  });

  it('says once that it waits for a paused guest, and not that it shuts down', async () => {
    const { observation } = domainView(HORATIO, 'paused');
    const profile = 'rescue' as BootProfileName;
    const pausedRescue = (left: number, why?: 'paused'): void => {
      rescue(left, why === undefined ? {} : { why });
      const rescueEnd = gate.dom0.domains.get(HORATIO)?.rescueEnd ?? null;
      gate.dom0.set(HORATIO, 'paused', { observation: { ...observation, profile }, rescueEnd });
    };
    rescue(100_000);
    await open();
    await shows('ends in 2 minutes');
    pausedRescue(-1000, 'paused');
    const said = "is over. The host's operators have paused it: it ends when they let it go on.";
    await shows(`The time of the rescue of horatio ${said}`);
    pausedRescue(-2000, 'paused');
    rescue(-3000, { retryAt: '2030-01-31T12:10:00.000Z', why: 'failed' });
    await shows('The host could not end the rescue of horatio: it tries again 12:10:00 UTC.');
    assert.deepEqual([count('paused it'), count('it shuts down'), count('did not shut down')], [1, 0, 0]);
  });

  it('speaks of more time only to those who may ask for it', async () => {
    gate.enforce(
      policyOf([
        rule(
          'allow',
          ACTIONS.filter((action) => action !== 'extend'),
        ),
      ]),
    );
    rescue(10 * MINUTE);
    await open();
    await shows('ends in 10 minutes, then it boots normally.\n');
  });
});
