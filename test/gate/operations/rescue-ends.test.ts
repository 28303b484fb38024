import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { Policy, RescueTerms } from '../../../policy/policy.js';
import type { OperationView } from '../../../server/wire/operation.js';
import type { RescueEnd } from '../../../server/wire/rescue-end.js';
import { domainView, operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { ALLOW_ALL, GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const RESCUE = 'rescue' as BootProfileName;
const HOUR = 3600;
const BOOTED = '7e0c1b52-6a51-4d0c-9d8e-2f7f0c6b4a11';

const terms = (
  defaultSeconds: number | null,
  maximumSeconds: number | null,
  more: Partial<RescueTerms> = {},
) => ({
  subjects: { customers: [], groups: [], roles: [] },
  domains: { names: [], tags: [] },
  profiles: [],
  defaultSeconds,
  maximumSeconds,
  place: { file: 'test.yaml', line: 1, column: 1 },
  ...more,
});

describe('the end of a rescue, at the gate', () => {
  let gate: GateInside;
  beforeEach(() => {
    gate = new GateInside();
    offer({});
  });
  afterEach(() => gate.stop());

  /** Sets what the host offers. */
  function offer(more: { keep?: boolean; rescueEnds?: boolean }): void {
    const { keep = false, rescueEnds = true } = more;
    const profile = { name: RESCUE, title: 'Rescue', disks: 'Kept.', hint: '', parameters: [], keep };
    gate.dom0.contract = { ...gate.dom0.contract, rescueEnds, profiles: [profile] };
  }
  const enforce = (...rescueTerms: readonly RescueTerms[]): void => {
    const policy: Policy = { ...ALLOW_ALL, rescueTerms };
    gate.enforce(policy);
  };
  async function exec(text: string, who = gate.alice) {
    const terminal = new FakeTerminal({ hasPty: false });
    const status = await gate.exec(who, text, terminal);
    return { status, out: terminal.output, err: terminal.errors };
  }
  /** horatio runs a rescue that ends in so many seconds, of so many. */
  const runs = async (left: number, forSeconds: number, more: Partial<RescueEnd> = {}): Promise<void> => {
    const at = new Date(Date.now() + left * 1000).toISOString();
    const rescueEnd = { operation: BOOTED, forSeconds, at, then: 'normal', retryAt: null, ...more } as const;
    const { observation } = domainView(HORATIO, 'running');
    gate.dom0.set(HORATIO, 'running', { observation: { ...observation, profile: RESCUE }, rescueEnd });
    await eventually('the gate to know', () => seen()?.at === rescueEnd.at);
  };
  const seen = (): RescueEnd | null => gate.core.hosts.find(HORATIO)?.view.rescueEnd ?? null;
  const asked = (): unknown[] => gate.dom0.requests.map(({ forSeconds }) => forSeconds ?? null);
  const denials = (): unknown[] => gate.events('domain.denied').map(({ action, code }) => [action, code]);

  describe('rescue', () => {
    const cases: readonly [what: string, terms: RescueTerms[], command: string, asked: number | null][] = [
      ['without terms has no end', [], 'horatio rescue --yes', null],
      ['ends as the customer asks', [], 'horatio rescue --for 2h --yes', 2 * HOUR],
      ['ends as policy says', [terms(8 * HOUR, 24 * HOUR)], 'horatio rescue --yes', 8 * HOUR],
      ['may be shorter than the default', [terms(8 * HOUR, null)], 'horatio rescue --for 30m --yes', 1800],
      [
        'may be as long as the maximum',
        [terms(8 * HOUR, 24 * HOUR)],
        'horatio rescue --for 1d --yes',
        86_400,
      ],
      [
        'ends by the first entry that names customer, domain and profile',
        [
          terms(60, 60, { subjects: { customers: ['bob'], groups: [], roles: [] } }),
          terms(61, 61, { domains: { names: ['ophelia'], tags: [] } }),
          terms(62, 62, { profiles: ['other' as BootProfileName] }),
          terms(63, 63, { profiles: [RESCUE] }),
          terms(64, 64),
        ],
        'horatio rescue --yes',
        63,
      ],
    ];
    for (const [what, rescueTerms, command, seconds] of cases) {
      it(what, async () => {
        enforce(...rescueTerms);
        await gate.start();
        const { status, out } = await exec(command);
        assert.equal(status, 0);
        assert.deepEqual(asked(), [seconds]);
        const [intent] = gate.events('domain.rescue.requested');
        assert.equal(intent?.forSeconds ?? null, seconds);
        assert.equal(/The rescue ends .* after its boot\./.test(out), seconds !== null);
      });
    }

    it('longer than the maximum is denied, recorded, and never asked for', async () => {
      enforce(terms(8 * HOUR, 24 * HOUR));
      await gate.start();
      const { status, err } = await exec('horatio rescue --for 25h --yes');
      assert.equal(status, 3);
      assert.match(err, /A rescue lasts at most 1 d here, from its boot to its end\./);
      assert.deepEqual([asked(), denials()], [[], [['rescue', 'limit-reached']]]);
    });

    it('on a host that knows of no ends has none, and `--for` is refused with a sentence', async () => {
      enforce(terms(8 * HOUR, 24 * HOUR));
      offer({ rescueEnds: false });
      await gate.start();
      assert.match(
        (await exec('horatio rescue --for 2h --yes')).err,
        /A rescue that ends \(--for\) is not possible on the host of horatio yet\./,
      );
      assert.equal((await exec('horatio rescue --yes')).status, 0);
      assert.deepEqual(asked(), [null]);
    });

    it('with a profile that is kept has no end, and `--for` is refused', async () => {
      enforce(terms(8 * HOUR, 24 * HOUR));
      offer({ keep: true });
      await gate.start();
      assert.match(
        (await exec('horatio rescue --for 2h --yes')).err,
        /profile rescue has no end: leave out --for/,
      );
      assert.equal((await exec('horatio rescue --yes')).status, 0);
      assert.deepEqual(asked(), [null]);
    });

    it('does not tell strangers what the host knows of ends', async () => {
      offer({ keep: true });
      await gate.start();
      const mallory = await exec('horatio rescue rescue --for 2h --yes', gate.bob);
      const nothing = await exec('hamlet rescue rescue --for 2h --yes', gate.bob);
      const bare = ({ err }: { err: string }): string =>
        err.replace(/Reference: \w+/, '').replaceAll('hamlet', 'horatio');
      assert.equal(bare(mallory), bare(nothing));
    });
  });

  describe('extend', () => {
    it('gives one hour more, by the whole length, once for two who ask at the same time', async () => {
      await gate.start();
      await runs(600, 2 * HOUR);
      gate.dom0.extend = () => null;
      const both = await Promise.all([exec('horatio extend'), exec('horatio extend --json')]);
      assert.deepEqual(
        both.map(({ status }) => status),
        [0, 0],
      );
      assert.match(both[0].out, /^The rescue of horatio ends at .* UTC, in 1 h \d+ min\.\n$/);
      const { domain, forSeconds } = JSON.parse(both[1].out) as Record<string, unknown>;
      assert.deepEqual([domain, forSeconds], ['horatio', 3 * HOUR]);
      assert.deepEqual(
        gate.dom0.extensions.map((one) => [one.domain, one.operation, one.forSeconds]),
        [
          ['horatio', BOOTED, 3 * HOUR],
          ['horatio', BOOTED, 3 * HOUR],
        ],
      );
      const [intent] = gate.events('domain.extend.requested');
      assert.deepEqual([intent?.profile, intent?.forSeconds], ['rescue', 3 * HOUR]);
      const row = gate.store.audit.at(gate.dom0.extensions[0]?.actor.auditSeq ?? -1);
      assert.equal(row?.event.kind, 'domain.extend.requested');
      assert.deepEqual(
        gate.events('operation.ended').map(({ outcome }) => outcome),
        ['done', 'done'],
      );
    });

    it('never leads beyond the maximum, however often it is asked', async () => {
      enforce(terms(HOUR, 4 * HOUR));
      await gate.start();
      await runs(HOUR, HOUR);
      let refused = 0;
      for (let at = 0; at < 12; at += 1) {
        const before = seen();
        const { status } = await exec(`horatio extend --for 50m`);
        if (status === 0) await eventually('the gate to know', () => seen()?.at !== before?.at);
        else refused += 1;
      }
      assert.deepEqual([refused, seen()?.forSeconds], [9, HOUR + 3 * 3000]);
      assert.equal((await exec('horatio extend')).status, 0, 'one more hour, as far as there is room');
      await eventually('the gate to know', () => seen()?.forSeconds === 4 * HOUR);
      assert.equal((await exec('horatio extend')).status, 3);
      assert.ok(gate.dom0.extensions.every(({ forSeconds }) => forSeconds <= 4 * HOUR));
      assert.deepEqual(denials().at(-1), ['extend', 'limit-reached']);
    });

    it('ends at the longest time that a host takes, where policy has no maximum', async () => {
      await gate.start();
      await runs(HOUR, 366 * 86_400 - 60);
      assert.equal((await exec('horatio extend')).status, 0);
      await eventually('the gate to know', () => seen()?.forSeconds === 366 * 86_400);
      const { status, err } = await exec('horatio extend');
      assert.deepEqual([status, /at most 366 d here/.test(err)], [3, true]);
      assert.equal((await exec('horatio extend --for 1s')).status, 3);
      assert.equal(gate.dom0.extensions.length, 1);
    });

    it('says how much time there is, or that there is none', async () => {
      enforce(terms(HOUR, 4 * HOUR));
      await gate.start();
      const atMost = 'a rescue lasts at most 4 h here, from its boot to its end';
      const cases: readonly [left: number, length: number, command: string, answer: string][] = [
        [HOUR, 4 * HOUR - 600, 'extend --for 11m', `That is too long: ${atMost}. It can have 10 min more.`],
        [HOUR, 4 * HOUR, 'extend', `There is no more time to give: ${atMost}.`],
        [HOUR, 4 * HOUR, 'extend --for 1s', `There is no more time to give: ${atMost}.`],
        // An admin has shortened the maximum since.
        [HOUR, 5 * HOUR, 'extend', `There is no more time to give: ${atMost}.`],
        // It is over, and has gone on beyond the maximum.
        [-2 * HOUR, 3 * HOUR, 'extend', `There is no more time to give: ${atMost}.`],
      ];
      for (const [left, length, command, answer] of cases) {
        await runs(left, length);
        const { status, err } = await exec(`horatio ${command}`);
        assert.deepEqual([status, err.includes(answer)], [3, true], err);
      }
      assert.deepEqual(gate.dom0.extensions, []);
    });

    it('of a rescue that is over and goes on counts from now', async () => {
      await gate.start();
      await runs(-2 * HOUR, HOUR, { retryAt: new Date(Date.now() + 60_000).toISOString() });
      assert.equal((await exec('horatio extend')).status, 0);
      const { forSeconds = 0 } = gate.dom0.extensions[0] ?? {};
      assert.ok(forSeconds >= 4 * HOUR && forSeconds < 4 * HOUR + 60, `${forSeconds}`);
    });

    it("is a right of its own, and reaches nobody else's server", async () => {
      await gate.start();
      await runs(HOUR, HOUR);
      assert.equal((await exec('horatio extend', gate.bob)).status, 4);
      gate.enforce(
        policyOf([
          rule(
            'allow',
            ACTIONS.filter((action) => action !== 'extend'),
          ),
        ]),
      );
      const { status, err } = await exec('horatio extend');
      assert.equal(status, 3);
      assert.match(err, /do not let you give the rescue of horatio more time/);
      assert.deepEqual(gate.dom0.extensions, []);
    });

    it('says so where there is nothing to extend, and where the host knows of no ends', async () => {
      await gate.start();
      assert.match((await exec('horatio extend')).err, /horatio runs no rescue that ends/);
      offer({ rescueEnds: false });
      await gate.dom0.stop();
      await gate.dom0.start();
      await eventually(
        'the host to be back',
        () => gate.core.hosts.find(HORATIO)?.host.contract?.rescueEnds === false,
      );
      await eventually('the host to be reachable', () => gate.core.hosts.areAllReachable);
      assert.match(
        (await exec('horatio extend')).err,
        /More time for a rescue is not possible on the host of horatio yet\./,
      );
      assert.deepEqual(gate.dom0.extensions, []);
      assert.deepEqual(
        gate.events('operation.ended').map(({ outcome, code }) => [outcome, code]),
        [
          ['refused', 'wrong-state'],
          ['refused', 'not-on-this-host'],
        ],
      );
    });

    it("gives the host's own no, and records what is not known", async () => {
      await gate.start();
      await runs(HOUR, HOUR);
      gate.dom0.extend = () => wireRefusal('busy', 'busy', ending({ phase: 'running', endedAt: null }));
      assert.match(
        (await exec('horatio extend')).err,
        /horatio is busy: the normal boot, because its rescue is over, begun \d+ s ago/,
      );
      gate.dom0.extend = () => 'drop';
      assert.equal((await exec('horatio extend')).status, 6);
      assert.deepEqual(
        gate.events('operation.ended').map(({ outcome }) => outcome),
        ['refused', 'lost'],
      );
    });
  });

  it('is shown by status and list', async () => {
    await gate.start();
    await runs(2 * HOUR + 330, 3 * HOUR);
    assert.match(
      (await exec('horatio status')).out,
      /Its rescue ends in 2 h 5 min, then it boots normally\./,
    );
    assert.match((await exec('list')).out, /horatio +running +rescue, 2 h 5 min left /);
    const { endsAt } = JSON.parse((await exec('horatio status --json')).out) as { endsAt: string };
    assert.equal(endsAt, seen()?.at);
    await runs(-1, HOUR, { retryAt: new Date(Date.now() + 305_000).toISOString() });
    assert.match(
      (await exec('horatio status')).out,
      /is over, and it did not shut down: it is asked again in 5 min\./,
    );
    const none = JSON.parse((await exec('ophelia status --json')).out) as { endsAt: string | null };
    assert.equal(none.endsAt, null);
  });

  const ending = (more: Partial<OperationView> = {}): OperationView => ({
    ...operationView(
      {
        id: 'aaaaaaaa-6a51-4d0c-9d8e-2f7f0c6b4a11',
        domain: HORATIO,
        verb: 'normal',
        profile: null,
        actor: { customer: gate.alice.customer } as never,
      },
      { phase: 'done', endedAt: new Date().toISOString(), cause: 'rescue-end' },
    ),
    ...more,
  });
  const recorded = (): unknown[] =>
    gate
      .events('rescue.ended')
      .map(({ customer, domain, host, by, outcome, code }) => [customer, domain, host, by, outcome, code]);

  describe('in the audit log', () => {
    it('is recorded once, with its outcome, however often the host tells it, over restarts', async () => {
      await gate.start();
      gate.dom0.set(HORATIO, 'running', { lastEnding: ending({ phase: 'running', endedAt: null }) });
      await eventually(
        'the gate to know',
        () => gate.core.hosts.find(HORATIO)?.view.lastEnding?.phase === 'running',
      );
      assert.deepEqual(recorded(), []);
      for (let at = 0; at < 3; at += 1) gate.dom0.set(HORATIO, 'running', { lastEnding: ending() });
      await eventually('the record', () => recorded().length > 0);
      await gate.dom0.stop();
      await gate.dom0.start();
      await eventually('the host to be reachable', () => gate.core.hosts.areAllReachable);
      const failure = wireRefusal('deadline-passed', 'It has not shut down.');
      const id = 'bbbbbbbb-6a51-4d0c-9d8e-2f7f0c6b4a11';
      gate.dom0.set(HORATIO, 'off', {
        lastEnding: ending({ id, verb: 'shutdown', phase: 'failed', failure }),
      });
      await eventually('the next record', () => recorded().length === 2);
      assert.deepEqual(recorded(), [
        ['alice', 'horatio', 'one', 'normal', 'done', null],
        ['alice', 'horatio', 'one', 'shutdown', 'failed', 'deadline-passed'],
      ]);
      assert.match((await exec('activity')).out, /the time of the rescue of horatio was over: done/);
    });

    it('is recorded by a gate that did not run at the end', async () => {
      gate.dom0.set(HORATIO, 'running', { lastEnding: ending() });
      await gate.start();
      await eventually('the record', () => recorded().length === 1);
    });
  });
});
