import assert from 'node:assert/strict';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Verb } from '../../../server/wire/contract.js';
import { Admission } from '../../../server/dom0/operations/admission.js';
import type { AdmissionParts } from '../../../server/dom0/operations/admission.js';
import type { ObservedDomain } from '../../../server/dom0/observation/observed-domain.js';
import { operationRequest } from '../../support/dom0-client.js';

describe('the files that the admission of a request reads', () => {
  /** Judges a request. @returns how often all files were read, and the code of the refusal */
  async function admit(verb: Verb, known: { before: boolean; after: boolean }) {
    let rereads = 0;
    const domain = { fault: refusal('busy', 'It was found.') } as ObservedDomain;
    const observer: AdmissionParts['observer'] = {
      look: () => Promise.resolve(null),
      reread: () => {
        rereads += 1;
        return Promise.resolve();
      },
      isReading: false,
      find: () => ((rereads === 0 ? known.before : known.after) ? found : undefined),
      onTheWay: () => null,
    };
    const seenAt = new Date(0).toISOString();
    const found = { ...domain, observation: { state: 'off', seenAt } } as ObservedDomain;
    const host: AdmissionParts['host'] = { after: () => () => undefined, uptime: () => 0 };
    const seeds = { wrong: () => null };
    const parts = { observer, host, seeds, clock: () => 0, sysrqKeys: '', registry: { current: () => null } };
    const answer = await new Admission(parts as unknown as AdmissionParts).admit(
      operationRequest('horatio', verb),
    );
    assert.ok('refused' in answer && isRefusal(answer.refused));
    return [rereads, answer.refused.code];
  }

  const cases: readonly [what: string, verb: Verb, before: boolean, after: boolean, expected: unknown[]][] = [
    ['once for a start of a known name', 'start', true, true, [1, 'busy']],
    ['once for a start of a name that a new file has', 'start', false, true, [1, 'busy']],
    ['once for a start of a name that no file has', 'start', false, false, [1, 'no-such-domain']],
    ['once for a shutdown of a name that a new file has', 'shutdown', false, true, [1, 'busy']],
    ['never for a shutdown of a known name', 'shutdown', true, true, [0, 'busy']],
    ['once for a start of a name whose file has gone', 'start', true, false, [1, 'no-such-domain']],
  ];
  for (const [what, verb, before, after, expected] of cases) {
    it(what, async () => assert.deepEqual(await admit(verb, { before, after }), expected));
  }
});
