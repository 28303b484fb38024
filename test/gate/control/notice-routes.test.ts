import assert from 'node:assert/strict';
import { noticeAddressRoutes } from '../../../server/gate/control/notice-routes.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ADMIN, customerName, TemporaryStore } from '../../support/temporary-store.js';

describe('gate: an admin forgets where a customer is told', () => {
  const temporary = new TemporaryStore();

  after(() => {
    temporary.remove();
  });

  async function forget(customer: string): Promise<string> {
    const call = {
      method: 'DELETE',
      path: `/notices/addresses/${customer}`,
      given: {},
      actor: ADMIN,
      signal: new AbortController().signal,
    } as const;
    const [route] = noticeAddressRoutes(temporary.store);
    const answer = await route?.answer(call);
    return isRefusal(answer) ? `${answer.code}: ${answer.message}` : JSON.stringify(answer);
  }

  it('and reads sentences for an admin where there is nothing to forget', async () => {
    temporary.store.customers.add(customerName('alice'), ADMIN);
    assert.equal(await forget('alice'), 'wrong-state: alice has no address for notices');
    assert.equal(await forget('nobody'), 'no-such-customer: there is no customer nobody');
  });
});
