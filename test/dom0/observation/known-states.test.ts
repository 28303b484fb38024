import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NORMAL } from '../../../policy/names.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { KnownStates } from '../../../server/dom0/observation/known-states.js';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const SINCE = '2026-11-01T12:00:00.000Z';
const THIS = { uuid: 'a', domid: 3 };

describe('since when a domain is as it is', () => {
  let directory: string;
  let states: KnownStates;
  let close: () => Promise<void>;
  const file = (): string => join(directory, 'states.json');
  const starts = async (boot = 'this'): Promise<void> => {
    await close();
    states = await KnownStates.open({
      boot,
      logger: silentLogger,
      kept: { file: file(), disk: new LocalStateDisk() },
    });
    close = () => states.close();
  };
  const note = (state: DomainState, incarnation: typeof THIS | null): void => {
    states.note(HORATIO, {
      observation: { state, profile: NORMAL, since: SINCE, seenAt: SINCE },
      incarnation,
    });
  };
  beforeEach(async () => {
    close = () => Promise.resolve();
    directory = await mkdtemp(join(tmpdir(), 'postern-states-'));
    await starts();
  });
  afterEach(async () => {
    await close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is known over a restart, for what is off over a boot of the host too', async () => {
    note('off', null);
    await starts();
    assert.equal(states.since(HORATIO, 'off', null), SINCE);
    await starts('next');
    assert.equal(states.since(HORATIO, 'off', null), SINCE);
  });

  it('is not known of another incarnation, another state, or in another boot of the host', async () => {
    note('paused', THIS);
    await starts();
    assert.equal(states.since(HORATIO, 'paused', THIS), SINCE);
    assert.equal(states.since(HORATIO, 'running', THIS), null);
    assert.equal(states.since(HORATIO, 'paused', { ...THIS, domid: 4 }), null);
    assert.equal(states.since(HORATIO, 'paused', { ...THIS, uuid: 'b' }), null);
    assert.equal(states.since(HORATIO, 'paused', null), null);
    await starts('next');
    assert.equal(states.since(HORATIO, 'paused', THIS), null);
  });

  it('stays known while the state is not', () => {
    note('paused', THIS);
    note('unknown', THIS);
    assert.equal(states.since(HORATIO, 'paused', THIS), SINCE);
  });

  it('is forgotten with the domain', async () => {
    note('off', null);
    states.forget(HORATIO);
    await starts();
    assert.equal(states.since(HORATIO, 'off', null), null);
  });

  it('is not known where its memory is none', async () => {
    for (const kept of [
      '',
      '{',
      '[]',
      '{"version":1}',
      '{"version":1,"domains":{"horatio":{"state":"on"}}}',
    ]) {
      await writeFile(file(), kept);
      await starts();
      assert.equal(states.since(HORATIO, 'off', null), null, kept);
    }
  });
});
