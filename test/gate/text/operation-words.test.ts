import assert from 'node:assert/strict';
import { parseDomainName } from '../../../policy/names.js';
import type { RefusalCode } from '../../../policy/refusal.js';
import { refusedByHost } from '../../../server/gate/text/operation-words.js';

const horatio = parseDomainName('horatio')!;

describe('a refusal of the dom0 half', () => {
  const told = (code: RefusalCode, message: string): readonly [RefusalCode, string] => {
    const no = refusedByHost(horatio, { code, message, detail: message, operation: null }, new Date());
    return [no.code, no.message];
  };

  for (const [code, message] of [
    ['too-many', 'Too many people are at this console. Try again later.'],
    ['internal', "Something went wrong on the host. Ask the host's operators."],
    ['host-unreachable', 'Postern is being restarted on its host.'],
    ['host-limit', 'Too many people read this log now. Try again later.'],
    ['audit-unavailable', 'The host cannot read its records at the moment. Try again later.'],
  ] as const)
    it(`${code} is told to the customer in its own words`, () => {
      assert.deepEqual(told(code, message), [code, message]);
    });

  it('that is about the request itself is a fault of ours', () => {
    const ours = 'The host did not understand the request for horatio. Please tell us.';
    assert.deepEqual(told('usage', 'mode is write or watch.'), ['internal', ours]);
    assert.deepEqual(told('no-such-customer', 'There is no such customer.'), ['internal', ours]);
  });
});
