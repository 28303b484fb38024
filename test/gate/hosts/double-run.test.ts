import assert from 'node:assert/strict';
import type { DomainState } from '../../../policy/domain-state.js';
import { Hosts } from '../../../server/gate/hosts/hosts.js';
import { HeardHost, TELLS } from '../../support/heard-host.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName, TemporaryStore } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');

describe('a disk with two writers', () => {
  let temporary: TemporaryStore;
  let here: HeardHost;
  let other: HeardHost;
  let hosts: Hosts;

  beforeEach(() => {
    temporary = new TemporaryStore();
    gateStarts();
  });
  afterEach(() => {
    temporary.remove();
  });

  /** Starts the next gate, which has heard no host yet. */
  function gateStarts(): void {
    here = new HeardHost('xen1', HORATIO);
    other = new HeardHost('xen2', HORATIO);
    const { domains, lastObservations } = temporary.store;
    hosts = new Hosts([here.link, other.link], domains, lastObservations, silentLogger);
  }

  /** horatio is off on xen1, where its file is. xen2 is heard and has nothing. */
  function bothHeard(): void {
    here.set('off');
    here.heard();
    other.heard();
  }

  const refused = (): string => hosts.canRunElsewhere(HORATIO, here.link)?.code ?? 'nothing';

  for (const guest of ['horatio', 'horatio--incoming', 'horatio--migratedaway', 'migrating-horatio']) {
    it(`is kept off while ${guest} runs elsewhere without a file, also when that host falls silent, also for the next gate`, () => {
      bothHeard();
      assert.equal(refused(), 'nothing');
      other.guests('yorick', guest);
      assert.equal(refused(), 'wrong-state');
      other.lost();
      assert.equal(refused(), 'host-unreachable', 'it has not ended because nobody hears of it');
      gateStarts();
      here.set('off');
      here.heard();
      assert.equal(refused(), 'host-unreachable', 'the next gate knows');
      other.heard();
      assert.equal(refused(), 'nothing', 'and that it has ended');
    });
  }

  for (const guest of ['horatio--incoming', 'horatio--migratedaway', 'migrating-horatio']) {
    it(`is kept off while ${guest} is on the same host, which shows it off or running`, () => {
      bothHeard();
      here.guests(guest);
      assert.equal(refused(), 'wrong-state');
      here.set('running');
      assert.equal(refused(), 'wrong-state', 'a rescue would end it here and create it anew');
      here.guests();
      assert.equal(refused(), 'nothing');
    });
  }

  it('is kept off when the source was seen to let it go, and the host that took it is silent', () => {
    bothHeard();
    other.lost();
    here.set('running');
    here.guests('horatio--migratedaway');
    here.set('off');
    here.guests();
    assert.equal(refused(), 'host-unreachable');
    gateStarts();
    here.set('off');
    here.heard();
    assert.equal(refused(), 'host-unreachable', 'the next gate knows');
    other.heard();
    assert.equal(refused(), 'nothing');
  });

  const POSSIBLE: DomainState[] = ['unknown', 'running', 'paused', 'shutting-down', 'rebooting', 'crashed'];
  for (const state of POSSIBLE) {
    it(`is kept off while the other host says ${state}, and when it has said so last`, () => {
      bothHeard();
      other.set(state);
      assert.equal(refused(), state === 'unknown' ? 'host-unreachable' : 'wrong-state');
      here.set('running');
      assert.notEqual(refused(), 'nothing', 'also for a rescue of one that runs here');
      other.lost();
      assert.equal(refused(), 'host-unreachable');
    });
  }

  it('is kept off while the toolstack of a host that had it does not answer, and not for one that had it not', () => {
    bothHeard();
    other.says({ ...TELLS, others: null });
    assert.equal(refused(), 'nothing', 'it was not there when that was last known');
    other.guests('horatio');
    other.says({ ...TELLS, others: null });
    assert.equal(refused(), 'wrong-state', 'it has not ended because nobody can look');
  });

  it('is kept off by a toolstack that never answered', () => {
    here.set('off');
    here.heard();
    other.heard({ ...TELLS, others: null });
    assert.equal(refused(), 'host-unreachable');
  });

  it('is kept off by a dom0 half from before, which does not tell what else runs there, and works with one alone', () => {
    here.set('off');
    here.heard(null);
    other.heard();
    assert.equal(refused(), 'nothing', 'its own host may be of before');
    other.says(null, 'reachable');
    const no = hosts.canRunElsewhere(HORATIO, here.link);
    assert.equal(no?.code, 'host-unreachable');
    assert.match(no.detail, /upgrade it/);
    here.set('running');
    assert.equal(refused(), 'nothing', 'what runs here goes on');
  });

  it('is not taken for another domain of a like name', () => {
    bothHeard();
    other.guests('horatio2', 'horatio-incoming', 'horatio--incoming2', 'xhoratio', 'Horatio');
    assert.equal(refused(), 'nothing');
    assert.equal(hosts.strayOf(HORATIO), null);
  });

  it('is told where it runs, and policy does not read that it is off', () => {
    bothHeard();
    other.guests('horatio');
    assert.deepEqual(hosts.observation(HORATIO), { state: 'running', booted: null });
    const stray = hosts.strayOf(HORATIO);
    assert.deepEqual([stray?.host.name, stray?.part], ['xen2', 'runs']);
    other.lost();
    assert.equal(hosts.strayOf(HORATIO)?.host.name, 'xen2', 'as last heard');
    assert.equal(hosts.observation(HORATIO).state, null);
  });

  it('does not lose its customer while it runs without a file anywhere', () => {
    bothHeard();
    other.guests('horatio');
    here.domains.clear();
    here.says({ ...TELLS, gone: [{ name: HORATIO, at: new Date().toISOString() }] });
    const [row] = temporary.store.domains.list();
    assert.deepEqual([row?.presence, row?.retiredAt], ['absent', null]);
  });
});
